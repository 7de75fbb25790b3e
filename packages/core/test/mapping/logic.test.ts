import shared from 'json-logic-js'
import { describe, expect, it } from 'vitest'
import type { Fields, Json } from '../../src/contract.ts'
import { compileMapping, type Logic, type RuleObject } from '../../src/mapping/index.ts'
import { tables, text } from './one-rule.ts'

const compile = (fields: Record<string, RuleObject>, when?: Logic, names?: readonly string[]) =>
  compileMapping({
    spec: {
      version: 1,
      objects: {
        contact: { fields: { email: 'email', title: 'job', ...fields }, ...(when === undefined ? {} : { when }) },
      },
    },
    object: { type: 'contact', name: 'people', aliases: { revenue: 'Annual_Revenue' } },
    fields: names?.map((name) => text(name)),
  })

const pull = (logic: Logic, record: Fields, type: RuleObject['type'] = 'text'): Json | undefined => {
  const result = compile({ x: { pull: logic, type } }).toCanonical({ fields: record }, tables())
  return result.ok ? result.data['x'] : undefined
}

describe('an expression', () => {
  it('computes a canonical value from the remote record, in its type', () => {
    expect(pull({ '>': [{ var: 'revenue' }, 1_000_000] }, { Annual_Revenue: 2_000_000 }, 'boolean')).toBe(true)
    expect(pull({ '>': [{ var: 'revenue' }, 1_000_000] }, { Annual_Revenue: 5 }, 'boolean')).toBe(false)
    expect(pull({ '+': [{ var: 'a' }, 1] }, { a: '41' }, 'integer')).toBe(42)
    expect(pull({ cat: [{ var: 'a' }, ' ', { var: 'b' }] }, { a: 'x', b: 'y' })).toBe('x y')
  })

  it('reads a lone variable and a constant without json-logic', () => {
    expect(pull({ var: 'owner.name' }, { owner: { name: 'Anna' } })).toBe('Anna')
    expect(pull('always', {})).toBe('always')
  })

  it('reads the items of a list by their own names', () => {
    const rows = { map: [{ var: 'rows' }, { var: 'label' }] }
    expect(pull({ 'list.join': [rows, ', '] }, { rows: [{ label: 'a' }, { label: 'b' }] })).toBe('a, b')
    expect(compile({ x: { pull: rows, type: 'list' } }).remoteFields).not.toContain('label')
  })

  it.each<[Logic, Json]>([
    [{ 'text.lower': 'ABC' }, 'abc'],
    [{ 'text.upper': 'abc' }, 'ABC'],
    [{ 'text.trim': ' a ' }, 'a'],
    [{ 'text.replace': ['a-b-c', '-', '+'] }, 'a+b+c'],
    [{ 'list.first': { 'text.split': ['a,b', ','] } }, 'a'],
    [{ 'list.last': { 'text.split': ['a,b', ','] } }, 'b'],
    [{ if: [{ 'text.starts_with': ['abc', 'ab'] }, 'yes', 'no'] }, 'yes'],
    [{ if: [{ 'text.ends_with': ['abc', 'ab'] }, 'yes', 'no'] }, 'no'],
    [{ cat: [{ 'text.length': 'abc' }, { 'list.size': [[1, 2]] }] }, '32'],
    [{ cat: [{ 'number.round': [1.256, 2] }] }, '1.26'],
    [{ cat: [{ 'date.days_between': ['2026-01-01', '2026-01-31T10:00:00Z'] }] }, '30'],
  ])('%j has operators of its own', (logic, value) => {
    expect(pull(logic, {})).toEqual(value)
  })

  it('gives null where the result is no value of JSON', () => {
    expect(pull({ '/': [1, 0] }, {}, 'number')).toBeNull()
    expect(pull({ var: 'constructor' }, {})).toBeNull()
  })

  it('leaves the json-logic that others use as it was', () => {
    expect(pull({ 'text.lower': 'A' }, {})).toBe('a')
    expect(() => shared.apply({ 'text.lower': 'A' } as never)).toThrow(/Unrecognized operation/)
  })

  it('leaves its rule out where it reads a field that the object does not have', () => {
    const compiled = compile({ x: { pull: { var: 'b|c' }, type: 'text' } }, undefined, ['email', 'job'])
    expect(compiled.canonicalFields).toEqual(['email', 'title'])
    expect(compiled.warnings).toMatchObject([
      { pointer: '/objects/contact/fields/x', message: expect.stringContaining('"b|c"') },
    ])
  })

  it('finds its fields by alternates, case and alias as a rule does', () => {
    const compiled = compile({ x: { pull: { var: 'nope|REVENUE' }, type: 'integer' } }, undefined, [
      'email',
      'job',
      'Revenue',
    ])
    expect(compiled.toCanonical({ fields: { Revenue: 5 } }, tables())).toMatchObject({ data: { x: 5 } })
  })
})

describe('a condition', () => {
  const wanted = compile({}, { '!=': [{ var: 'stage' }, 'spam'] })

  it('tells which records are not wanted, and maps them all the same', () => {
    expect(wanted.toCanonical({ fields: { email: 'a@b.it', stage: 'spam' } }, tables())).toMatchObject({
      filtered: true,
      data: { email: 'a@b.it' },
    })
    expect(wanted.toCanonical({ fields: { stage: 'lead' } }, tables())).toMatchObject({ filtered: false })
  })

  it('takes an empty list for false, as json-logic does', () => {
    const empty = compile({}, { filter: [{ var: 'tags' }, { '==': [{ var: '' }, 'x'] }] })
    expect(empty.toCanonical({ fields: { tags: ['y'] } }, tables())).toMatchObject({ filtered: true })
    expect(empty.toCanonical({ fields: { tags: ['x'] } }, tables())).toMatchObject({ filtered: false })
  })

  it('that is null wants every record', () => {
    expect(compile({}, null).toCanonical({ fields: {} }, tables())).toMatchObject({ filtered: false })
  })
})

describe('a push expression', () => {
  const rule: RuleObject = { from: 'greeting', type: 'text', push: { cat: [{ var: 'title' }, ' ', { var: 'x' }] } }

  it('is written when one of the fields that it reads is pushed, with the rest from what is known', () => {
    const compiled = compile({ x: rule })
    expect(compiled.toRemote({ x: 'Anna' }, tables(), { title: 'Dr' })).toMatchObject({
      fields: { greeting: 'Dr Anna' },
    })
    expect(compiled.toRemote({ title: 'Prof' }, tables(), { x: 'Anna' })).toMatchObject({
      fields: { greeting: 'Prof Anna', job: 'Prof' },
    })
    expect(compiled.toRemote({ email: 'a@b.it' }, tables(), { x: 'Anna' })).toMatchObject({
      fields: { email: 'a@b.it' },
    })
  })

  it('is read back by its own pull, or through its field', () => {
    expect(compile({ x: rule }).toCanonical({ fields: { greeting: 'Dr Anna' } }, tables())).toMatchObject({
      data: { x: 'Dr Anna' },
    })
    const both = compile({ x: { ...rule, pull: { 'text.upper': { var: 'greeting' } } } })
    expect(both.toCanonical({ fields: { greeting: 'hi' } }, tables())).toMatchObject({ data: { x: 'HI' } })
  })

  it('still checks the type of its own field', () => {
    expect(compile({ x: rule }).toRemote({ x: 5 }, tables())).toMatchObject({
      ok: false,
      faults: [{ pointer: '/data/x' }],
    })
  })

  it('that gives no number is a fault at its field', () => {
    const compiled = compile({ x: { from: 'r', type: 'number', push: { '/': [{ var: 'x' }, 0] } } })
    expect(compiled.toRemote({ x: 5 }, tables())).toMatchObject({ ok: false, faults: [{ pointer: '/data/x' }] })
  })

  it('without a value of its own is not written: a computed field has no inverse', () => {
    const compiled = compile({ x: { pull: { var: 'a' }, type: 'text' } })
    expect(compiled.toRemote({ x: 'b' }, tables())).toMatchObject({
      ok: true,
      fields: {},
      warnings: [expect.stringContaining('computed')],
    })
  })
})
