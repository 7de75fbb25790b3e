import { sql } from 'kysely'
import type { Json, ObjectType } from '../contract.ts'
import type { Tx } from './database.ts'
import { instant, recordset } from './rows.ts'

/** Whose content goes: a remote record with those that were merged into it, and the local ones that are linked to them. */
export interface Subject {
  readonly connectionId: string
  readonly type: ObjectType
  readonly object: string
  readonly externalIds: readonly string[]
  readonly localIds: readonly string[]
}

/** Finds out what belongs to a record, and locks what is stored of it. */
export const lockSubject = async (
  tx: Tx,
  connectionId: string,
  type: ObjectType,
  object: string,
  externalId: string,
): Promise<Subject> => {
  const merged = await sql<{ id: string }>`
    with recursive subject(id) as (
      select ${externalId}::text
      union
      select loser.external_id from crm_records loser join subject on loser.merged_into = subject.id
      where loser.connection_id = ${connectionId} and loser.object = ${object}
    ) select id from subject order by id`.execute(tx)
  const externalIds = merged.rows.map(({ id }) => id)
  await sql`
    select 1 from crm_records where connection_id = ${connectionId} and object = ${object}
      and external_id = any(${externalIds}::text[]) order by external_id for update`.execute(tx)
  const linked = await sql<{ id: string }>`
    select local_id as id from crm_links
    where connection_id = ${connectionId} and type = ${type} and object = ${object}
      and external_id = any(${externalIds}::text[])
    union
    select local_id from crm_outbox
    where connection_id = ${connectionId} and object = ${object} and external_id = any(${externalIds}::text[])`.execute(
    tx,
  )
  return { connectionId, type, object, externalIds, localIds: linked.rows.map(({ id }) => id) }
}

const isOf = ({ connectionId, type, object, externalIds, localIds }: Subject) => sql`connection_id = ${connectionId}
  and ((object = ${object} and external_id = any(${externalIds}::text[]))
    or (type = ${type} and local_id = any(${localIds}::text[])))`

/** Ids of the subject's records that still hold something, or live. */
export const heldRecords = async (tx: Tx, subject: Subject): Promise<readonly string[]> => {
  const { rows } = await sql<{ id: string }>`
    select external_id as id from crm_records
    where connection_id = ${subject.connectionId} and object = ${subject.object}
      and external_id = any(${subject.externalIds}::text[])
      and (data <> '{}' or raw is not null or links <> '[]' or deleted_at is null) order by external_id`.execute(tx)
  return rows.map(({ id }) => id)
}

/** Leaves tombstones with their ids, at new positions of the feed: whoever follows it learns that there is nothing. */
export const emptyRecords = async (
  tx: Tx,
  { connectionId, object }: Subject,
  ids: readonly string[],
  seq: number,
  atMs: number,
): Promise<void> => {
  if (ids.length === 0) return
  await sql`
    update crm_records stored set data = '{}', raw = null, links = '[]', hash = '', field_seqs = '{}',
      deleted_at = coalesce(stored.deleted_at, ${instant(atMs)}::timestamptz),
      deleted_reason = case when stored.deleted_reason = 'merged' then 'merged' else 'deleted' end,
      origin = 'crm', path = 'erase', seq = ${seq} + given.place, version = stored.version + 1,
      read_end = nextval('crm_reads'), updated_at = now()
    from ${recordset(
      ids.map((id, index) => ({ id, place: index + 1 })),
      'id text, place integer',
    )}
    where stored.connection_id = ${connectionId} and stored.object = ${object} and stored.external_id = given.id`.execute(
    tx,
  )
}

/**
 * Empties the subject's pushes; what waits is not sent any more. Answers how many are on their way to the CRM: they are
 * another worker's until they have ended.
 */
export const emptyPushesOf = async (tx: Tx, subject: Subject, message: string): Promise<number> => {
  await sql`
    update crm_outbox set data = '{}', links = '[]', history = '[]', kept = null,
      last_error = case when status in ('pending', 'dead')
        then jsonb_build_object('kind', 'not_found', 'message', ${message}::text) end,
      status = case when status = 'pending' then 'dead' else status end, updated_at = now()
    where ${isOf(subject)} and status <> 'in_flight'`.execute(tx)
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from crm_outbox where ${isOf(subject)} and status = 'in_flight'`.execute(tx)
  return Number(rows[0]?.count ?? 0)
}

/** Empties the subject's letters and closes them: there is nothing to be sent again. */
export const emptyLetters = async (tx: Tx, subject: Subject, message: string): Promise<void> => {
  await sql`
    update crm_dead_letters set payload = '{}', history = '[]', reason = ${message}::text,
      error = jsonb_build_object('kind', error->'kind', 'message', ${message}::text),
      replayed_at = coalesce(replayed_at, now()), replay_result = coalesce(replay_result, 'erased')
    where ${isOf(subject)}`.execute(tx)
}

/** Empties what the inbox says beside ids; a key may be made of anything, and that of an ended hint is known enough. */
export const emptyHints = async (tx: Tx, { connectionId, object, externalIds }: Subject): Promise<void> => {
  await sql`
    update crm_webhook_inbox set last_error = null,
      dedupe_key = case when processed_at is null then dedupe_key else 'erased:' || id end
    where connection_id = ${connectionId} and object = ${object} and external_id = any(${externalIds}::text[])`.execute(
    tx,
  )
}

/** Replaces the contents of the subject's audit rows by what `digest` makes of them, with which the chain still holds. */
export const emptyAudit = async (tx: Tx, subject: Subject, digest: (changes: Json) => Json): Promise<void> => {
  const { rows } = await sql<{ seq: number; changes: Json }>`
    select seq, changes from crm_audit where ${isOf(subject)} order by seq`.execute(tx)
  if (rows.length === 0) return
  const emptied = rows.map(({ seq, changes }) => ({ seq, changes: digest(changes) }))
  await sql`
    update crm_audit audit set changes = given.changes
    from ${recordset(emptied, 'seq bigint, changes jsonb')}
    where audit.connection_id = ${subject.connectionId} and audit.seq = given.seq`.execute(tx)
}
