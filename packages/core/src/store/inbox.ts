import { type Selectable, sql } from 'kysely'
import type { Database, Executor, Tx } from './database.ts'
import { recordset } from './rows.ts'
import type { StoredError, WebhookInboxTable } from './schema.ts'

export type InboxRow = Selectable<WebhookInboxTable>

/**
 * How long after a record was read for a hint the next announcement of it waits: what a CRM tells of one record in a
 * storm of events is then read a few times and not hundreds of times, and a first event never waits.
 */
const REST_MS = 2_000

/** A hint that a record changed: from a webhook, or from a read that could not tell which of two versions is newer. */
export interface NewHint {
  readonly dedupeKey: string
  readonly object: string
  readonly externalId: string
  readonly op: 'upsert' | 'delete' | 'erase'
  readonly at: string
  readonly mergedInto: string | null
}

/** Adds hints, to be followed now or after `delayMs`; answers how many were new. */
export const addHints = async (
  db: Executor | Tx,
  connectionId: string,
  provider: string,
  correlationId: string,
  hints: readonly NewHint[],
  /** Until they are to be followed. */
  delayMs = 0,
): Promise<number> => {
  if (hints.length === 0) return 0
  const { rows } = await sql`
    insert into crm_webhook_inbox (connection_id, provider, dedupe_key, object, external_id, op, at, merged_into, correlation_id,
      next_at)
    select ${connectionId}, ${provider}, "dedupeKey", object, "externalId", op, at, "mergedInto", ${correlationId},
      clock_timestamp() + ${delayMs} * interval '1 millisecond'
    from ${recordset(
      hints,
      '"dedupeKey" text, object text, "externalId" text, op text, at timestamptz, "mergedInto" text',
    )}
    on conflict (connection_id, dedupe_key) do nothing returning id`.execute(db)
  return rows.length
}

/** A hint that a CRM announced, for whichever connection. */
export interface AnnouncedHint extends NewHint {
  readonly connectionId: string
}

/** Adds what was announced; answers how much of it was new. A record that was read just now rests before the next read. */
export const announceHints = async (
  tx: Tx,
  provider: string,
  correlationId: string,
  hints: readonly AnnouncedHint[],
): Promise<number> => {
  const { numAffectedRows } = await sql`
    insert into crm_webhook_inbox (connection_id, provider, dedupe_key, object, external_id, op, at, merged_into, origin,
      correlation_id, next_at)
    select "connectionId", ${provider}, "dedupeKey", given.object, "externalId", op, at, "mergedInto", 'webhook',
      ${correlationId}, greatest(clock_timestamp(), (
        select max(done.processed_at) + ${REST_MS} * interval '1 millisecond' from crm_webhook_inbox done
        where done.connection_id = "connectionId" and done.object = given.object and done.external_id = "externalId"
      ))
    from ${recordset(
      hints,
      '"connectionId" text, "dedupeKey" text, object text, "externalId" text, op text, at timestamptz, "mergedInto" text',
    )}
    -- One order for everybody: two deliveries of the same events wait for each other and never both.
    order by "connectionId", "dedupeKey"
    on conflict (connection_id, dedupe_key) do nothing`.execute(tx)
  return Number(numAffectedRows ?? 0)
}

/**
 * Adds hints to be followed after `delayMs`, if a pass over the object other than `pass` is under way: it may have in
 * hand what has been told as gone before anybody knew of it.
 */
export const addHintsBesideScans = async (
  tx: Tx,
  connectionId: string,
  provider: string,
  correlationId: string,
  { hints, pass, delayMs }: { readonly hints: readonly NewHint[]; readonly pass: string; readonly delayMs: number },
): Promise<void> => {
  if (hints.length === 0) return
  await sql`
    insert into crm_webhook_inbox (connection_id, provider, dedupe_key, object, external_id, op, at, correlation_id, next_at)
    select ${connectionId}, ${provider}, "dedupeKey", given.object, "externalId", op, at, ${correlationId},
      clock_timestamp() + ${delayMs} * interval '1 millisecond'
    from ${recordset(hints, '"dedupeKey" text, object text, "externalId" text, op text, at timestamptz')}
    where exists (
      select 1 from crm_sync_cursors scan where scan.connection_id = ${connectionId} and scan.object = given.object
        and scan.state = 'running' and scan.pass <> ${pass}
    )
    on conflict (connection_id, dedupe_key) do nothing`.execute(tx)
}

/** SQL: a hint at an object that a flag has switched off waits, unless it tells what a person wants forgotten. */
export const isFollowed = sql<boolean>`(crm_webhook_inbox.op = 'erase' or not exists (
  select 1 from crm_sync_cursors cursor where cursor.connection_id = crm_webhook_inbox.connection_id
    and cursor.object = crm_webhook_inbox.object and cursor.paused))`

/**
 * Open hints of up to `limit` records, those whose turn is longest due first: all that speak of a record, so that one
 * read answers them, with announcements that rest.
 */
export const dueHints = async ({ db }: Database, connectionId: string, limit: number): Promise<readonly InboxRow[]> => {
  const { rows } = await sql<InboxRow>`
    select hint.* from (
      select object, external_id from crm_webhook_inbox
      where connection_id = ${connectionId} and processed_at is null and next_at <= clock_timestamp()
        and ${isFollowed}
      group by object, external_id order by min(next_at) limit ${limit}
    ) due join crm_webhook_inbox hint on hint.connection_id = ${connectionId} and hint.object = due.object
      and hint.external_id = due.external_id and hint.processed_at is null
      and (hint.next_at <= clock_timestamp() or (hint.origin = 'webhook' and hint.attempts = 0))
    order by hint.id`.execute(db)
  return rows
}

/** Closes hints; what was announced of the same records meanwhile rests first. */
export const closeHints = async (tx: Tx, ids: readonly number[]): Promise<void> => {
  await sql`
    with closed as (
      update crm_webhook_inbox set processed_at = now(), next_at = null where id = any(${ids}::bigint[])
      returning connection_id, object, external_id
    )
    update crm_webhook_inbox hint set next_at = clock_timestamp() + ${REST_MS} * interval '1 millisecond'
    from (select distinct connection_id, object, external_id from closed) record
    where hint.connection_id = record.connection_id and hint.object = record.object
      and hint.external_id = record.external_id and hint.processed_at is null and hint.origin = 'webhook'
      and hint.attempts = 0 and hint.id <> all(${ids}::bigint[])`.execute(tx)
}

/** Puts hints off; `delayMs` null closes them as failed. */
export const failHints = async (
  { db }: Database,
  ids: readonly number[],
  error: StoredError,
  delayMs: number | null,
): Promise<void> => {
  await db
    .updateTable('crm_webhook_inbox')
    .set({
      attempts: sql<number>`attempts + 1`,
      last_error: JSON.stringify(error),
      next_at: delayMs === null ? null : sql<Date>`clock_timestamp() + ${delayMs} * interval '1 millisecond'`,
      ...(delayMs === null ? { processed_at: sql<Date>`now()` } : {}),
    })
    .where('id', '=', sql<number>`any(${ids}::bigint[])`)
    .execute()
}

export const countHints = async ({ db }: Database, connectionId: string): Promise<number> => {
  const { count } = await db
    .selectFrom('crm_webhook_inbox')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('connection_id', '=', connectionId)
    .where('processed_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}
