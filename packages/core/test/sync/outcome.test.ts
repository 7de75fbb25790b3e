import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ErrorKind, Failure, Outcome, Row } from '../../src/contract.ts'
import { crmError, REACTIONS } from '../../src/errors.ts'
import type { OutboxRow } from '../../src/store/outbox.ts'
import { backoffMs, LONGEST_WAIT_MS } from '../../src/sync/backoff.ts'
import { writeBatch } from '../../src/sync/batch.ts'
import { judgeEnd, MOST_ATTEMPTS } from '../../src/sync/outcome.ts'

const KINDS = Object.keys(REACTIONS) as ErrorKind[]
const given = { settleMs: 700, random: () => 0.5, at: '2026-01-01T00:00:00.000Z' }
const rowWith = (change: Partial<OutboxRow> = {}): OutboxRow =>
  ({
    id: 'push_1',
    attempts: 0,
    history: [],
    external_id: null,
    kept: null,
    last_error: null,
    stage: 'call',
    ...change,
  }) as OutboxRow
const failed = (kind: ErrorKind, more: Partial<Failure> = {}, attempts = 0) =>
  judgeEnd(rowWith({ attempts }), { kind: 'failed', failure: { kind, message: 'no', ...more } }, given)

describe('what becomes of a push that failed', () => {
  const WAITS: Readonly<Partial<Record<ErrorKind, number>>> = {
    rate_limited: 1_000,
    quota: 300_000,
    locked: 2_000,
    unavailable: 0,
    timeout: 0,
    auth: 0,
    schema: 0,
  }

  test.each(KINDS)('%s: it waits or dies as the table of reactions says', (kind) => {
    const { result, dead } = failed(kind)
    expect(result.attempts).toBe(REACTIONS[kind].countsAsAttempt ? 1 : 0)
    if (kind in WAITS) {
      expect(dead).toBeUndefined()
      expect(result).toMatchObject({ status: 'pending', error: { kind, message: 'no' } })
      expect(result.delayMs).toBeGreaterThanOrEqual(WAITS[kind] ?? 0)
    } else {
      expect(result.status).toBe('dead')
      expect(dead).toMatchObject({ kind, error: { message: 'no' } })
    }
  })

  test.each(KINDS)('%s at the last attempt: dead where it counts, waiting for ever where it does not', (kind) => {
    const { result } = failed(kind, {}, MOST_ATTEMPTS - 1)
    const waits = !REACTIONS[kind].countsAsAttempt && kind !== 'cursor_gone'
    expect(result.status).toBe(waits ? 'pending' : 'dead')
  })

  test.each(KINDS)(
    '%s with an unknown outcome: it is looked for before anything else, whatever the attempts',
    (kind) => {
      const { result, dead } = failed(kind, { unknownOutcome: true }, MOST_ATTEMPTS - 1)
      expect(result).toMatchObject({ status: 'in_flight', stage: 'settle', delayMs: given.settleMs })
      expect(dead).toBeUndefined()
    },
  )

  test.each(KINDS)('%s before it was sent: it goes again and nothing is counted', (kind) => {
    const { result, dead } = failed(kind, { notSent: true }, MOST_ATTEMPTS - 1)
    expect(result).toMatchObject({ status: 'pending', attempts: MOST_ATTEMPTS - 1, history: [] })
    expect(dead).toBeUndefined()
  })

  test.each(KINDS)('%s with a time to come back: never before it', (kind) => {
    const { result } = failed(kind, { retryAfterMs: 90_000 })
    if (result.status === 'pending') expect(result.delayMs).toBeGreaterThanOrEqual(90_000)
    else expect(REACTIONS[kind].retryable).toBe(false)
  })

  test('certain not to have happened: an attempt that nobody counted counts now, and the last one is the end', () => {
    const repeat = (change: Partial<OutboxRow>) => judgeEnd(rowWith(change), { kind: 'repeat' }, given)
    expect(repeat({ stage: 'call', attempts: 1 }).result).toMatchObject({ status: 'pending', attempts: 2 })
    expect(repeat({ stage: 'settle', attempts: 1 }).result).toMatchObject({ status: 'pending', attempts: 1 })
    expect(repeat({ stage: 'call', attempts: MOST_ATTEMPTS - 1 }).result.status).toBe('dead')
    expect(repeat({ stage: 'settle', attempts: MOST_ATTEMPTS }).dead).toMatchObject({ kind: 'timeout' })
  })

  test('its history keeps its end, and says a wait without attempts once', () => {
    let row = rowWith()
    for (let index = 0; index < 50; index += 1) {
      const { result } = judgeEnd(row, { kind: 'failed', failure: { kind: 'quota', message: 'later' } }, given)
      row = rowWith({ history: result.history as OutboxRow['history'], attempts: result.attempts })
    }
    expect(row.history).toHaveLength(1)
  })
})

describe('a wait', () => {
  test('is jittered, grows to a bound, and is never shorter than what was asked for', () => {
    const cases = fc.record({
      attempt: fc.integer({ min: 1, max: 60 }),
      baseMs: fc.integer({ min: 1, max: 60_000 }),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 4_000_000 }), { nil: undefined }),
      chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    })
    fc.assert(
      fc.property(cases, ({ attempt, baseMs, retryAfterMs, chance }) => {
        const waitMs = backoffMs({ attempt, baseMs, retryAfterMs, random: () => chance })
        expect(waitMs).toBeGreaterThanOrEqual(retryAfterMs ?? 0)
        expect(waitMs).toBeLessThanOrEqual(Math.max(retryAfterMs ?? 0, LONGEST_WAIT_MS))
      }),
    )
  })
})

describe('a batch', () => {
  const rows = (count: number): Row[] =>
    Array.from({ length: count }, (_, index) => ({ marker: `m${index}`, fields: {} }))
  const done = (row: Row): Outcome => ({ ok: true, remoteId: row.marker, created: true })

  test('that is rejected whole is halved until the bad rows stand alone; each good one is written once', async () => {
    const sets = fc.record({ count: fc.integer({ min: 1, max: 40 }), bad: fc.array(fc.nat(39), { maxLength: 5 }) })
    await fc.assert(
      fc.asyncProperty(sets, async ({ count, bad }) => {
        const isBad = ({ marker }: Row) => bad.includes(Number(marker.slice(1)))
        const written: string[] = []
        const outcomes = await writeBatch(rows(count), async (part) => {
          if (part.some(isBad)) throw crmError('invalid', 'a row is bad')
          written.push(...part.map(({ marker }) => marker))
          return part.map(done)
        })
        expect(outcomes.map(({ ok }) => ok)).toEqual(rows(count).map((row) => !isBad(row)))
        expect(written).toEqual(
          rows(count)
            .filter((row) => !isBad(row))
            .map(({ marker }) => marker),
        )
      }),
    )
  })

  test.each(['rate_limited', 'quota', 'auth', 'unavailable', 'timeout', 'locked'] as const)(
    'that ends with %s is not halved: the next half would fare no better',
    async (kind) => {
      let calls = 0
      const outcomes = await writeBatch(rows(8), async () => {
        calls += 1
        throw crmError(kind, 'not now')
      })
      expect(calls).toBe(1)
      expect(outcomes).toHaveLength(8)
    },
  )

  test('whose outcome is unknown is never sent in halves', async () => {
    let calls = 0
    const outcomes = await writeBatch(rows(4), async () => {
      calls += 1
      throw crmError('invalid', 'cut off', { unknownOutcome: true })
    })
    expect(calls).toBe(1)
    expect(outcomes).toEqual(rows(4).map(() => expect.objectContaining({ ok: false, unknownOutcome: true })))
  })

  test('a row that the plugin says nothing about is one whose outcome is unknown', async () => {
    const [first, second] = await writeBatch(rows(2), async ([row]) => (row === undefined ? [] : [done(row)]))
    expect(first).toMatchObject({ ok: true })
    expect(second).toMatchObject({ ok: false, unknownOutcome: true })
  })
})
