import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/contract.ts'
import type { CustomType, RuleObject } from '../../src/mapping/index.ts'
import { type OneRule, oneRule, tables } from './one-rule.ts'

const RUNS = { numRuns: 300 }

/** Put-get: what was pushed is what a pull reads back. */
const putGet = (rule: OneRule, values: fc.Arbitrary<Json>, others = {}): void => {
  fc.assert(
    fc.property(values, (value) => {
      expect(rule.pull(rule.push(value, others) ?? null, others)).toEqual(value)
    }),
    RUNS,
  )
}

/** Get-put: pushing what was pulled writes what was there. */
const getPut = (rule: OneRule, remotes: fc.Arbitrary<Json>): void => {
  fc.assert(
    fc.property(remotes, (remote) => {
      expect(rule.push(rule.pull(remote) ?? null)).toEqual(remote)
    }),
    RUNS,
  )
}

const cents = fc.integer({ min: -1e12, max: 1e12 }).map((amount) => amount + 0)
const seconds = fc.integer({ min: 0, max: 1e7 })
const instant = fc
  .date({ min: new Date('1970-01-02'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString())
const wholeSecond = instant.map((iso) => `${iso.slice(0, 19)}.000Z`)
const day = instant.map((iso) => iso.slice(0, 10))
const line = fc.string({ minLength: 1, maxLength: 60 }).filter((text) => text.trim() !== '')
const word = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text.trim() === text && !text.includes(';'))
const country = fc.constantFrom('IT', 'DE', 'US', 'GB', 'JP', 'KW', 'BR')

const cases: readonly [string, CustomType, RuleObject, fc.Arbitrary<Json>, fc.Arbitrary<Json>?][] = [
  ['text', 'text', {}, line, line],
  ['trimmed text', 'text', { transform: 'trim' }, word, word],
  ['lower case', 'text', { transform: 'lower' }, line.map((text) => text.toLowerCase())],
  [
    'a list of transforms',
    'text',
    { transform: ['trim', 'lower'] },
    word.map((text) => text.toLowerCase().trim()).filter(Boolean),
  ],
  ['an integer', 'integer', {}, fc.maxSafeInteger(), fc.maxSafeInteger()],
  ['a number', 'number', {}, fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)],
  ['a scale by a power of ten', 'integer', { scale: 1000 }, seconds],
  ['a scale by sixty', 'integer', { scale: 60 }, seconds],
  ['a boolean', 'boolean', {}, fc.boolean(), fc.boolean()],
  ['a boolean as text', 'boolean', { as: 'text' }, fc.boolean(), fc.constantFrom('true', 'false')],
  ['a boolean as number', 'boolean', { as: 'number' }, fc.boolean(), fc.constantFrom(0, 1)],
  ['a date', 'date', {}, day, day],
  ['a date in a zone as a point in time', 'date', { zone: 'Europe/Rome', as: 'iso' }, day],
  ['a date west of Greenwich in ms', 'date', { zone: 'America/Los_Angeles', as: 'ms' }, day],
  ['a point in time', 'datetime', {}, instant, instant],
  ['a point in time in ms', 'datetime', { as: 'ms' }, instant],
  ['a point in time in s', 'datetime', { as: 's' }, wholeSecond],
  ['a point in time in SQL form', 'datetime', { as: 'sql' }, wholeSecond],
  ['a duration in ms', 'integer', { transform: 'duration', unit: 'ms' }, seconds],
  ['a duration in s', 'integer', { transform: 'duration' }, seconds, seconds],
  ['a duration in mm:ss', 'integer', { transform: 'duration', unit: 'mm:ss' }, seconds],
  ['a split list', 'list', { transform: 'split' }, fc.array(word, { minLength: 1, maxLength: 5 })],
  ['a joined list', 'text', { transform: 'join' }, fc.array(word, { minLength: 1 }).map((words) => words.join(';'))],
  ['a list', 'list', {}, fc.array(word, { minLength: 1 })],
  ['a country by code', 'country', {}, country, country],
  ['a country by name', 'country', { as: 'name' }, country],
  ['a phone number', 'phone', {}, fc.constantFrom('+390212345678', '+14155552671', '+81312345678')],
  [
    'a picklist',
    'text',
    { picklist: { a: 'x', b: 'y', c: 'x' } },
    fc.constantFrom('x', 'y'),
    fc.constantFrom('a', 'b'),
  ],
  ['an open picklist', 'text', { picklist: { a: 'x', '*': '*' } }, word.filter((text) => text.toLowerCase() !== 'a')],
]

describe('laws of invertible rules', () => {
  it.each(cases)('put-get holds for %s', (_, type, rule, values) => putGet(oneRule(type, rule), values))

  it.each(cases.filter(([, , , , remotes]) => remotes !== undefined))(
    'get-put holds for %s',
    (_, type, rule, __, remotes) => getPut(oneRule(type, rule), remotes ?? fc.constant(null)),
  )

  it.each(['EUR', 'JPY', 'KWD', 'CLF'])('put-get holds for money in %s, as text and as number', (cur) => {
    putGet(oneRule('money', { transform: 'money' }), cents, { currency: cur, cur })
    putGet(
      oneRule('money', { transform: 'money', as: 'number' }),
      fc.integer({ min: -1e10, max: 1e10 }).map((n) => n + 0),
      { currency: cur, cur },
    )
  })

  it('get-put holds for amounts written with the digits of their currency', () => {
    const amount = cents.map((units) => (units / 100).toFixed(2)).filter((text) => !text.startsWith('-0.00'))
    getPut(oneRule('money', { transform: 'money' }, { currency: 'EUR' }), amount)
  })

  it('put-get holds for lookups', () => {
    const resolve = tables({
      owners: [
        { id: '7', key: 'a@b.it' },
        { id: '8', key: 'c@d.it' },
      ],
    })
    const rule = oneRule('email', { lookup: 'owners' }, { resolve })
    putGet(rule, fc.constantFrom('a@b.it', 'c@d.it'))
    getPut(rule, fc.constantFrom('7', '8'))
  })

  it('put-get holds for text in an HTML field, blanks and line breaks included', () => {
    const character = fc.constantFrom('a', 'é', '<', '>', '&', '"', "'", ' ', ' ', '\n', '&nbsp;', '<b>', '1', '.')
    const lines = fc.array(character, { minLength: 1, maxLength: 30 }).map((parts) => parts.join(''))
    const shown = lines.map((text) => text.replace(/^\n+|\n+$/g, '')).filter((text) => text.trim() !== '')
    putGet(oneRule('text', { transform: 'html' }), shown)
  })
})
