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

/** The database's clock in epoch ms: read when the row's lock is held, so that grants come in the order of their times. */
const DATABASE_CLOCK = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::float8`

/**
 * The rate limiter's counters in `crm_rate_buckets`, one row a bucket; `http/slots.ts` says why they keep to the budget,
 * and these statements do what its functions say. `slots` holds `used` (tokens by slot), `seen` and `waiting` (until
 * when a class counts as such, by its index) and `answer`, what the last request was granted: an update can only return
 * what it has written. `clock` is for tests.
 */
export const sqlBucketStore = (
  { db }: Pick<Database, 'db'>,
  clock: RawBuilder<number> = DATABASE_CLOCK,
): BucketStore => {
  const ensure = (key: string) =>
    sql`insert into crm_rate_buckets (key, slots) values (${key}, '{}') on conflict (key) do nothing`.execute(db)

  const take = async (key: string, budget: Budget, ask: BucketAsk): Promise<BucketAnswer> => {
    const { rows } = await sql<{ answer: BucketAnswer }>`
      update crm_rate_buckets as bucket
      set slots = ${taken(budget, ask, clock)}, updated_at = clock_timestamp()
      where key = ${key}
      returning slots -> 'answer' as answer`.execute(db)
    const [row] = rows
    if (row !== undefined) return row.answer
    await ensure(key)
    return take(key, budget, ask)
  }

  return {
    take,
    charge: async (key, budget, charge) => {
      await ensure(key)
      await sql`
        update crm_rate_buckets as bucket
        set slots = ${charged(budget, charge.count ?? 0, charge.upTo ?? 0, clock)}, updated_at = clock_timestamp()
        where key = ${key}`.execute(db)
    },
    giveBack: async (key, slot, count) => {
      await sql`
        update crm_rate_buckets
        set slots = jsonb_set(slots, array['used', ${String(slot)}::text],
          to_jsonb(greatest(0, (slots -> 'used' ->> ${String(slot)}::text)::int - ${count}::int)))
        where key = ${key} and slots -> 'used' ? ${String(slot)}::text`.execute(db)
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

/** Tokens by slot as `used(slot, count)`, without those that no window can hold any more, and the sum as `total`. */
const live = (budget: Budget, clock: RawBuilder<number>): RawBuilder<unknown> => sql`
  clock as materialized (
    select ${clock} as now_ms, ${budget.perMs / SLOTS}::float8 as slot_ms
  ),
  used as materialized (
    select least(entry.key::bigint, floor(now_ms / slot_ms)::bigint + ${SLOTS}::int) as slot, sum(entry.value::int)::int as count
    from clock, jsonb_each_text(coalesce(bucket.slots -> 'used', '{}')) as entry
    where least(entry.key::bigint, floor(now_ms / slot_ms)::bigint + ${SLOTS}::int)
        > floor(now_ms / slot_ms)::bigint - ${LOOKBACK_SLOTS}::int
      and entry.value::int > 0
    group by 1
  ),
  total as materialized (select coalesce(sum(count), 0)::int as total from used)`

/** The bucket's `used` after one more count, as JSON. */
const usedAfter = (slot: RawBuilder<unknown>, count: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  coalesce((
    select jsonb_object_agg(slot::text, count) from (
      select slot, sum(count)::int as count
      from (select slot, count from used union all select ${slot}, ${count}) as counted
      group by slot having sum(count) > 0
    ) as summed
  ), '{}')`

const taken = (budget: Budget, ask: BucketAsk, clock: RawBuilder<number>): RawBuilder<unknown> => {
  const { wanted, atLeast, spare, holdMs, priority } = ask
  const isMarked = (name: string) => sql`exists (
    select 1 from clock, jsonb_each_text(coalesce(bucket.slots -> ${name}::text, '{}')) as entry
    where entry.key::int < ${priority}::int and entry.value::float8 > clock.now_ms)`
  return sql`(
    with ${live(budget, clock)},
    facts as materialized (
      select now_ms, slot_ms, total,
        ${isMarked('waiting')} as urgent_waits,
        greatest(
          case when ${isMarked('seen')} then ${Math.floor(budget.requests * UNURGENT_SHARE)}::int else ${budget.requests}::int end,
          ${Math.min(atLeast, budget.requests)}::int
        ) as most,
        coalesce(extract(epoch from bucket.blocked_until)::float8 * 1000, 0) - now_ms as blocked_ms,
        floor((now_ms + ${holdMs}::float8) / slot_ms)::bigint as slot
      from clock, total
    ),
    free as materialized (
      select *, case when blocked_ms > 0 or urgent_waits then 0 else greatest(0, least(most - total, ${wanted}::int +
        case when total + ${wanted + spare}::int <= ${budget.requests / 2}::float8 then ${spare}::int else 0 end)) end as free
      from facts
    ),
    grants as materialized (select *, case when free < ${atLeast}::int then 0 else free end as granted from free),
    room as materialized (
      select max(slot) as slot from (
        select slot, sum(count) over (order by slot desc) as newer
        from (select slot, count from used union all select slot, granted from grants) as counted
      ) as running, lateral (select most, granted from grants) as given
      where newer > given.most - case when given.granted = 0 then ${atLeast}::int else 1 end
    ),
    waits as materialized (
      select grants.*, case when granted >= ${wanted}::int then 0 else greatest(
        0, blocked_ms,
        case when urgent_waits then greatest(slot_ms, ${RECHECK_MS}::float8) else 0 end,
        (room.slot + ${LOOKBACK_SLOTS}::int) * slot_ms - now_ms
      ) end as wait_ms
      from grants, room
    )
    select jsonb_build_object(
      'used', ${usedAfter(sql`waits.slot`, sql`waits.granted`)},
      'seen', coalesce(bucket.slots -> 'seen', '{}') || jsonb_build_object(${String(priority)}::text, now_ms + ${URGENT_MS}::int),
      'waiting', coalesce(bucket.slots -> 'waiting', '{}') || jsonb_build_object(${String(priority)}::text,
        case when granted >= ${wanted}::int then 0 else now_ms + least(wait_ms, ${LONGEST_WAIT_MS}::int) + ${GRACE_MS}::int end),
      'answer', jsonb_build_object('granted', granted, 'slot', slot, 'waitMs', wait_ms, 'used', total + granted)
    )
    from waits
  )`
}

const charged = (budget: Budget, count: number, upTo: number, clock: RawBuilder<number>): RawBuilder<unknown> => sql`(
  with ${live(budget, clock)},
  more as materialized (
    select floor(now_ms / slot_ms)::bigint as slot, ${count}::int + greatest(0, ${upTo}::int - total) as count
    from clock, total
  )
  select bucket.slots || jsonb_build_object('used', ${usedAfter(sql`more.slot`, sql`more.count`)})
  from more
)`
