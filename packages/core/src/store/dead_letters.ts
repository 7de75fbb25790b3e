import { type Selectable, sql } from 'kysely'
import type { ObjectType } from '../contract.ts'
import type { Database, Executor, Tx } from './database.ts'
import { recordset } from './rows.ts'
import type { DeadLettersTable, HistoryEntry, StoredError } from './schema.ts'

export type StoredDeadLetter = Selectable<DeadLettersTable>

export interface NewDeadLetter {
  readonly id: string
  readonly provider: string
  readonly direction: 'push' | 'pull'
  readonly type: ObjectType
  readonly object: string | null
  readonly localId: string | null
  readonly externalId: string | null
  readonly outboxId: string | null
  readonly outboxSeq: number | null
  readonly kind: string
  readonly reason: string
  readonly error: StoredError
  readonly payload: unknown
  readonly history: readonly HistoryEntry[]
  readonly attempts: number
  readonly correlationId: string | null
}

const COLUMNS = `id text, provider text, direction text, type text, object text, "localId" text, "externalId" text,
  "outboxId" text, "outboxSeq" bigint, kind text, reason text, error jsonb, payload jsonb, history jsonb,
  attempts integer, "correlationId" text`

/** Lays letters down; one of a pull that lies there already for the same record is brought up to date. */
export const addDeadLetters = async (
  tx: Tx,
  connectionId: string,
  letters: readonly NewDeadLetter[],
): Promise<void> => {
  if (letters.length === 0) return
  await sql`
    insert into crm_dead_letters (id, connection_id, provider, direction, type, object, local_id, external_id, outbox_id,
      outbox_seq, kind, reason, error, payload, history, attempts, correlation_id)
    select id, ${connectionId}, provider, direction, type, object, "localId", "externalId", "outboxId",
      "outboxSeq", kind, reason, error, payload, history, attempts, "correlationId"
    from ${recordset(letters, COLUMNS)}
    on conflict (connection_id, object, external_id) where direction = 'pull' and replayed_at is null do update
      set kind = excluded.kind, reason = excluded.reason, error = excluded.error, payload = excluded.payload,
        attempts = crm_dead_letters.attempts + 1`.execute(tx)
}

/** Closes the letters of records that arrived after all. */
export const closePulled = async (
  tx: Tx,
  connectionId: string,
  object: string,
  externalIds: readonly string[],
): Promise<void> => {
  await tx
    .updateTable('crm_dead_letters')
    .set({ replayed_at: sql<Date>`now()`, replay_result: 'arrived' })
    .where('connection_id', '=', connectionId)
    .where('direction', '=', 'pull')
    .where('object', '=', object)
    .where('replayed_at', 'is', null)
    .where('external_id', '=', sql<string>`any(${externalIds}::text[])`)
    .execute()
}

export interface LetterFilter {
  readonly connectionId?: string
  readonly workspaceId?: string
  readonly type?: ObjectType
  readonly kind?: string
  readonly replayed?: boolean
  /** An instant of the database's clock, as `clockOf` tells it. */
  readonly until?: string
}

/** The database's clock, as exact as the times that it writes. */
export const clockOf = async ({ db }: Database): Promise<string> => {
  const { rows } = await sql<{ now: string }>`select clock_timestamp()::text as now`.execute(db)
  return rows[0]?.now ?? ''
}

/** Oldest first, behind a position. */
export const listDeadLetters = async (
  { db }: Database,
  filter: LetterFilter,
  after: { readonly createdAt: string; readonly id: string } | undefined,
  limit: number,
): Promise<readonly StoredDeadLetter[]> => {
  let query = db
    .selectFrom('crm_dead_letters as letter')
    .innerJoin('crm_connections as connection', 'connection.id', 'letter.connection_id')
    .selectAll('letter')
  if (filter.connectionId !== undefined) query = query.where('letter.connection_id', '=', filter.connectionId)
  if (filter.workspaceId !== undefined) query = query.where('connection.workspace_id', '=', filter.workspaceId)
  if (filter.type !== undefined) query = query.where('letter.type', '=', filter.type)
  if (filter.kind !== undefined) query = query.where('letter.kind', '=', filter.kind)
  if (filter.replayed === true) query = query.where('letter.replayed_at', 'is not', null)
  if (filter.replayed === false) query = query.where('letter.replayed_at', 'is', null)
  if (filter.until !== undefined)
    query = query.where('letter.created_at', '<=', sql<Date>`${filter.until}::timestamptz`)
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(date_trunc('milliseconds', letter.created_at), letter.id) > (${after.createdAt}::timestamptz, ${after.id})`,
    )
  }
  return query.orderBy(sql`date_trunc('milliseconds', letter.created_at)`).orderBy('letter.id').limit(limit).execute()
}

export const findDeadLetter = async (db: Executor | Tx, id: string): Promise<StoredDeadLetter | undefined> =>
  db.selectFrom('crm_dead_letters').selectAll().where('id', '=', id).executeTakeFirst()

/** Marks a letter as replayed; false where that was done before. */
export const markReplayed = async (tx: Tx, id: string, result: string): Promise<boolean> => {
  const { numUpdatedRows } = await tx
    .updateTable('crm_dead_letters')
    .set({ replayed_at: sql<Date>`now()`, replay_result: result })
    .where('id', '=', id)
    .where('replayed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export const countDeadLetters = async ({ db }: Database, connectionId: string): Promise<number> => {
  const { count } = await db
    .selectFrom('crm_dead_letters')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('connection_id', '=', connectionId)
    .where('replayed_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}
