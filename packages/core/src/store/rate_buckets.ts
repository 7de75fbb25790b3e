import { type RawBuilder, sql } from 'kysely'
import type { BucketAnswer, BucketAsk, BucketStore, Budget } from '../http/ports.ts'
import {
  GRACE_MS,
  LONGEST_WAIT_MS,
  LOOKBACK_SLOTS,
  RECHECK_MS,
  SLOTS,
  UNURGENT_SHARE,
  URGENT_MS,
} from '../http/slots.ts'
import type { Database } from './database.ts'

/** The database's clock in epoch ms. */
const DATABASE_CLOCK = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::float8`

/**
 * The rate limiter's counters in `crm_rate_buckets`, one row a bucket; `http/slots.ts` says why they keep to the budget,
 * and these statements do what its functions say. `slots` holds `used` (tokens by slot), `seen` and `waiting` (until
 * when a class counts as such, by its index). `clock` is for tests.
 *
 * Each statement locks its row before it looks at it or at the clock. An UPDATE that computes from its own row would
 * not do: where another process was faster, Postgres puts the newer row into the outer query only, and a subquery's
 * materialized parts still hold what they read before.
 */
export const sqlBucketStore = (
  { db }: Pick<Database, 'db'>,
  clock: RawBuilder<number> = DATABASE_CLOCK,
): BucketStore => {
  const ensure = (key: string) =>
    sql`insert into crm_rate_buckets (key, slots) values (${key}, '{}') on conflict (key) do nothing`.execute(db)

  const take = async (key: string, budget: Budget, ask: BucketAsk): Promise<BucketAnswer> => {
    const { rows } = await sql<BucketAnswer>`
      with ${locked(key, budget, clock)}, ${granted(budget, ask)}
      update crm_rate_buckets as bucket set slots = outcome.slots, updated_at = clock_timestamp()
      from outcome where bucket.key = ${key}
      returning granted, slot::float8 as slot, wait_ms as "waitMs", used`.execute(db)
    const [row] = rows
    if (row !== undefined) return row
    await ensure(key)
    return take(key, budget, ask)
  }

  return {
    take,
    charge: async (key, budget, charge) => {
      await ensure(key)
      await sql`
        with ${locked(key, budget, clock)}, ${charged(charge.count ?? 0, charge.upTo ?? 0)}
        update crm_rate_buckets as bucket set slots = outcome.slots, updated_at = clock_timestamp()
        from outcome where bucket.key = ${key}`.execute(db)
    },
    giveBack: async (key, slot, count) => {
      const name = sql`${String(slot)}::text`
      await sql`
        update crm_rate_buckets
        set slots = jsonb_set(slots, array['used', ${name}],
          to_jsonb(greatest(0, (slots -> 'used' ->> ${name})::int - ${count}::int)))
        where key = ${key} and slots -> 'used' ? ${name}`.execute(db)
    },
    block: async (key, forMs) => {
      await ensure(key)
      await sql`
        update crm_rate_buckets
        set blocked_until = greatest(blocked_until, to_timestamp((${clock} + ${forMs}::float8) / 1000))
        where key = ${key}`.execute(db)
    },
  }
}

/** The locked row with the time behind the lock, its live tokens as `used(slot, count)`, and their sum. */
const locked = (key: string, budget: Budget, clock: RawBuilder<number>): RawBuilder<unknown> => sql`
  held as materialized (
    select slots as before, blocked_until from crm_rate_buckets where key = ${key} for update
  ),
  bucket as materialized (
    select before, blocked_until, ${clock} as now_ms, ${budget.perMs / SLOTS}::float8 as slot_ms from held
  ),
  entries as materialized (
    select least(entry.key::bigint, floor(now_ms / slot_ms)::bigint + ${SLOTS}::int) as slot, entry.value::int as count,
      floor(now_ms / slot_ms)::bigint - ${LOOKBACK_SLOTS}::int as gone
    from bucket, jsonb_each_text(coalesce(before -> 'used', '{}')) as entry
  ),
  used as materialized (
    select slot, sum(count)::int as count from entries where slot > gone and count > 0 group by slot
  ),
  total as materialized (select coalesce(sum(count), 0)::int as total from used)`

/** `used` after one more count, as JSON. */
const usedAfter = (slot: RawBuilder<unknown>, count: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  coalesce((
    select jsonb_object_agg(slot::text, count) from (
      select slot, sum(count)::int as count
      from (select slot, count from used union all select ${slot}, ${count}) as counted
      group by slot having sum(count) > 0
    ) as summed
  ), '{}')`

/** True where a more urgent class is marked so. */
const isMarked = (name: 'seen' | 'waiting', priority: number): RawBuilder<unknown> => sql`exists (
  select 1 from jsonb_each_text(coalesce(before -> ${name}::text, '{}')) as entry
  where entry.key::int < ${priority}::int and entry.value::float8 > now_ms)`

const granted = (budget: Budget, ask: BucketAsk): RawBuilder<unknown> => {
  const { wanted, atLeast, spare, holdMs, priority } = ask
  const share = Math.floor(budget.requests * UNURGENT_SHARE)
  const index = sql`${String(priority)}::text`
  return sql`
    facts as materialized (
      select *, ${isMarked('waiting', priority)} as urgent_waits,
        greatest(
          case when ${isMarked('seen', priority)} then ${share}::int else ${budget.requests}::int end,
          ${Math.min(atLeast, budget.requests)}::int
        ) as most,
        coalesce(extract(epoch from blocked_until)::float8 * 1000, 0) - now_ms as blocked_ms,
        floor((now_ms + ${holdMs}::float8) / slot_ms)::bigint as slot
      from bucket, total
    ),
    free as materialized (
      select *, case when blocked_ms > 0 or urgent_waits then 0 else greatest(0, least(most - total, ${wanted}::int +
        case when total + ${wanted + spare}::int <= ${budget.requests / 2}::float8 then ${spare}::int else 0 end)) end as free
      from facts
    ),
    grants as materialized (select *, case when free < ${atLeast}::int then 0 else free end as granted from free),
    room as materialized (
      select max(running.slot) as full_slot from (
        select slot, sum(count) over (order by slot desc) as newer
        from (select slot, count from used union all select slot, granted from grants) as counted
      ) as running, grants
      where newer > most - case when granted = 0 then ${atLeast}::int else 1 end
    ),
    waits as materialized (
      select *, case when granted >= ${wanted}::int then 0 else greatest(
        0, blocked_ms,
        case when urgent_waits then greatest(slot_ms, ${RECHECK_MS}::float8) else 0 end,
        (full_slot + ${LOOKBACK_SLOTS}::int) * slot_ms - now_ms
      ) end as wait_ms
      from grants, room
    ),
    outcome as materialized (
      select granted, slot, wait_ms, total + granted as used, jsonb_build_object(
        'used', ${usedAfter(sql`waits.slot`, sql`waits.granted`)},
        'seen', coalesce(before -> 'seen', '{}') || jsonb_build_object(${index}, now_ms + ${URGENT_MS}::int),
        'waiting', coalesce(before -> 'waiting', '{}') || jsonb_build_object(${index},
          case when granted >= ${wanted}::int then 0 else now_ms + least(wait_ms, ${LONGEST_WAIT_MS}::int) + ${GRACE_MS}::int end)
      ) as slots
      from waits
    )`
}

const charged = (count: number, upTo: number): RawBuilder<unknown> => sql`
  more as materialized (
    select before, floor(now_ms / slot_ms)::bigint as slot, ${count}::int + greatest(0, ${upTo}::int - total) as count
    from bucket, total
  ),
  outcome as materialized (
    select before || jsonb_build_object('used', ${usedAfter(sql`more.slot`, sql`more.count`)}) as slots from more
  )`
