import { describe, expect, it } from 'vitest'
import { compareWithTruth } from '../src/index.ts'

const real = (id: string, data: Record<string, string | null>) => ({
  id,
  data,
  links: [],
  updatedAt: '2026-01-01T00:00:00Z',
})
const stored = (externalId: string, data: Record<string, string | null>, deleted = false) => ({
  externalId,
  data,
  deleted,
})

describe('comparison with the truth', () => {
  it('finds nothing where the store equals the CRM', () => {
    const truth = [real('1', { name: 'Ada' }), real('2', { name: 'Bo' })]
    const store = [stored('2', { name: 'Bo' }), stored('1', { name: 'Ada' }), stored('3', { name: 'gone' }, true)]
    expect(compareWithTruth(truth, store, ['name'])).toEqual({ lost: [], stale: [], ghosts: [], duplicated: [] })
  })

  it('names what is lost, stale, a ghost, or there twice', () => {
    const truth = [real('1', { name: 'Ada' }), real('2', { name: 'Bo' }), real('3', { name: 'Cy' }), real('4', {})]
    const store = [
      stored('1', { name: 'old' }),
      stored('2', { name: 'Bo' }, true),
      stored('3', { name: 'Cy' }),
      stored('3', { name: 'Cy' }),
      stored('9', { name: 'ghost' }),
    ]
    expect(compareWithTruth(truth, store, ['name'])).toEqual({
      lost: ['2', '4'],
      stale: ['1'],
      ghosts: ['9'],
      duplicated: ['3'],
    })
  })

  it('compares only what is asked for and what the CRM has a place for', () => {
    const truth = [real('1', { name: 'Ada' })]
    const store = [stored('1', { name: 'Ada', title: 'Buyer' })]
    expect(compareWithTruth(truth, store, ['name', 'title']).stale).toEqual([])
    expect(compareWithTruth(truth, [stored('1', { name: 'other' })], ['title']).stale).toEqual([])
  })

  it('takes no value for null, and two ways to write an instant for one', () => {
    const truth = [real('1', { title: null, at: '2026-01-01T12:00:00Z' })]
    expect(
      compareWithTruth(truth, [stored('1', { at: '2026-01-01T13:00:00.000+01:00' })], ['title', 'at']).stale,
    ).toEqual([])
    expect(compareWithTruth(truth, [stored('1', { at: '2026-01-01T12:00:01Z' })], ['at']).stale).toEqual(['1'])
  })
})
