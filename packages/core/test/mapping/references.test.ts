import { describe, expect, it } from 'vitest'
import type { FieldInfo, Fields, Link } from '../../src/contract.ts'
import { compileMapping, type RuleObject } from '../../src/mapping/index.ts'
import { tables, text } from './one-rule.ts'

const mapping = (rule: string | RuleObject, fields?: readonly FieldInfo[]) =>
  compileMapping({
    spec: { version: 1, objects: { activity: { fields: { company_id: rule, subject: 'subject' } } } },
    object: { type: 'activity', name: 'calls' },
    fields,
  })

const references = (
  rule: string | RuleObject,
  fields: Fields,
  links?: readonly Link[],
  schema?: readonly FieldInfo[],
) => {
  const result = mapping(rule, schema).toCanonical({ fields, ...(links === undefined ? {} : { links }) }, tables())
  return result.ok ? [result.references, result.data['company_id']] : result.faults
}

const company: Link = { type: 'company', remoteId: '42' }

describe('a reference', () => {
  it('is the remote id in its field, whatever the vendor wraps it in, and null in the data', () => {
    for (const value of ['42', 42, [42, 'ACME'], { id: '42', name: 'ACME' }]) {
      expect(references({ from: 'parent', reference: 'company' }, { parent: value })).toEqual([
        { company_id: '42' },
        null,
      ])
    }
  })

  it('is null where the field is empty', () => {
    for (const value of [null, false, '', undefined]) {
      expect(references('parent', { parent: value })).toEqual([{ company_id: null }, null])
    }
  })

  it('without a field is the first link of its type', () => {
    const links = [{ type: 'contact', remoteId: '1' }, company, { type: 'company', remoteId: '43' }] as const
    expect(references({ reference: 'company' }, {}, links)).toEqual([{ company_id: '42' }, null])
  })

  it('without a field is null where the links are known to have none, and absent where nothing is known of links', () => {
    expect(references({ reference: 'company' }, {}, [])).toEqual([{ company_id: null }, null])
    expect(references({ reference: 'company' }, {})).toEqual([{}, null])
  })

  it('never takes a text field, and falls back to the links', () => {
    expect(references('company', { company: 'ACME' }, [company], [text('company'), text('subject')])).toEqual([
      { company_id: '42' },
      null,
    ])
  })

  it('takes the first field of its type among alternates', () => {
    const schema = [text('company'), text('parent', { type: 'reference', references: 'company' }), text('subject')]
    expect(references('company|parent', { company: 'ACME', parent: [7, 'x'] }, [company], schema)).toEqual([
      { company_id: '7' },
      null,
    ])
  })

  it('may be computed, for fields that hold ids of many types', () => {
    const pull = { if: [{ '==': [{ var: '$module' }, 'Accounts'] }, { var: 'What_Id' }, null] }
    expect(references({ pull }, { $module: 'Accounts', What_Id: { id: '42' } })).toEqual([{ company_id: '42' }, null])
    expect(references({ pull }, { $module: 'Deals', What_Id: { id: '9' } })).toEqual([{ company_id: null }, null])
  })

  it('that is cleared without a field is named, so that the link can be taken away', () => {
    const result = mapping({ reference: 'company' }).toRemote({ company_id: null }, tables())
    expect(result).toMatchObject({
      ok: true,
      fields: {},
      links: [],
      cleared: [{ type: 'company', canonical: 'company_id' }],
    })
  })
})

describe('what a mapping asks for', () => {
  it('is each field that a rule, an expression or the condition reads, once', () => {
    const compiled = compileMapping({
      spec: {
        version: 1,
        objects: {
          contact: {
            fields: {
              email: 'email',
              title: { from: 'owner.name' },
              vip: {
                type: 'boolean',
                pull: { and: [{ '>': [{ var: 'revenue' }, 1] }, { var: ['owner.active', true] }] },
              },
              first_name: { constant: 'x', from: 'unread' },
              company_id: { reference: 'company' },
            },
            when: { '!': { missing: ['email', 'stage'] } },
          },
        },
      },
      object: { type: 'contact', name: 'people' },
      fields: undefined,
    })
    expect([...compiled.remoteFields].sort()).toEqual(['email', 'owner', 'revenue', 'stage'])
  })
})

describe('ownership', () => {
  const owner = (
    type: 'contact' | 'deal' | 'activity',
    ownership: Record<string, 'crm' | 'app' | 'merge'>,
    field: string,
  ) =>
    compileMapping({
      spec: { version: 1, objects: { [type]: { ownership } } },
      object: { type, name: 'x' },
      fields: undefined,
    }).ownership(field)

  it.each([
    ['contact', 'email', 'crm'],
    ['deal', 'stage', 'crm'],
    ['deal', 'currency', 'crm'],
    ['deal', 'title', 'merge'],
    ['activity', 'body', 'app'],
  ] as const)('of %s.%s is %s by default', (type, field, expected) => {
    expect(owner(type, {}, field)).toBe(expected)
  })

  it('is what the mapping says, for one field or for all others', () => {
    expect(owner('deal', { stage: 'app' }, 'stage')).toBe('app')
    expect(owner('deal', { '*': 'crm' }, 'title')).toBe('crm')
    expect(owner('deal', { title: 'merge', '*': 'crm' }, 'title')).toBe('merge')
  })
})

describe('kinds', () => {
  it('lay their own rules over those of the type', () => {
    const spec = {
      version: 1,
      objects: {
        activity: {
          fields: { subject: 'title', body: 'body' },
          kinds: {
            calls: { fields: { kind: { constant: 'call' }, subject: 'call_title' } },
            notes: { fields: { kind: { constant: 'note' }, subject: null } },
          },
        },
      },
    } as const
    const kind = (name: string) => {
      const compiled = compileMapping({ spec, object: { type: 'activity', name }, fields: undefined })
      const fields = { title: 't', call_title: 'ct', body: 'b' }
      return compiled.toCanonical({ fields }, tables())
    }
    expect(kind('calls')).toMatchObject({ data: { kind: 'call', subject: 'ct', body: 'b' } })
    expect(kind('notes')).toMatchObject({ data: { kind: 'note', body: 'b' } })
    expect(kind('tasks')).toMatchObject({ data: { subject: 't', body: 'b' } })
    expect(Object.keys(kind('notes').ok ? (kind('notes') as { data: object }).data : {})).toEqual(['body', 'kind'])
  })
})
