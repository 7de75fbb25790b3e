import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/contract.ts'
import type { CustomType, RuleObject } from '../../src/mapping/index.ts'
import { oneRule, tables } from './one-rule.ts'

const pull = (type: CustomType, rule: RuleObject, remote: Json, others = {}) => oneRule(type, rule).pull(remote, others)

describe('a pull is lenient', () => {
  it.each<[string, CustomType, RuleObject, Json, Json]>([
    ['a phone number of a country', 'phone', { defaultCountry: 'IT' }, '02 1234 5678', '+390212345678'],
    ['a phone number with a plus', 'phone', {}, ' +1 (415) 555-2671 ', '+14155552671'],
    ['a phone number with two zeros', 'phone', {}, '0039 02 1234 5678', '+390212345678'],
    ['a trunk zero in brackets', 'phone', {}, '+44 (0)20 7946 0958', '+442079460958'],
    ['a country in another language', 'country', {}, 'Vereinigtes Königreich', 'GB'],
    ['a country of three letters', 'country', {}, 'ita', 'IT'],
    ['a short country name', 'country', {}, 'u.s.a.', 'US'],
    ['a currency as a pair', 'currency', {}, [1, 'eur'], 'EUR'],
    ['numbers as text', 'integer', {}, '42', 42],
    ['integers with a point', 'integer', {}, '42.0', 42],
    ['a yes', 'boolean', {}, 'Yes', true],
    ['a false', 'boolean', {}, false, false],
    ['a date in ms', 'date', {}, 1767139200000, '2025-12-31'],
    ['a date in ms as text', 'date', {}, '1767139200000', '2025-12-31'],
    ['a point in time as a day of its zone', 'date', { zone: 'Europe/Rome' }, '2026-12-30T23:30:00Z', '2026-12-31'],
    ['a time with an offset', 'datetime', {}, '2026-11-24T10:00:00+01:00', '2026-11-24T09:00:00.000Z'],
    ['a time without a zone', 'datetime', {}, '2026-11-24 09:00:00', '2026-11-24T09:00:00.000Z'],
    [
      'a time of a zone in summer',
      'datetime',
      { zone: 'Europe/Rome' },
      '2026-07-01 09:00:00',
      '2026-07-01T07:00:00.000Z',
    ],
    [
      'a time that occurs twice in autumn, as the first',
      'datetime',
      { zone: 'Europe/Rome' },
      '2026-10-25 02:30:00',
      '2026-10-25T00:30:00.000Z',
    ],
    [
      'a time that spring jumps over',
      'datetime',
      { zone: 'Europe/Rome' },
      '2026-03-29 02:30:00',
      '2026-03-29T01:30:00.000Z',
    ],
    ['more digits than milliseconds', 'datetime', {}, '2026-11-24T09:00:00.123456Z', '2026-11-24T09:00:00.123Z'],
    ['milliseconds as text', 'integer', { transform: 'duration', unit: 'ms' }, '3800', 4],
    ['hours and minutes', 'integer', { transform: 'duration', unit: 'mm:ss' }, '1:02:03', 3723],
    ['a picklist value in another case', 'text', { picklist: { Won: 'won' } }, 'WON', 'won'],
    ['a value that the picklist catches', 'text', { picklist: { a: 'x', '*': 'other' } }, 'zzz', 'other'],
    ['a list of picklist values', 'list', { picklist: { a: 'x', b: 'y' } }, ['b', 'a'], ['y', 'x']],
    ['the last day that there is', 'date', { zone: 'Asia/Tokyo' }, '9999-12-31T23:59:59Z', '9999-12-31'],
    ['HTML', 'text', { transform: 'html' }, '<p>Hi <b>Anna</b></p><p>a &amp; b</p>', 'Hi Anna\n\na & b'],
    ['a relation as its label', 'text', {}, { id: '1', name: 'ACME' }, 'ACME'],
  ])('reads %s', (_, type, rule, remote, canonical) => {
    expect(pull(type, rule, remote)).toEqual(canonical)
  })

  it.each<[CustomType, RuleObject, Json, string]>([
    ['phone', {}, 'call me', 'no phone number'],
    ['phone', {}, '02 1234 5678', 'no phone number'],
    ['country', {}, 'Atlantis', 'no country'],
    ['money', { transform: 'money' }, 'a lot', 'no amount'],
    ['money', { transform: 'money' }, '1e30', 'beyond'],
    ['integer', {}, 'many', 'no integer'],
    ['number', {}, '1,5', 'no number'],
    ['boolean', {}, 'perhaps', 'neither'],
    ['date', {}, '2026-02-30', 'no date'],
    ['date', {}, '0050-01-01', 'no date'],
    ['datetime', {}, 'tomorrow', 'no date and time'],
    ['datetime', {}, 8e15, 'no date and time'],
    ['integer', { transform: 'duration' }, 'long', 'no duration'],
    ['text', { picklist: { a: 'x' } }, 'b', 'does not list'],
    ['text', { lookup: 'owners' }, '9', 'does not have'],
    ['text', {}, ['a', 'b', 'c'], 'a list or a structure'],
  ])('reads %s %j from %j as null with a warning', (type, rule, remote, words) => {
    const { mapping } = oneRule(type, rule)
    const result = mapping.toCanonical({ fields: { r: remote } }, tables())
    expect(result).toMatchObject({ ok: true, data: { x: null }, warnings: [expect.stringContaining(words)] })
  })

  it('does not put a personal value into a warning', () => {
    const { mapping } = oneRule('phone', {})
    const result = mapping.toCanonical({ fields: { r: 'ask for Anna' } }, tables())
    expect(JSON.stringify(result)).not.toContain('Anna')
  })
})

describe('money', () => {
  it.each([
    ['12.34', 'EUR', 1234],
    [12.34, 'EUR', 1234],
    ['1234', 'JPY', 1234],
    ['1.234', 'KWD', 1234],
    ['-0.5', 'EUR', -50],
    [0.1 + 0.2, 'EUR', 30],
    [1.005, 'EUR', 101],
    ['9007199254740.91', 'EUR', 900719925474091],
  ])('reads %j %s as %d minor units', (remote, cur, units) => {
    expect(pull('money', { transform: 'money' }, remote, { cur })).toBe(units)
  })

  it.each([
    [1234, 'EUR', '12.34'],
    [5, 'EUR', '0.05'],
    [-5, 'EUR', '-0.05'],
    [1234, 'JPY', '1234'],
    [1234, 'KWD', '1.234'],
  ])('writes %d minor units of %s as decimal text', (units, currency, written) => {
    expect(oneRule('money', { transform: 'money' }).push(units, { currency })).toBe(written)
  })

  it("takes the currency of the patch before that which is known, and the account's last", () => {
    const { mapping, push } = oneRule('money', { transform: 'money' }, { currency: 'JPY' })
    expect(push(100)).toBe('100')
    expect(push(100, { currency: 'EUR' })).toBe('1.00')
    const result = mapping.toRemote({ x: 100, currency: 'KWD' }, tables(), { currency: 'EUR' })
    expect(result).toMatchObject({ ok: true, fields: { r: '0.100', cur: 'KWD' } })
  })

  it('is whole minor units already where the rule has no scale', () => {
    const rule = oneRule('money', {})
    expect([rule.pull('1250'), rule.push(1250)]).toEqual([1250, 1250])
  })

  it('rounds half away from zero and says so', () => {
    const { mapping } = oneRule('money', { transform: 'money' }, { currency: 'EUR' })
    const result = mapping.toCanonical({ fields: { r: '-1.005' } }, tables())
    expect(result).toMatchObject({ data: { x: -101 }, warnings: [expect.stringContaining('rounded')] })
  })
})

describe('values that the live schema decides', () => {
  it('html is text on both sides where the field is HTML, without a word in the mapping', () => {
    const rule = oneRule('text', {}, { info: { type: 'html' } })
    expect([rule.pull('<p>a &lt; b</p>'), rule.push('a < b\nc')]).toEqual(['a < b', 'a &lt; b<br>c'])
  })

  it('a country goes into a list as the option that means it', () => {
    const options = [
      { value: 'it', label: 'Italia' },
      { value: 'x9', label: 'Germany' },
    ]
    const rule = oneRule('country', {}, { info: { type: 'picklist', options } })
    expect([rule.push('IT'), rule.push('DE')]).toEqual(['it', 'x9'])
    expect(() => rule.push('FR')).toThrow(/no country FR/)
  })

  it('a country goes into a relation only through a table', () => {
    const resolve = tables({ countries: [{ id: '109', key: 'IT' }] })
    const rule = oneRule('country', { table: 'countries' }, { info: { type: 'reference' }, resolve })
    expect([rule.push('IT'), rule.pull([109, 'Italien']), rule.pull(109)]).toEqual(['109', 'IT', 'IT'])
    expect(() => rule.push('FR')).toThrow(/no country FR/)
    expect(() => oneRule('country', {}, { info: { type: 'reference' } }).push('IT')).toThrow(/relation/)
  })

  it('a day goes into a point in time as its first instant', () => {
    const rule = oneRule('date', { zone: 'Europe/Rome' }, { info: { type: 'datetime' } })
    expect(rule.push('2026-12-31')).toBe('2026-12-30T23:00:00.000Z')
  })

  it('a picklist may name labels, and writes the value', () => {
    const options = [
      { value: '17', label: 'Won' },
      { value: '18', label: 'Lost' },
    ]
    const rule = oneRule('text', { picklist: { Won: 'won', Lost: 'lost' } }, { info: { type: 'picklist', options } })
    expect([rule.pull('17'), rule.push('lost')]).toEqual(['won', '18'])
  })

  it('a picklist warns of values that it does not cover', () => {
    const options = [
      { value: 'a', label: 'A' },
      { value: 'b', label: 'B' },
    ]
    const { mapping } = oneRule('text', { picklist: { a: 'x' } }, { info: { type: 'picklist', options } })
    expect(mapping.warnings).toMatchObject([{ message: 'The picklist does not cover "b"' }])
  })

  it('a boolean field may have a picklist', () => {
    const rule = oneRule('text', { picklist: { true: 'won', false: 'open' } }, { info: { type: 'boolean' } })
    expect([rule.pull(true), rule.pull(false), rule.push('open'), rule.push('won')]).toEqual([
      'won',
      'open',
      false,
      true,
    ])
  })

  it('a list of choices is cut where the field holds many as one text', () => {
    expect(oneRule('list', {}, { info: { type: 'multipicklist' } }).pull('a;b')).toEqual(['a', 'b'])
  })
})

describe('a value without a counterpart', () => {
  it('is left out with a warning where the rule says that it is optional', () => {
    const looked = oneRule('email', { lookup: 'owners', optional: true })
    expect(looked.push('x@y.it')).toBeUndefined()
    expect(looked.mapping.toRemote({ x: 'x@y.it' }, tables())).toMatchObject({
      ok: true,
      warnings: [expect.stringContaining('left out')],
    })
    expect(oneRule('text', { picklist: { a: 'x' }, optional: true }).push('zzz')).toBeUndefined()
  })

  it('reads and writes a picklist behind a lookup', () => {
    const resolve = tables({ stages: [{ id: '4', key: 'Won' }] })
    const rule = oneRule('text', { lookup: 'stages', picklist: { Won: 'won' } }, { resolve })
    expect([rule.pull([4, 'Gewonnen']), rule.push('won')]).toEqual(['won', '4'])
  })

  it('names the tables that it needs', () => {
    const both = oneRule('country', { table: 'countries' }).mapping.lookupTables
    expect([both, oneRule('email', { lookup: 'owners' }).mapping.lookupTables]).toEqual([['countries'], ['owners']])
  })
})
