import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeDeletion, judgeRead, type StoredVersion, type Verdict } from '../../src/sync/apply.ts'

const stored = (given: Partial<StoredVersion> = {}): StoredVersion => ({
  stampMs: 100,
  readEnd: 10,
  hash: 'a',
  deletedMs: undefined,
  ...given,
})

describe('a read', () => {
  test.each<[string, StoredVersion | undefined, Parameters<typeof judgeRead>[1], Verdict]>([
    ['of an unknown record is new', undefined, { stampMs: 1, readBegin: 1, hash: 'a', direct: false }, 'apply'],
    ['with a later stamp is newer', stored(), { stampMs: 101, readBegin: 1, hash: 'b', direct: false }, 'apply'],
    ['with an earlier stamp is old', stored(), { stampMs: 99, readBegin: 11, hash: 'b', direct: false }, 'stale'],
    [
      'by id with an earlier stamp is a CRM set back',
      stored(),
      { stampMs: 99, readBegin: 11, hash: 'b', direct: true },
      'apply',
    ],
    [
      'with the same stamp and content says nothing',
      stored(),
      { stampMs: 100, readBegin: 1, hash: 'a', direct: false },
      'same',
    ],
    [
      'with the same stamp that began later is newer',
      stored(),
      { stampMs: 100, readBegin: 11, hash: 'b', direct: false },
      'apply',
    ],
    [
      'with the same stamp that overlapped is asked again',
      stored(),
      { stampMs: 100, readBegin: 9, hash: 'b', direct: false },
      'reread',
    ],
    [
      'of a list behind a deletion is asked again',
      stored({ deletedMs: 200 }),
      { stampMs: 150, readBegin: 11, hash: 'b', direct: false },
      'reread',
    ],
    [
      'by id behind a deletion revives',
      stored({ deletedMs: 200 }),
      { stampMs: 150, readBegin: 11, hash: 'b', direct: true },
      'apply',
    ],
    [
      'changed after the deletion revives',
      stored({ deletedMs: 200 }),
      { stampMs: 201, readBegin: 11, hash: 'b', direct: false },
      'apply',
    ],
  ])('%s', (_, before, read, verdict) => {
    expect(judgeRead(before, read)).toBe(verdict)
  })
})

describe('a deletion', () => {
  test('wins only over what is no later', () => {
    expect(judgeDeletion(stored(), { deletedMs: 101, readBegin: 1, direct: false })).toBe('apply')
    expect(judgeDeletion(stored(), { deletedMs: 100, readBegin: 11, direct: false })).toBe('apply')
    expect(judgeDeletion(stored(), { deletedMs: 100, readBegin: 1, direct: false })).toBe('reread')
    expect(judgeDeletion(stored(), { deletedMs: 99, readBegin: 20, direct: false })).toBe('stale')
  })

  test('that is found by id behind the last read wins whatever its stamp: the stamp went back', () => {
    expect(judgeDeletion(stored(), { deletedMs: 99, readBegin: 11, direct: true })).toBe('apply')
    expect(judgeDeletion(stored(), { deletedMs: 99, readBegin: 9, direct: true })).toBe('stale')
  })

  test('that is only found is believed where the finding began behind the last read', () => {
    expect(judgeDeletion(stored(), { deletedMs: undefined, readBegin: 11, direct: false })).toBe('apply')
    expect(judgeDeletion(stored(), { deletedMs: undefined, readBegin: 9, direct: false })).toBe('reread')
  })

  test('of what is gone or unknown says nothing', () => {
    expect(judgeDeletion(stored({ deletedMs: 50 }), { deletedMs: 100, readBegin: 20, direct: false })).toBe('same')
    expect(judgeDeletion(undefined, { deletedMs: 100, readBegin: 20, direct: false })).toBe('same')
  })
})

/** A moment of a record's life in the CRM: from here on it is so. */
interface Moment {
  readonly atMs: number
  readonly stampMs: number
  readonly hash: string
  readonly deletedMs: number | undefined
}

const lives = fc
  .record({
    unit: fc.constantFrom(1, 40),
    steps: fc.array(
      fc.record({ afterMs: fc.integer({ min: 1, max: 50 }), kind: fc.constantFrom('write', 'write', 'delete') }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ unit, steps }): readonly Moment[] => {
    const floor = (ms: number) => Math.floor(ms / unit) * unit
    const moments: Moment[] = [{ atMs: 1, stampMs: floor(1), hash: 'v0', deletedMs: undefined }]
    for (const [index, { afterMs, kind }] of steps.entries()) {
      const before = moments[moments.length - 1]
      if (before === undefined) break
      const atMs = before.atMs + afterMs
      const isDelete = kind === 'delete' && before.deletedMs === undefined
      moments.push(
        isDelete
          ? { ...before, atMs, deletedMs: floor(atMs) }
          : { atMs, stampMs: floor(atMs), hash: `v${index + 1}`, deletedMs: undefined },
      )
    }
    return moments
  })

const reads = fc.array(
  fc.record({
    begin: fc.integer({ min: 2, max: 320 }),
    toLook: fc.integer({ min: 0, max: 60 }),
    toCommit: fc.integer({ min: 0, max: 60 }),
    how: fc.constantFrom('list', 'list', 'direct', 'deleted'),
  }),
  { maxLength: 8 },
)

/** Puts one read into the store as a commit does; answers whether it asks for another read. */
const commit = (
  before: StoredVersion | undefined,
  moment: Moment,
  read: { readonly begin: number; readonly end: number; readonly how: string },
): { readonly after: StoredVersion | undefined; readonly asks: boolean } => {
  const isGone = moment.deletedMs !== undefined
  if (!isGone && read.how !== 'deleted') {
    const { stampMs, hash } = moment
    const verdict = judgeRead(before, { stampMs, hash, readBegin: read.begin, direct: read.how === 'direct' })
    if (verdict === 'apply') return { after: { stampMs, hash, readEnd: read.end, deletedMs: undefined }, asks: false }
    const isLater = verdict === 'same' && before !== undefined && read.begin > before.readEnd
    return { after: isLater ? { ...before, readEnd: read.end } : before, asks: verdict === 'reread' }
  }
  if (!isGone || read.how === 'list') return { after: before, asks: false }
  const deletedMs = read.how === 'deleted' ? moment.deletedMs : undefined
  const verdict = judgeDeletion(before, { deletedMs, readBegin: read.begin, direct: read.how === 'direct' })
  const isLater = verdict === 'same' && before !== undefined && read.begin > before.readEnd
  if (isLater) return { after: { ...before, readEnd: read.end }, asks: false }
  if (verdict !== 'apply' || before === undefined) return { after: before, asks: verdict === 'reread' }
  return { after: { ...before, readEnd: read.end, deletedMs: deletedMs ?? read.end }, asks: false }
}

test('whatever reads overlap and in whatever order they end, the store has the last version or asks again', () => {
  fc.assert(
    fc.property(lives, reads, fc.boolean(), (life, planned, isListed) => {
      const momentAt = (ms: number) => life.findLast(({ atMs }) => atMs <= ms)
      const lastMs = life.at(-1)?.atMs ?? 1
      const isGone = life.at(-1)?.deletedMs !== undefined
      const final = {
        begin: lastMs + 1,
        toLook: 0,
        toCommit: 30,
        how: isListed ? (isGone ? 'deleted' : 'list') : 'direct',
      }
      const all = [...planned.filter(({ begin, toLook }) => begin + toLook <= lastMs + 90), final]
        .map(({ begin, toLook, toCommit, how }) => ({
          begin,
          look: begin + toLook,
          end: begin + toLook + toCommit + 1,
          how,
        }))
        .sort((a, b) => a.end - b.end)
      let store: StoredVersion | undefined = { stampMs: 0, hash: 'v-1', readEnd: 0, deletedMs: undefined }
      let hasAsked = false
      for (const read of all) {
        const moment = momentAt(read.look)
        if (moment === undefined) continue
        const { after, asks } = commit(store, moment, read)
        store = after
        hasAsked ||= asks
      }
      const truth = momentAt(lastMs)
      if (hasAsked && truth !== undefined) {
        const end = Math.max(...all.map((read) => read.end))
        store = commit(store, truth, { begin: end + 1, end: end + 2, how: 'direct' }).after
      }
      expect({ hash: store?.hash, isGone: store?.deletedMs !== undefined }).toEqual({
        hash: isGone ? store?.hash : truth?.hash,
        isGone,
      })
    }),
    { numRuns: 20_000 },
  )
})
