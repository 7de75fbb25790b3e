import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chargeTokens, EMPTY_BUCKET, SLACK_SLOTS, SLOTS, takeTokens, URGENT_MS } from '../../src/http/slots.ts'

const BACKFILL = 4
const PUSH = 0
const ask = { wanted: 1, atLeast: 1, spare: 0, holdMs: 0, priority: BACKFILL }

const most = (sentMs: readonly number[], perMs: number): number => {
  const sorted = [...sentMs].sort((left, right) => left - right)
  let start = 0
  let largest = 0
  sorted.forEach((atMs, end) => {
    while (atMs - (sorted[start] ?? 0) >= perMs) start += 1
    largest = Math.max(largest, end - start + 1)
  })
  return largest
}

describe('a rate bucket', () => {
  it('lets no rolling window hold more than the budget, however tokens are asked for, held and sent', () => {
    const step = fc.record({
      // Mostly at the very moment that the last answer named: whoever waits longer cannot come too early.
      afterMs: fc.oneof({ weight: 3, arbitrary: fc.constant('told' as const) }, fc.integer({ min: 0, max: 3_000 })),
      wanted: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(200)),
      cost: fc.integer({ min: 1, max: 3 }),
      holdMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 500 })),
      priority: fc.oneof({ weight: 3, arbitrary: fc.constant(PUSH) }, fc.integer({ min: 0, max: BACKFILL })),
      // The worst case is a token that is sent as late as it may be, and its successors at once.
      lateness: fc.oneof(fc.constantFrom(0, 0.999_999), fc.double({ min: 0, max: 0.999_999, noNaN: true })),
    })
    const budgets = fc.constantFrom(
      { requests: 110, perMs: 10_000 },
      { requests: 5, perMs: 1_000 },
      { requests: 1, perMs: 100 },
    )
    fc.assert(
      fc.property(
        budgets,
        fc.integer({ min: 0, max: 1e12 }),
        fc.array(step, { maxLength: 60 }),
        (budget, start, steps) => {
          const slotMs = budget.perMs / SLOTS
          const sentMs: number[] = []
          let state = EMPTY_BUCKET
          let nowMs = start
          let toldMs = 0
          for (const { afterMs, wanted, cost, holdMs, priority, lateness } of steps) {
            nowMs += afterMs === 'told' ? toldMs : afterMs
            const held = Math.min(holdMs, budget.perMs / 2)
            const asked = { wanted, atLeast: Math.min(cost, wanted, budget.requests), spare: 0, holdMs: held, priority }
            const taken = takeTokens(state, nowMs, budget, asked)
            state = taken.state
            toldMs = taken.answer.waitMs
            // Anywhere from the grant to the end of the slack behind the token's slot.
            const endMs = (taken.answer.slot + 1 + SLACK_SLOTS) * slotMs
            for (let token = 0; token < taken.answer.granted; token++) sentMs.push(nowMs + lateness * (endMs - nowMs))
          }
          expect(most(sentMs, budget.perMs)).toBeLessThanOrEqual(budget.requests)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each([
    { requests: 110, perMs: 10_000 },
    { requests: 5, perMs: 1_000 },
  ])('gives at least 95 % of $requests in $perMs ms to whoever asks when told to', (budget) => {
    let state = EMPTY_BUCKET
    let nowMs = 1_234.5
    let granted = 0
    const endMs = nowMs + 100 * budget.perMs
    while (nowMs < endMs) {
      const taken = takeTokens(state, nowMs, budget, { ...ask, wanted: budget.requests })
      state = taken.state
      granted += taken.answer.granted
      nowMs += Math.max(taken.answer.waitMs, 1)
    }
    expect(granted / (100 * budget.requests)).toBeGreaterThan(0.95)
    expect(granted / (100 * budget.requests)).toBeLessThan(1.02)
  })

  it('keeps a share free for a more urgent class that was there lately, and the whole queue while one waits', () => {
    const budget = { requests: 10, perMs: 1_000 }
    const urgent = takeTokens(EMPTY_BUCKET, 0, budget, { ...ask, priority: PUSH })
    const backfill = takeTokens(urgent.state, 1, budget, { ...ask, wanted: 20 })
    expect(backfill.answer).toMatchObject({ granted: 7, used: 8 })
    const refused = takeTokens(backfill.state, 2, budget, { ...ask, wanted: 5, atLeast: 5, priority: PUSH })
    expect(refused.answer.granted).toBe(0)
    const kept = takeTokens(refused.state, 1_039, budget, ask)
    expect(kept.answer.granted).toBe(0)
    const served = takeTokens(kept.state, 1_045, budget, { ...ask, wanted: 5, atLeast: 5, priority: PUSH })
    expect(served.answer.granted).toBe(5)
    expect(takeTokens(served.state, 1_046 + URGENT_MS, budget, { ...ask, wanted: 20 }).answer.granted).toBe(10)
  })

  it('counts what was charged, and grants nothing while it is blocked', () => {
    const budget = { requests: 10, perMs: 1_000 }
    const charged = chargeTokens(chargeTokens(EMPTY_BUCKET, 0, budget, { count: 3 }), 1, budget, { upTo: 9 })
    expect(takeTokens(charged, 2, budget, { ...ask, wanted: 5 }).answer).toMatchObject({ granted: 1, used: 10 })
    const blocked = { ...EMPTY_BUCKET, blockedUntilMs: 500 }
    expect(takeTokens(blocked, 100, budget, ask).answer).toMatchObject({ granted: 0, waitMs: 400 })
  })
})
