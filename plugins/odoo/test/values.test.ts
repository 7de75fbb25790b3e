import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnOf, fromOdoo, toCell, toInstant, toOdooTime, toValue, windowDomain } from '../src/values.ts'
import { domainOf, websiteOf } from '../src/website.ts'

describe('values', () => {
  test('false is empty for every type but boolean', () => {
    for (const kind of ['char', 'text', 'html', 'datetime', 'many2one', 'selection', undefined])
      expect(fromOdoo(false, kind)).toBeNull()
    expect(fromOdoo(false, 'boolean')).toBe(false)
    expect(fromOdoo('', 'char')).toBeNull()
    expect(fromOdoo(0, 'integer')).toBe(0)
  })

  test('a many2one is its id, and lists of ids stay lists', () => {
    expect(fromOdoo([17, 'Analytical Engines Ltd'], 'many2one')).toBe('17')
    expect(fromOdoo([3, 2], 'many2many')).toEqual(['3', '2'])
    expect(fromOdoo([], 'many2many')).toEqual([])
    expect(columnOf('parent_id', 'many2one')).toBe('parent_id/.id')
    expect(toCell('17', 'many2one')).toBe('17')
    expect(toCell(['3', '2'], 'many2many')).toBe('3,2')
    expect(toValue(['3', '2'], 'many2many')).toEqual([[6, 0, [3, 2]]])
    expect(toValue('17', 'many2one')).toBe(17)
  })

  test('every cell of load is text, and empty text clears', () => {
    const values = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
    const kinds = fc.constantFrom('char', 'boolean', 'integer', 'many2one', 'datetime', undefined)
    fc.assert(
      fc.property(values, kinds, (value, kind) => {
        expect(typeof toCell(value, kind)).toBe('string')
      }),
    )
    expect(toCell(null, 'char')).toBe('')
    expect(toCell(null, 'boolean')).toBe('0')
    expect(toCell(true, 'boolean')).toBe('1')
    expect(toValue(null, 'char')).toBe(false)
  })

  test('times are UTC without T, Z and fraction on the way out, ISO 8601 on the way in', () => {
    expect(toOdooTime('2026-01-02T03:04:05.678+02:00')).toBe('2026-01-02 01:04:05')
    expect(toOdooTime('soon')).toBeUndefined()
    expect(toInstant('2026-01-02 01:04:05')).toBe('2026-01-02T01:04:05Z')
    const instants = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(instants, (date) => {
        const second = new Date(Math.floor(date.getTime() / 1_000) * 1_000)
        expect(Date.parse(toInstant(toOdooTime(date.toISOString())) ?? '')).toBe(second.getTime())
      }),
    )
  })

  test('a window is asked for with >= and < on whole seconds, and never narrowed', () => {
    expect(windowDomain(undefined)).toEqual([])
    expect(windowDomain({ from: '2026-01-01T00:00:00.900Z', to: '2026-01-01T00:00:01.100Z' })).toEqual([
      ['write_date', '>=', '2026-01-01 00:00:00'],
      ['write_date', '<', '2026-01-01 00:00:02'],
    ])
  })

  test('a website gives its domain, and a domain its website', () => {
    expect(domainOf('http://www.Acme.example/en?x=1')).toBe('acme.example')
    expect(domainOf('acme.example')).toBe('acme.example')
    expect(domainOf('https://acme.example:8080')).toBe('acme.example')
    for (const nothing of ['', false, undefined, 'http://', 'not a domain']) expect(domainOf(nothing)).toBeNull()
    expect(domainOf(websiteOf('acme.example'))).toBe('acme.example')
    expect(websiteOf(null)).toBeNull()
  })
})
