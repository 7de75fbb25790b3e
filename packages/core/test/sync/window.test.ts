import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Order } from '../../src/contract.ts'
import { CLOCK_DOUBT_MS, deltaWindow, settleWindow, type Window } from '../../src/sync/window.ts'

const START_MS = Date.parse('2026-01-01T00:00:00Z')

const orders = fc
  .record({
    precision: fc.constantFrom<Order['precision']>('ms', 's'),
    usual: fc.constantFrom(0, 700, 10_000),
    more: fc.constantFrom(0, 5_000, 60_000),
  })
  .map(({ precision, usual, more }): Order => ({ field: 'at', precision, lateMs: { usual, worst: usual + more } }))

/** What we take the CRM's clock for is wrong by up to a second. */
const doubts = fc.integer({ min: -CLOCK_DOUBT_MS, max: CLOCK_DOUBT_MS })
const polls = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 90_000 }), doubt: doubts }), {
  minLength: 2,
  maxLength: 12,
})

interface Poll {
  readonly atMs: number
  readonly window: Window
}

const polled = (order: Order, plan: readonly { readonly afterMs: number; readonly doubt: number }[]) => {
  let atMs = START_MS
  let watermark = new Date(START_MS)
  return plan.map(({ afterMs, doubt }): Poll & { readonly watermark: Date } => {
    atMs += afterMs
    const window = deltaWindow(watermark, order, atMs + doubt)
    if (window === undefined) throw new Error('a delta has a window at any time')
    watermark = new Date(Math.max(watermark.getTime(), Date.parse(window.to)))
    return { atMs, window, watermark }
  })
}

const stampOf = (ms: number, { precision }: Order): number => (precision === 's' ? Math.floor(ms / 1000) * 1000 : ms)

const sees = ({ atMs, window }: Poll, change: { readonly stampMs: number; readonly visibleMs: number }): boolean =>
  change.visibleMs <= atMs && change.stampMs >= Date.parse(window.from) && change.stampMs < Date.parse(window.to)

describe('consecutive windows', () => {
  test('leave no gap for any change that appears no later than usual', () => {
    fc.assert(
      fc.property(orders, polls, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (order, plan, at, lateness) => {
        const all = polled(order, plan)
        const last = all.at(-1)?.atMs ?? START_MS
        const changedMs = START_MS + (at % Math.max(1, last - START_MS))
        const visibleMs = changedMs + Math.floor(lateness * order.lateMs.usual)
        // Two more polls: what the last one was too early for is the next one's.
        const next = polled(order, [
          ...plan,
          { afterMs: order.lateMs.usual + 5_000, doubt: 0 },
          { afterMs: 0, doubt: 0 },
        ])
        const change = { stampMs: stampOf(changedMs, order), visibleMs }
        expect(next.some((poll) => sees(poll, change))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('move nothing back when a clock goes back', () => {
    fc.assert(
      fc.property(orders, fc.integer({ min: 0, max: 10_000_000 }), (order, backMs) => {
        const watermark = new Date(START_MS)
        const window = deltaWindow(watermark, order, START_MS - backMs)
        expect(Date.parse(window?.to ?? '')).toBeGreaterThanOrEqual(START_MS)
        expect(Date.parse(window?.from ?? '')).toBeLessThan(START_MS)
      }),
    )
  })
})

/** Whether polls and the settle passes between them show a change. */
const isSeenBy = (
  order: Order,
  all: readonly (Poll & { readonly watermark: Date })[],
  change: { readonly stampMs: number; readonly visibleMs: number },
): boolean => {
  let settled = new Date(START_MS)
  let settledAt = START_MS
  return all.some((poll) => {
    if (sees(poll, change)) return true
    if (poll.atMs - settledAt < order.lateMs.worst) return false
    const window = settleWindow(poll.watermark, settled, order)
    if (window === undefined) return false
    settled = new Date(Math.max(settled.getTime(), Date.parse(window.to)))
    settledAt = poll.atMs
    return sees({ atMs: poll.atMs, window }, change)
  })
}

describe('settle passes', () => {
  const rest = ({ lateMs }: Order) =>
    Array.from({ length: 8 }, () => ({ afterMs: Math.max(lateMs.worst, 20_000), doubt: 0 }))

  test('cover what appears later than usual, up to the worst, together with the polls', () => {
    fc.assert(
      fc.property(orders, polls, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (order, plan, at, lateness) => {
        const all = polled(order, [...plan, ...rest(order)])
        const last = all[plan.length - 1]?.atMs ?? START_MS
        const changedMs = START_MS + (at % Math.max(1, last - START_MS))
        const visibleMs = changedMs + Math.floor(lateness * order.lateMs.worst)
        expect(isSeenBy(order, all, { stampMs: stampOf(changedMs, order), visibleMs })).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('cover what appears at the worst right after one of them', () => {
    fc.assert(
      fc.property(orders, polls, fc.nat(), fc.integer({ min: 1, max: 2_500 }), (order, plan, pick, behindMs) => {
        const all = polled(order, [...plan, ...rest(order)])
        const visibleMs = (all[pick % plan.length]?.atMs ?? START_MS) + behindMs
        const changedMs = visibleMs - order.lateMs.worst
        fc.pre(changedMs >= START_MS)
        expect(isSeenBy(order, all, { stampMs: stampOf(changedMs, order), visibleMs })).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
