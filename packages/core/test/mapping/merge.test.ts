import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MappingSpec, mergeMappings, validateMapping } from '../../src/mapping/index.ts'

const plugin: MappingSpec = {
  version: 1,
  objects: {
    contact: { key: 'email', fields: { email: 'email', title: 'job' }, when: { var: 'a' }, ownership: { '*': 'crm' } },
    activity: {
      fields: { body: 'text' },
      kinds: { calls: { fields: { body: 'call_body', kind: { constant: 'call' } } } },
    },
  },
}
const workspace: MappingSpec = {
  version: 1,
  objects: {
    contact: {
      fields: { title: { from: 'role', transform: 'trim' }, tier: 'level' },
      custom: { tier: 'text' },
      when: null,
    },
    deal: { fields: { title: 'name' } },
  },
}
const connection: MappingSpec = {
  version: 1,
  objects: {
    contact: { fields: { tier: null } },
    activity: { kinds: { calls: { fields: { body: 'own_body' } } } },
  },
}

const merged = mergeMappings([
  { origin: 'plugin', spec: plugin },
  { origin: 'workspace', spec: workspace },
  { origin: 'connection', spec: connection },
])

describe('layers', () => {
  it('win field by field, the later over the earlier', () => {
    expect(merged.spec).toEqual({
      version: 1,
      objects: {
        contact: {
          key: 'email',
          fields: { email: 'email', title: { from: 'role', transform: 'trim' }, tier: null },
          when: null,
          ownership: { '*': 'crm' },
          custom: { tier: 'text' },
        },
        activity: {
          fields: { body: 'text' },
          kinds: { calls: { fields: { body: 'own_body', kind: { constant: 'call' } } } },
        },
        deal: { fields: { title: 'name' } },
      },
    })
    expect(validateMapping(merged.spec)).toEqual([])
  })

  it('leave the origin of each line beside the result', () => {
    expect(merged.origins).toEqual({
      '/objects/contact/key': 'plugin',
      '/objects/contact/fields/email': 'plugin',
      '/objects/contact/fields/title': 'workspace',
      '/objects/contact/fields/tier': 'connection',
      '/objects/contact/when': 'workspace',
      '/objects/contact/ownership/*': 'plugin',
      '/objects/contact/custom/tier': 'workspace',
      '/objects/activity/fields/body': 'plugin',
      '/objects/activity/kinds/calls/fields/body': 'connection',
      '/objects/activity/kinds/calls/fields/kind': 'plugin',
      '/objects/deal/fields/title': 'workspace',
    })
  })

  it('are not changed by being merged', () => {
    expect(plugin.objects.contact?.fields).toEqual({ email: 'email', title: 'job' })
  })

  it('give the same in one step and in two, and a layer over itself gives itself', () => {
    const rule = fc.option(fc.constantFrom('a', 'b|c'))
    const fields = fc.dictionary(fc.constantFrom('email', 'title', 'first_name'), rule)
    const spec = fields.map((some): MappingSpec => ({ version: 1, objects: { contact: { fields: some } } }))
    const over = (...specs: MappingSpec[]) => mergeMappings(specs.map((one) => ({ origin: 'x', spec: one }))).spec
    const mapped = (one: MappingSpec) => one.objects.contact?.fields ?? {}
    fc.assert(
      fc.property(spec, spec, spec, (a, b, c) => {
        expect(mapped(over(a, b, c))).toEqual(mapped(over(over(a, b), c)))
        expect(mapped(over(a, a))).toEqual(mapped(a))
        expect(mapped(over(a, b))).toEqual({ ...mapped(a), ...mapped(b) })
      }),
    )
  })

  it('do not reach the prototype, whatever a field is called', () => {
    const hostile = JSON.parse('{"version":1,"objects":{"contact":{"fields":{"__proto__":"polluted"}}}}') as MappingSpec
    const { spec } = mergeMappings([{ origin: 'x', spec: hostile }])
    expect(Object.keys(spec.objects.contact?.fields ?? {})).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(validateMapping(spec)).toMatchObject([{ pointer: '/objects/contact/fields/__proto__' }])
  })
})
