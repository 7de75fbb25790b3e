import { type Selectable, sql } from 'kysely'
import type { Database, Executor, Tx } from './database.ts'
import { recordset } from './rows.ts'
import type { StoredError, WebhookInboxTable } from './schema.ts'

export type InboxRow = Selectable<WebhookInboxTable>

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

/** Open hints that are due, oldest first. */
export const dueHints = async ({ db }: Database, connectionId: string, limit: number): Promise<readonly InboxRow[]> =>
  db
    .selectFrom('crm_webhook_inbox')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('processed_at', 'is', null)
    .where('next_at', '<=', sql<Date>`clock_timestamp()`)
    .orderBy('id')
    .limit(limit)
    .execute()

export const closeHints = async (tx: Tx, ids: readonly number[]): Promise<void> => {
  await tx
    .updateTable('crm_webhook_inbox')
    .set({ processed_at: sql<Date>`now()`, next_at: null })
    .where('id', '=', sql<number>`any(${ids}::bigint[])`)
    .execute()
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
