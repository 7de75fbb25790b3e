import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import { Kysely, PGliteDialect, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BucketState, chargeTokens, EMPTY_BUCKET, takeTokens } from '../../src/http/slots.ts'
import type { Database } from '../../src/store/database.ts'
import { sqlBucketStore } from '../../src/store/rate_buckets.ts'

let pglite: PGlite
let database: Pick<Database, 'db'>

beforeAll(async () => {
  pglite = new PGlite()
  database = { db: new Kysely({ dialect: new PGliteDialect({ pglite }) }) }
  await sql`create table crm_rate_buckets (key text primary key, slots jsonb not null, blocked_until timestamptz,
    urgent_until timestamptz, updated_at timestamptz not null default now())`.execute(database.db)
})
afterAll(() => pglite.close())

describe('the buckets in the database', () => {
  it('answer as the arithmetic says, whatever is asked in whatever order', async () => {
    const step = fc.record({
      afterMs: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 6_000 })),
      what: fc.constantFrom('take', 'take', 'take', 'charge', 'giveBack', 'block'),
      wanted: fc.integer({ min: 1, max: 12 }),
      atLeast: fc.integer({ min: 1, max: 3 }),
      spare: fc.integer({ min: 0, max: 3 }),
      holdMs: fc.constantFrom(0, 0, 120),
      priority: fc.integer({ min: 0, max: 4 }),
    })
    const budgets = fc.constantFrom({ requests: 9, perMs: 10_000 }, { requests: 5, perMs: 1_000 })
    let run = 0
    await fc.assert(
      fc.asyncProperty(budgets, fc.array(step, { maxLength: 25 }), async (budget, steps) => {
        const key = `run-${run++}`
        let state: BucketState = EMPTY_BUCKET
        let nowMs = 1_700_000_000_000
        let slot = 0
        for (const { afterMs, what, ...given } of steps) {
          nowMs += afterMs
          const store = sqlBucketStore(database, sql<number>`${nowMs}::float8`)
          if (what === 'take') {
            const ask = { ...given, atLeast: Math.min(given.atLeast, given.wanted) }
            const expected = takeTokens(state, nowMs, budget, ask)
            const answer = await store.take(key, budget, ask)
            expect({ ...answer, waitMs: Math.round(answer.waitMs) }).toEqual({
              ...expected.answer,
              waitMs: Math.round(expected.answer.waitMs),
            })
            state = expected.state
            slot = answer.slot
          } else if (what === 'charge') {
            const charge = given.spare > 1 ? { upTo: given.wanted } : { count: given.spare }
            state = chargeTokens(state, nowMs, budget, charge)
            await store.charge(key, budget, charge)
          } else if (what === 'giveBack') {
            const used = Math.max(0, (state.used[slot] ?? 0) - 1)
            state = { ...state, used: { ...state.used, [slot]: used } }
            await store.giveBack(key, slot, 1)
          } else {
            state = { ...state, blockedUntilMs: Math.max(state.blockedUntilMs, nowMs + given.wanted * 10) }
            await store.block(key, given.wanted * 10)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  it('grant no more than the budget to many who ask at once', async () => {
    const store = sqlBucketStore(database)
    const ask = { wanted: 2, atLeast: 1, spare: 0, holdMs: 0, priority: 0 }
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => store.take('crowd', { requests: 25, perMs: 60_000 }, ask)),
    )
    expect(answers.reduce((total, { granted }) => total + granted, 0)).toBe(25)
  })
})
