import { type Selectable, sql } from 'kysely'
import type { Fields } from '../contract.ts'
import type { Database, Executor, Tx } from './database.ts'
import { instant } from './rows.ts'
import type { ChannelsTable, StoredError } from './schema.ts'

export type StoredChannel = Selectable<ChannelsTable>

/** Makes the channel of a connection, or has the one that is there looked at again. */
export const wakeChannel = async (
  db: Executor | Tx,
  connection: { readonly id: string; readonly provider: string },
  atMs: number,
): Promise<void> => {
  await db
    .insertInto('crm_channels')
    .values({ connection_id: connection.id, provider: connection.provider, next_at: instant(atMs) })
    .onConflict((conflict) => conflict.column('connection_id').doUpdateSet({ next_at: instant(atMs), failures: 0 }))
    .execute()
}

/**
 * At the start of a host: gives a channel to the connections of these providers that have none, and wakes those that
 * were made for another address or another secret. Answers how many are to be looked at.
 */
export const wakeOutdatedChannels = async (
  { db }: Database,
  providers: readonly string[],
  basis: string,
  atMs: number,
): Promise<number> => {
  const { numAffectedRows } = await sql`
    insert into crm_channels as channel (connection_id, provider, next_at)
    select id, provider, ${instant(atMs)}::timestamptz from crm_connections
    where provider = any(${providers}::text[]) and deleted_at is null and enabled
    on conflict (connection_id) do update set next_at = excluded.next_at, failures = 0
    where channel.basis is distinct from ${basis}`.execute(db)
  return Number(numAffectedRows ?? 0)
}

export const findChannel = async (db: Executor | Tx, connectionId: string): Promise<StoredChannel | undefined> =>
  db.selectFrom('crm_channels').selectAll().where('connection_id', '=', connectionId).executeTakeFirst()

/** Keeps the secret of a connection's own; whoever comes first, all use the same one, which is answered. */
export const keepChannelSecret = async (
  db: Executor | Tx,
  connection: { readonly id: string; readonly provider: string },
  sealed: string,
): Promise<string> => {
  const { secret } = await db
    .insertInto('crm_channels')
    .values({ connection_id: connection.id, provider: connection.provider, secret: sealed })
    .onConflict((conflict) =>
      conflict.column('connection_id').doUpdateSet({ secret: sql<string>`coalesce(crm_channels.secret, ${sealed})` }),
    )
    .returning('secret')
    .executeTakeFirstOrThrow()
  return secret ?? sealed
}

export interface Subscription {
  readonly basis: string
  readonly objects: readonly string[]
  readonly remoteState: Fields | undefined
  readonly expiresAt: string | null
  readonly renewedAtMs: number
  readonly nextAtMs: number
}

export const keepSubscription = async (db: Executor | Tx, connectionId: string, given: Subscription): Promise<void> => {
  await db
    .updateTable('crm_channels')
    .set({
      state: 'active',
      basis: given.basis,
      objects: JSON.stringify(given.objects),
      remote_state: given.remoteState === undefined ? null : JSON.stringify(given.remoteState),
      expires_at: given.expiresAt,
      renewed_at: instant(given.renewedAtMs),
      next_at: instant(given.nextAtMs),
      failures: 0,
      last_error: null,
    })
    .where('connection_id', '=', connectionId)
    .execute()
}

/** The channel is not to be had at the moment; `forget` where the CRM does not know it any more. */
export const failChannel = async (
  db: Executor | Tx,
  connectionId: string,
  given: { readonly error: StoredError; readonly nextAtMs: number; readonly forget: boolean },
): Promise<void> => {
  await db
    .updateTable('crm_channels')
    .set({
      state: 'failing',
      failures: sql<number>`failures + 1`,
      last_error: JSON.stringify(given.error),
      next_at: instant(given.nextAtMs),
      ...(given.forget ? { remote_state: null, expires_at: null } : {}),
    })
    .where('connection_id', '=', connectionId)
    .execute()
}

/** Looked at and found well: the next look. */
export const putChannelOff = async (db: Executor | Tx, connectionId: string, nextAtMs: number): Promise<void> => {
  await db
    .updateTable('crm_channels')
    .set({ next_at: instant(nextAtMs) })
    .where('connection_id', '=', connectionId)
    .execute()
}

/** There is no channel any more, and none is wanted until something wakes it; its secret stays for what is on its way. */
export const endChannel = async (db: Executor | Tx, connectionId: string): Promise<void> => {
  await db
    .updateTable('crm_channels')
    .set({
      state: 'none',
      basis: null,
      objects: '[]',
      remote_state: null,
      expires_at: null,
      next_at: null,
      failures: 0,
      last_error: null,
    })
    .where('connection_id', '=', connectionId)
    .execute()
}

/** Notes that the CRM spoke, as exact as `graceMs`: a flood of events must not write one row over and over. */
export const noteEvents = async (
  tx: Tx,
  provider: string,
  connectionIds: readonly string[],
  atMs: number,
  graceMs: number,
): Promise<void> => {
  await sql`
    insert into crm_channels as channel (connection_id, provider, last_event_at)
    select id, ${provider}, ${instant(atMs)}::timestamptz from unnest(${connectionIds}::text[]) as given(id) order by id
    on conflict (connection_id) do update set last_event_at = excluded.last_event_at
    where channel.last_event_at is null
      or channel.last_event_at < excluded.last_event_at - ${graceMs} * interval '1 millisecond'`.execute(tx)
}

const LATEST = 50

/**
 * Whether polls brought something that no event told of, among the latest changes of each type: what changed after
 * `sinceMs` and before `untilMs` (an event may still be on its way).
 */
export const hasUnannounced = async (
  { db }: Database,
  connectionId: string,
  objects: readonly string[],
  types: readonly string[],
  sinceMs: number,
  untilMs: number,
): Promise<boolean> => {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select 1 from unnest(${types}::text[]) as wanted(type), lateral (
        select object, path, updated_at from crm_records
        where connection_id = ${connectionId} and type = wanted.type order by seq desc limit ${LATEST}
      ) latest
      where latest.object = any(${objects}::text[]) and latest.path in ('delta', 'settle', 'sweep')
        and latest.updated_at > ${instant(sinceMs)}::timestamptz and latest.updated_at < ${instant(untilMs)}::timestamptz
    ) as found`.execute(db)
  return rows[0]?.found === true
}
