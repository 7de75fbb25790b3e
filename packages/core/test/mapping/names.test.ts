import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fields } from '../../src/contract.ts'
import { compileMapping } from '../../src/mapping/index.ts'
import { tables } from './one-rule.ts'

const mapping = compileMapping({
  spec: {
    version: 1,
    objects: { contact: { fields: { first_name: 'name (first part)', last_name: 'name (last part)' } } },
  },
  object: { type: 'contact', name: 'people' },
  fields: undefined,
})

const pull = (name: string | null | false) => {
  const result = mapping.toCanonical({ fields: { name } }, tables())
  return result.ok ? result.data : undefined
}
const push = (patch: Fields, base?: Fields) => {
  const result = mapping.toRemote(patch, tables(), base)
  return result.ok ? result : undefined
}

const word = fc.stringMatching(/^[\p{L}'.-]{1,12}$/u)

describe('a full name in one field', () => {
  it('is split at the first blank', () => {
    expect(pull('Anna Maria Rossi')).toEqual({ first_name: 'Anna', last_name: 'Maria Rossi' })
    expect(pull('Cher')).toEqual({ first_name: 'Cher', last_name: null })
    expect(pull(false)).toEqual({ first_name: null, last_name: null })
  })

  it('is the same after a pull and a push of both halves (get-put)', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const name = words.join(' ')
        expect(push(pull(name) ?? {})?.fields).toEqual({ name })
      }),
    )
  })

  it('gives the halves back that were pushed, where the first is one word (put-get)', () => {
    fc.assert(
      fc.property(word, fc.array(word, { minLength: 1, maxLength: 4 }), (first_name, rest) => {
        const halves = { first_name, last_name: rest.join(' ') }
        expect(pull(String(push(halves)?.fields['name']))).toEqual(halves)
      }),
    )
  })

  it('is never lost when one half is pushed: the other half comes from what is known', () => {
    fc.assert(
      fc.property(word, word, word, (first_name, last_name, fresh) => {
        expect(push({ last_name: fresh }, { first_name, last_name })?.fields).toEqual({
          name: `${first_name} ${fresh}`,
        })
        expect(push({ first_name: fresh }, { first_name, last_name })?.fields).toEqual({
          name: `${fresh} ${last_name}`,
        })
      }),
    )
  })

  it('is told to be incomplete where the other half is not known, so that no record loses it', () => {
    expect(push({ first_name: 'Anna' })).toMatchObject({ fields: { name: 'Anna' }, incomplete: ['name'] })
    expect(push({ first_name: 'Anna' }, { last_name: null })).toMatchObject({
      fields: { name: 'Anna' },
      incomplete: [],
    })
    expect(push({ first_name: 'Anna', last_name: 'Rossi' })).toMatchObject({ incomplete: [] })
  })

  it('loses a half that is cleared, and keeps the other', () => {
    const base = { first_name: 'Anna', last_name: 'Rossi' }
    expect(push({ first_name: null }, base)?.fields).toEqual({ name: 'Rossi' })
    expect(push({ last_name: '' }, base)?.fields).toEqual({ name: 'Anna' })
  })

  it('is not cleared as a whole', () => {
    const result = push({ first_name: null, last_name: null }, { first_name: 'Anna', last_name: 'Rossi' })
    expect(result?.fields).toEqual({})
    expect(result?.warnings).toEqual(['first_name: would leave the record without a name and was left out'])
  })

  it('warns where the halves will be read back in another way', () => {
    expect(push({ first_name: 'Anna Maria', last_name: 'Rossi' })?.warnings).toEqual([
      expect.stringContaining('first blank'),
    ])
    expect(push({ first_name: 'Anna', last_name: 'Rossi' })?.warnings).toEqual([])
  })

  it('is not written where only one half of it is mapped', () => {
    const half = compileMapping({
      spec: { version: 1, objects: { contact: { fields: { last_name: 'name (last part)' } } } },
      object: { type: 'contact', name: 'people' },
      fields: undefined,
    })
    expect(half.warnings).toMatchObject([
      { pointer: '/objects/contact/fields/last_name', message: expect.stringContaining('Only one part') },
    ])
    expect(half.toRemote({ last_name: 'Rossi' }, tables())).toMatchObject({ ok: true, fields: {} })
  })
})
