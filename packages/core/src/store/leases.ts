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

/** At the start of an embedded database: no process that could hold one is alive. */
export const dropAllLeases = async (db: Executor): Promise<void> => {
  await sql`update crm_leases set owner = null, expires_at = clock_timestamp() - interval '1 millisecond'`.execute(db)
}
