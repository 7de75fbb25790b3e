import { sql } from 'kysely'
import { crmError } from '../errors.ts'
import type { Database, Executor, Tx } from './database.ts'

/** The right to work on something for a while. A higher fence is a later holder. */
export interface Lease {
  readonly key: string
  readonly fence: number
}

/** How long a holder that died keeps others out. */
export const LEASE_MS = 15_000

const until = (ttlMs: number) => sql<Date>`clock_timestamp() + ${ttlMs} * interval '1 millisecond'`

/** Takes the lease, or answers undefined where somebody holds it. */
export const acquireLease = async (
  { db }: Database,
  key: string,
  owner: string,
  ttlMs: number = LEASE_MS,
): Promise<Lease | undefined> => {
  const { rows } = await sql<{ fence: number }>`
    insert into crm_leases (key, fence, owner, expires_at) values (${key}, 1, ${owner}, ${until(ttlMs)})
    on conflict (key) do update
      set fence = crm_leases.fence + 1, owner = excluded.owner, expires_at = excluded.expires_at
      where crm_leases.expires_at < clock_timestamp()
    returning fence`.execute(db)
  const [row] = rows
  return row === undefined ? undefined : { key, fence: row.fence }
}

/** Prolongs a lease; false where it was lost. */
export const renewLease = async ({ db }: Database, { key, fence }: Lease, ttlMs = LEASE_MS): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('crm_leases')
    .set({ expires_at: until(ttlMs) })
    .where('key', '=', key)
    .where('fence', '=', fence)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Gives a lease back, so that the next one need not wait for its end. */
export const releaseLease = async ({ db }: Database, { key, fence }: Lease): Promise<void> => {
  await db
    .updateTable('crm_leases')
    .set({ owner: null, expires_at: sql<Date>`clock_timestamp() - interval '1 millisecond'` })
    .where('key', '=', key)
    .where('fence', '=', fence)
    .execute()
}

/** Somebody else has taken the lease meanwhile: what this holder did must not be committed. */
export const leaseLost = (key: string): Error =>
  crmError('locked', `The lease ${key} was taken over by another worker.`)

/**
 * The first statement of a transaction that commits under a lease: locks the lease's row until the commit, and throws
 * where the fence is no longer ours, so that a worker which was suspended cannot write behind its successor.
 */
export const holdLease = async (tx: Tx, { key, fence }: Lease): Promise<void> => {
  const { numUpdatedRows } = await tx
    .updateTable('crm_leases')
    .set({ expires_at: sql<Date>`greatest(expires_at, ${until(LEASE_MS)})` })
    .where('key', '=', key)
    .where('fence', '=', fence)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw leaseLost(key)
}

/**
 * The same, with the tick that the page's read ended at, whether letters of pulls wait at the object, and whether any of
 * the records is known: all that a page needs to know first, in one statement. Without a lease only the others.
 */
export const openPage = async (
  tx: Tx,
  lease: Lease | undefined,
  connectionId: string,
  object: string,
  ids: readonly string[],
): Promise<{ readonly readEnd: number; readonly hasLetters: boolean; readonly isKnown: boolean }> => {
  const { rows } = await sql<{ held: number; readEnd: number; hasLetters: boolean; isKnown: boolean }>`
    with held as (
      update crm_leases set expires_at = greatest(expires_at, ${until(LEASE_MS)})
      where key = ${lease?.key ?? ''} and fence = ${lease?.fence ?? 0} returning key
    )
    select (select count(*) from held)::int as held, nextval('crm_reads') as "readEnd",
      exists (
        select 1 from crm_dead_letters where connection_id = ${connectionId} and object = ${object}
          and direction = 'pull' and replayed_at is null
      ) as "hasLetters",
      exists (
        select 1 from crm_records where connection_id = ${connectionId} and object = ${object}
          and external_id = any(${ids}::text[])
      ) as "isKnown"`.execute(tx)
  const [row] = rows
  if (row === undefined || (lease !== undefined && row.held === 0)) throw leaseLost(lease?.key ?? '')
  return { readEnd: Number(row.readEnd), hasLetters: row.hasLetters, isKnown: row.isKnown }
}

/** At the start of an embedded database: no process that could hold one is alive. */
export const dropAllLeases = async (db: Executor): Promise<void> => {
  await sql`update crm_leases set owner = null, expires_at = clock_timestamp() - interval '1 millisecond'`.execute(db)
}
