import { describe, expect, it } from 'vitest'
import type { Fields, ObjectType } from '../../src/contract.ts'
import { compileMapping, type MappingSpec } from '../../src/mapping/index.ts'
import { oneRule, tables, text } from './one-rule.ts'

const spec: MappingSpec = {
  version: 1,
  objects: {
    contact: {
      fields: { email: 'email', phone_e164: 'phone', title: 'job', country_iso: 'country', company_id: 'parent' },
    },
    deal: {
      fields: {
        title: 'name',
        amount_cents: 'amount *100',
        currency: 'cur',
        close_date: 'closing',
        stage: { from: 'stage', picklist: { a: 'new', b: 'won' } },
      },
    },
    activity: {
      fields: {
        kind: { constant: 'call' },
        started_at: 'start',
        duration_seconds: 'seconds',
        direction: 'direction',
        outcome: 'outcome',
        owner_email: { from: 'owner', lookup: 'owners' },
      },
    },
  },
}

const resolve = tables({ owners: [{ id: '7', key: 'a@b.it' }] })
const push = (type: ObjectType, patch: Fields) =>
  compileMapping({ spec, object: { type, name: 'things' }, fields: undefined }).toRemote(patch, resolve)

describe('a push is strict', () => {
  it.each<[ObjectType, Fields, RegExp, RegExp]>([
    ['contact', { emial: 'a@b.it' }, /no field "emial"/, /Did you mean "email"\? Known: email, /],
    ['contact', { email: 'nobody' }, /no e-mail address/, /name@example\.com/],
    ['contact', { email: 5 }, /not the number 5/, /name@example\.com/],
    ['contact', { phone_e164: '02 1234' }, /no E\.164/, /country code/],
    ['contact', { title: 3 }, /Text is wanted, not the number 3/, /JSON string/],
    ['contact', { country_iso: 'Italy' }, /no ISO 3166/, /Send "IT"/],
    ['contact', { company_id: 12 }, /local id is wanted/, /id of your own record/],
    ['deal', { amount_cents: 12.5 }, /integer of minor units/, /1250 for 12\.50/],
    ['deal', { amount_cents: '12.50' }, /not text/, /cents/],
    ['deal', { currency: 'euro' }, /no ISO 4217/, /EUR/],
    ['deal', { close_date: '31/12/2026' }, /no date/, /YYYY-MM-DD/],
    ['deal', { close_date: '2026-02-30' }, /no date/, /YYYY-MM-DD/],
    ['deal', { stage: 'lost' }, /"lost" has no counterpart/, /Send one of: new, won\./],
    ['activity', { started_at: '2026-11-24T10:00:00' }, /with a zone/, /2026-11-24T09:30:00Z/],
    ['activity', { started_at: 1700000000 }, /with a zone/, /ISO 8601/],
    ['activity', { duration_seconds: 1.5 }, /An integer is wanted/, /whole/],
    ['activity', { direction: 'in' }, /"in" is not one/, /inbound, outbound/],
    ['activity', { outcome: 'answered' }, /"answered" is not one/, /connected, no_answer/],
    ['activity', { kind: 'note' }, /only holds "call"/, /Send "call"/],
    ['activity', { owner_email: 'x@y.it' }, /no row in the CRM's table "owners"/, /"optional": true/],
  ])('%s %j is a fault at the field', (type, patch, message, remedy) => {
    const result = push(type, patch)
    expect(result).toEqual({
      ok: false,
      faults: [
        {
          pointer: `/data/${Object.keys(patch)[0]}`,
          message: expect.stringMatching(message),
          remedy: expect.stringMatching(remedy),
        },
      ],
    })
  })

  it('names every fault of a patch at once', () => {
    const result = push('contact', { title: 1, email: 'x', phone_e164: '1' })
    expect(result.ok ? [] : result.faults.map(({ pointer }) => pointer)).toEqual([
      '/data/title',
      '/data/email',
      '/data/phone_e164',
    ])
  })

  it('takes a date with a zone for a day', () => {
    expect(push('deal', { close_date: '2026-12-31T00:00:00Z' })).toMatchObject({ fields: { closing: '2026-12-31' } })
  })
})

describe('a push is a patch', () => {
  it('writes what it names and clears what is null or empty', () => {
    expect(push('contact', { email: 'a@b.it', title: null, country_iso: '' })).toEqual({
      ok: true,
      fields: { email: 'a@b.it', job: null, country: null },
      links: [],
      cleared: [],
      incomplete: [],
      warnings: [],
    })
  })

  it('clears a reference in its field and says which it was', () => {
    expect(push('contact', { company_id: null })).toMatchObject({
      fields: { parent: null },
      cleared: [{ type: 'company', canonical: 'company_id', field: 'parent' }],
      links: [],
    })
  })

  it('leaves out a canonical field that the object does not map, with a warning', () => {
    expect(push('contact', { last_name: 'Rossi' })).toMatchObject({
      ok: true,
      fields: {},
      warnings: ['last_name: is not mapped for this object and was left out'],
    })
  })

  it('takes a constant that agrees and writes nothing for it', () => {
    expect(push('activity', { kind: 'call' })).toMatchObject({ ok: true, fields: {} })
  })

  it('does not clear a constant', () => {
    expect(push('activity', { kind: null })).toMatchObject({
      fields: {},
      warnings: [expect.stringContaining('cannot be cleared')],
    })
  })

  it('refuses a negative duration where it has a form', () => {
    expect(() => oneRule('integer', { transform: 'duration', unit: 'mm:ss' }).push(-5)).toThrow(/not negative/)
  })

  it('writes a constant that has a field along with anything else, and never alone', () => {
    const mapping = compileMapping({
      spec: {
        version: 1,
        objects: {
          company: {
            custom: { is_company: 'boolean' },
            fields: { name: 'name', is_company: { from: 'is_company', constant: true } },
          },
        },
      },
      object: { type: 'company', name: 'partners' },
      fields: undefined,
    })
    expect(mapping.toRemote({ name: 'ACME' }, resolve)).toMatchObject({ fields: { name: 'ACME', is_company: true } })
    expect(mapping.toRemote({}, resolve)).toMatchObject({ fields: {} })
    expect(mapping.toCanonical({ fields: { name: 'ACME' } }, resolve)).toMatchObject({ data: { is_company: true } })
  })
})

describe('a push minds the live field', () => {
  it('does not write a read-only field, and says so when compiled and when pushed', () => {
    const rule = oneRule('text', {}, { info: { readOnly: true } })
    expect(rule.mapping.warnings).toMatchObject([
      { pointer: '/objects/deal/fields/x', message: expect.stringContaining('read-only') },
    ])
    expect(rule.push('a')).toBeUndefined()
  })

  it('refuses text that is too long for it', () => {
    const rule = oneRule('text', {}, { info: { maxLength: 3 } })
    expect(rule.push('abc')).toBe('abc')
    expect(() => rule.push('abcd')).toThrow(/at most 3 characters here, not 4/)
  })

  it('does not write through a path', () => {
    const rule = oneRule('text', { from: 'r.name' }, { info: { type: 'reference' } })
    expect(rule.pull({ id: '1', name: 'ACME' })).toBe('ACME')
    expect(rule.push('x')).toBeUndefined()
    expect(rule.mapping.warnings).toMatchObject([{ message: expect.stringContaining('by a path') }])
  })

  it('does not write text into a relation whose label it read', () => {
    const rule = oneRule('text', {}, { info: { type: 'reference' } })
    expect([rule.pull([1, 'Sales']), rule.push('Sales')]).toEqual(['Sales', undefined])
    expect(rule.mapping.warnings).toMatchObject([{ message: expect.stringContaining('label of a relation') }])
  })

  it('refuses another currency where the CRM has only one, or does not let us write it', () => {
    const compile = (...names: string[]) =>
      compileMapping({
        spec,
        object: { type: 'deal', name: 'deals' },
        fields: ['amount', ...names].map((name) => text(name, { readOnly: name === 'cur' })),
        currency: 'EUR',
      })
    for (const mapping of [compile(), compile('cur')]) {
      expect(mapping.toRemote({ amount_cents: 100, currency: 'EUR' }, resolve)).toMatchObject({
        fields: { amount: '1.00' },
      })
      expect(mapping.toRemote({ amount_cents: 100, currency: 'JPY' }, resolve)).toMatchObject({
        ok: false,
        faults: [{ pointer: '/data/currency', message: 'This object only holds "EUR"' }],
      })
    }
    const known = compile('cur').toRemote({ amount_cents: 100, currency: 'JPY' }, resolve, { currency: 'JPY' })
    expect(known).toMatchObject({ ok: true, fields: { amount: '100' } })
  })

  it('warns where two fields write one', () => {
    const mapping = compileMapping({
      spec: { version: 1, objects: { contact: { fields: { first_name: 'name', last_name: 'name' } } } },
      object: { type: 'contact', name: 'c' },
      fields: [text('name')],
    })
    expect(mapping.warnings).toMatchObject([
      { pointer: '/objects/contact/fields/last_name', message: '"name" is also written by "first_name"' },
    ])
  })

  it('leaves a field out of pushes that is only pulled, and out of pulls that is only pushed', () => {
    const pulled = oneRule('text', { direction: 'pull' })
    expect([pulled.pull('a'), pulled.push('a')]).toEqual(['a', undefined])
    const pushed = oneRule('text', { direction: 'push' })
    expect([pushed.pull('a'), pushed.push('a')]).toEqual([undefined, 'a'])
    expect(pushed.mapping.remoteFields).not.toContain('r')
  })
})
