import { describe, expect, it } from 'vitest'
import { resolveField } from '../../src/mapping/resolve-field.ts'
import { parseShorthand } from '../../src/mapping/shorthand.ts'
import { text } from './one-rule.ts'

const alternates = (shorthand: string) => {
  const parsed = parseShorthand(shorthand)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.shorthand.alternates
}

describe('shorthand', () => {
  it('lists alternates, parts of a name and one scale for all of them', () => {
    expect(parseShorthand(' firstname | First_Name|name  (first part)')).toEqual({
      ok: true,
      shorthand: { alternates: [{ name: 'firstname' }, { name: 'First_Name' }, { name: 'name', part: 'first' }] },
    })
    expect(parseShorthand('amount|expected_revenue *100')).toEqual({
      ok: true,
      shorthand: { alternates: [{ name: 'amount' }, { name: 'expected_revenue' }], scale: 100 },
    })
  })

  it.each([
    ['', 1, 'missing'],
    ['a||b', 3, 'missing'],
    ['a|b|', 5, 'missing'],
    ['a *100|b', 3, 'last alternate'],
    ['a *x', 3, 'no scale'],
    ['a *', 3, 'no scale'],
    ['a *0', 3, 'no scale'],
    ['name (middle part)', 6, 'no part'],
    ['name (first part', 6, 'not closed'],
    ['b|name (first part) x', 20, 'Nothing may follow'],
    ['b|na)me', 5, 'does not belong'],
  ])('refuses %j and says where', (shorthand, character, words) => {
    const parsed = parseShorthand(shorthand)
    expect(parsed.ok).toBe(false)
    if (parsed.ok) return
    expect(parsed.message).toContain(words)
    expect(parsed.message).toContain(`(at character ${character})`)
    expect(parsed.remedy).not.toBe('')
  })
})

describe('finding a field', () => {
  const find = (shorthand: string, names: readonly string[] | undefined, aliases = {}) => {
    const fields = names?.map((name) => text(name))
    return resolveField(alternates(shorthand), { fields, aliases })?.remote
  }

  it('takes the first alternate that the object has by exact name', () => {
    expect(find('firstname|First_Name|name', ['name', 'First_Name'])).toBe('First_Name')
  })

  it('prefers an exact name of a later alternate to another case of an earlier one', () => {
    expect(find('title|function', ['Title', 'function'])).toBe('function')
  })

  it('prefers another case to an alias, and takes the alias last', () => {
    expect(find('country', ['Country', 'Mailing_Country'], { country: 'Mailing_Country' })).toBe('Country')
    expect(find('country', ['Mailing_Country'], { country: 'Mailing_Country' })).toBe('Mailing_Country')
  })

  it('takes no alias to a field that the object does not have', () => {
    expect(find('country', ['Email'], { country: 'Mailing_Country' })).toBeUndefined()
  })

  it('takes the first alternate or its alias where the fields are not known', () => {
    expect(find('email|Email', undefined)).toBe('email')
    expect(find('email|mail', undefined, { email: 'Email' })).toBe('Email')
  })

  it('reads a dotted name as one field where there is such a field, else as a path', () => {
    const schema = (name: string) => ({ fields: [text(name)], aliases: {} })
    expect(resolveField(alternates('Owner.email'), schema('Owner.email'))).toMatchObject({
      remote: 'Owner.email',
      nested: [],
    })
    expect(resolveField(alternates('Owner.email'), schema('Owner'))).toMatchObject({
      remote: 'Owner',
      nested: ['email'],
    })
  })

  it('does not mistake members of every object for aliases', () => {
    expect(find('constructor', undefined)).toBe('constructor')
  })
})
