import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json, ObjectType } from '../../src/contract.ts'
import { checkOf } from '../../src/mapping/check-value.ts'
import {
  CANONICAL,
  type CustomType,
  compileMapping,
  type RuleObject,
  validateMapping,
} from '../../src/mapping/index.ts'
import { oneRule, tables } from './one-rule.ts'

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>
const odd = fc.constantFrom<Json>(
  '-0',
  '1e999',
  '+',
  '00',
  '\u0000',
  '\ud800',
  '9'.repeat(400),
  '2026-13-45T99:99:99Z',
  '0000-00-00',
  '0050-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  8e15,
  -62e12,
  '99:99:99',
  '<',
  '&#0;',
  '<a href="',
  [[]],
  [1, 'x'],
  { id: null },
  { id: 7 },
  { name: 'x' },
  -1,
  1e21,
  Number.MAX_VALUE,
  true,
)
const value = fc.oneof(json, odd, fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }))

const rules: readonly [CustomType, RuleObject][] = [
  ['text', {}],
  ['text', { transform: ['trim', 'lower'] }],
  ['text', { transform: 'html' }],
  ['text', { transform: 'join' }],
  ['text', { picklist: { a: 'x', '*': '*' } }],
  ['text', { lookup: 'owners', optional: true }],
  ['email', {}],
  ['phone', { defaultCountry: 'IT' }],
  ['country', { table: 'countries', as: 'name' }],
  ['currency', {}],
  ['money', { transform: 'money' }],
  ['money', {}],
  ['integer', {}],
  ['integer', { scale: 60 }],
  ['integer', { transform: 'duration', unit: 'mm:ss' }],
  ['number', {}],
  ['boolean', {}],
  ['date', { zone: 'America/New_York' }],
  ['date', { as: 's' }],
  ['datetime', { zone: 'Asia/Kolkata', as: 'sql' }],
  ['list', { transform: 'split' }],
]

describe('whatever a vendor sends', () => {
  it.each(rules)('a pull of %s %j gives a value of the type, or null', (type, rule) => {
    const { mapping } = oneRule(type, rule)
    const check = checkOf(type === 'email' || type === 'currency' ? 'text' : type, undefined)
    fc.assert(
      fc.property(value, (remote) => {
        const result = mapping.toCanonical({ fields: { r: remote } }, tables())
        expect(result.ok).toBe(true)
        const x = result.ok ? (result.data['x'] ?? null) : null
        if (x !== null) expect(check(x)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })
})

describe('whatever a host pushes', () => {
  it.each(rules)('a push of %s %j ends as fields or as faults, and never throws', (type, rule) => {
    const { mapping } = oneRule(type, rule)
    fc.assert(
      fc.property(value, (x) => {
        const result = mapping.toRemote({ x }, tables())
        if (result.ok) expect(JSON.stringify(result.fields)).not.toContain('Invalid')
        else for (const fault of result.faults) expect(fault.pointer).toBe('/data/x')
      }),
      { numRuns: 500 },
    )
  })

  it('may name fields as it likes', () => {
    const types = Object.keys(CANONICAL) as ObjectType[]
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.dictionary(fc.string(), value), (type, patch) => {
        const mapping = compileMapping({
          spec: { version: 1, objects: { [type]: { fields: {} } } },
          object: { type, name: 'x' },
          fields: undefined,
        })
        const result = mapping.toRemote(patch, tables())
        const strangers = Object.keys(patch).filter((name) => !Object.hasOwn(CANONICAL[type], name))
        expect(result.ok).toBe(strangers.length === 0)
      }),
    )
  })
})

describe('whatever is written into a mapping', () => {
  it('is checked without a throw, and compiles where it has no fault', () => {
    const rule = fc.oneof(
      json,
      fc.constantFrom<Json>('a|b *100', 'name (first part)', { from: 'a', transform: 'phone' }, { pull: { var: 'a' } }),
    )
    const members = fc.record(
      { fields: fc.dictionary(fc.constantFrom('email', 'title', 'x', 'company_id', 'first_name'), rule), when: json },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(members, (contact) => {
        const spec = { version: 1 as const, objects: { contact } }
        if (validateMapping(spec).length > 0) return
        const compiled = compileMapping({
          spec: spec as never,
          object: { type: 'contact', name: 'x' },
          fields: undefined,
        })
        expect(compiled.toCanonical({ fields: { a: '1' } }, tables()).ok).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
