import { eachBackend } from '@raccordo/testkit/database'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BucketState, chargeTokens, EMPTY_BUCKET, takeTokens } from '../../src/http/slots.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrations.ts'
import { sqlBucketStore } from '../../src/store/rate_buckets.ts'

eachBackend('the buckets in the database', ({ name, open }) => {
  let database: Database
  /** As many connections to it as there are processes; PGlite has one. */
  let processes: readonly Database[]

  beforeAll(async () => {
    const source = await open()
    database = await openDatabase(source)
    await migrate(database.db)
    processes = name === 'postgres' ? [database, await openDatabase(source)] : [database]
  })
  afterAll(() => Promise.all(processes.map((each) => each.close())))

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

  it('grant the budget and no more to many who ask at once, in several processes', async () => {
    const stores = processes.map((each) => sqlBucketStore(each))
    const ask = { wanted: 2, atLeast: 1, spare: 0, holdMs: 0, priority: 0 }
    for (const key of ['crowd-1', 'crowd-2', 'crowd-3']) {
      const asked = Array.from({ length: 120 }, (_, index) =>
        stores[index % stores.length]?.take(key, { requests: 75, perMs: 600_000 }, ask),
      )
      const answers = await Promise.all(asked)
      expect(answers.reduce((total, answer) => total + (answer?.granted ?? 0), 0)).toBe(75)
    }
  })

  it('lose no charge of many that come at once', async () => {
    const stores = processes.map((each) => sqlBucketStore(each))
    const budget = { requests: 100, perMs: 600_000 }
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => stores[index % stores.length]?.charge('charged', budget, { count: 1 })),
    )
    const ask = { wanted: 1, atLeast: 1, spare: 0, holdMs: 0, priority: 0 }
    expect((await sqlBucketStore(database).take('charged', budget, ask)).used).toBe(41)
  })
})
