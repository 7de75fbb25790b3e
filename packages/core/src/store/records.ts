import { sql } from 'kysely'
import type { Fields, Link, ObjectType } from '../contract.ts'
import { type Database, type Executor, StaleDecision, type Tx } from './database.ts'
import type { StoredRecord } from './feed.ts'
import { recordset } from './rows.ts'

/** A relation as it is kept: `field` names the canonical reference that it fills, where it fills one. */
export interface KeptLink extends Link {
  readonly field?: string
}

/** A record as a commit writes it. */
export interface RecordWrite {
  readonly externalId: string
  readonly data: Fields
  readonly raw: Fields | null
  readonly links: readonly KeptLink[]
  readonly hash: string
  /** ISO, or null where the CRM gives none. */
  readonly remoteStamp: string | null
  readonly readEnd: number
  /** Version that the decision was made on; 0 for a record that was not there. */
  readonly basedOn: number
  readonly deletedAt: string | null
  readonly deletedReason: string | null
  readonly mergedInto: string | null
  /** Object of the survivor. */
  readonly mergedObject: string | null
  readonly origin: 'crm' | 'push'
  readonly path: string
  readonly seq: number
  readonly fieldSeqs: Readonly<Record<string, number>>
  readonly mappingVersion: string | null
}

/** The next tick of the reads' logical clock: it orders the beginning and end of reads over all processes. */
export const nextRead = async (db: Executor | Tx): Promise<number> => {
  const { rows } = await sql<{ tick: number }>`select nextval('crm_reads') as tick`.execute(db)
  return Number(rows[0]?.tick)
}

const recordsById = (db: Executor | Tx, connectionId: string, object: string, ids: readonly string[]) =>
  db
    .selectFrom('crm_records')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('object', '=', object)
    .where('external_id', '=', sql<string>`any(${ids}::text[])`)
    .orderBy('external_id')

const indexed = (rows: readonly StoredRecord[]): ReadonlyMap<string, StoredRecord> =>
  new Map(rows.map((row) => [row.external_id, row]))

/** Loads and locks, in the order of their ids, what is stored of the given ones. */
export const lockRecords = async (
  tx: Tx,
  connectionId: string,
  object: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredRecord>> =>
  indexed(await recordsById(tx, connectionId, object, ids).forUpdate().execute())

/** The same without a lock. */
export const readStored = async (
  { db }: Database,
  connectionId: string,
  object: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredRecord>> => indexed(await recordsById(db, connectionId, object, ids).execute())

const WRITE_COLUMNS = `"externalId" text, data jsonb, raw jsonb, links jsonb, hash text, "remoteStamp" timestamptz,
  "readEnd" bigint, "basedOn" integer, "deletedAt" timestamptz, "deletedReason" text, "mergedInto" text, "mergedObject" text, origin text,
  path text, seq bigint, "fieldSeqs" jsonb, "mappingVersion" text`

/** Writes records, after `reserveFeed`. Throws `StaleDecision` where one has changed since it was looked at. */
export const writeRecords = async (
  tx: Tx,
  connectionId: string,
  object: string,
  type: ObjectType,
  writes: readonly RecordWrite[],
): Promise<void> => {
  if (writes.length === 0) return
  const { numAffectedRows } = await sql`
    insert into crm_records as stored (connection_id, object, type, external_id, data, raw, links, hash, remote_stamp,
      read_end, version, deleted_at, deleted_reason, merged_into, merged_object, origin, path, seq, field_seqs,
      mapping_version)
    select ${connectionId}, ${object}, ${type}, "externalId", data, raw, links, hash, "remoteStamp",
      "readEnd", "basedOn" + 1, "deletedAt", "deletedReason", "mergedInto", "mergedObject", origin, path, seq,
      "fieldSeqs", "mappingVersion"
    from ${recordset(writes, WRITE_COLUMNS)}
    on conflict (connection_id, object, external_id) do update set
      type = excluded.type, data = excluded.data, raw = excluded.raw, links = excluded.links, hash = excluded.hash,
      remote_stamp = excluded.remote_stamp, read_end = excluded.read_end, version = excluded.version,
      deleted_at = excluded.deleted_at, deleted_reason = excluded.deleted_reason, merged_into = excluded.merged_into, merged_object = excluded.merged_object,
      origin = excluded.origin, path = excluded.path, seq = excluded.seq, field_seqs = excluded.field_seqs,
      mapping_version = excluded.mapping_version, updated_at = now()
    where stored.version = excluded.version - 1`.execute(tx)
  if (Number(numAffectedRows) !== writes.length) throw new StaleDecision('a record changed while a page was decided')
}

export interface RecordTouch {
  readonly externalId: string
  readonly remoteStamp: string | null
  readonly readEnd: number
  readonly raw: Fields | null
  readonly hash: string
}

/** Notes that a read found nothing new for the feed: stamp, raw and the read's end. The rows are locked already. */
export const touchRecords = async (
  tx: Tx,
  connectionId: string,
  object: string,
  touches: readonly RecordTouch[],
): Promise<void> => {
  if (touches.length === 0) return
  await sql`
    update crm_records as stored set remote_stamp = coalesce(given."remoteStamp", stored.remote_stamp),
      read_end = given."readEnd", raw = coalesce(given.raw, stored.raw), hash = given.hash, version = stored.version + 1
    from ${recordset(touches, '"externalId" text, "remoteStamp" timestamptz, "readEnd" bigint, raw jsonb, hash text')}
    where stored.connection_id = ${connectionId} and stored.object = ${object}
      and stored.external_id = given."externalId"`.execute(tx)
}

/** Marks records as seen by a sweep. */
export const markSeen = async (
  tx: Tx,
  connectionId: string,
  object: string,
  ids: readonly string[],
  run: number,
): Promise<void> => {
  if (ids.length === 0) return
  await tx
    .updateTable('crm_records')
    .set({ seen_run: run })
    .where('connection_id', '=', connectionId)
    .where('object', '=', object)
    .where('external_id', '=', sql<string>`any(${ids}::text[])`)
    .execute()
}

/** Live records that a sweep did not see and that were stored before it began, by id. */
export const unseenRecords = async (
  { db }: Database,
  connectionId: string,
  object: string,
  run: number,
  after: string,
  limit: number,
): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('crm_records')
    .select('external_id')
    .where('connection_id', '=', connectionId)
    .where('object', '=', object)
    .where('deleted_at', 'is', null)
    .where('seen_run', '<>', run)
    .where('read_end', '<', run)
    .where('external_id', '>', after)
    .orderBy('external_id')
    .limit(limit)
    .execute()
  return rows.map(({ external_id }) => external_id)
}

/** How many live records a sweep has not seen. */
export const countUnseen = async (
  { db }: Database,
  connectionId: string,
  object: string,
  run: number,
): Promise<number> => {
  const { count } = await db
    .selectFrom('crm_records')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('connection_id', '=', connectionId)
    .where('object', '=', object)
    .where('deleted_at', 'is', null)
    .where('seen_run', '<>', run)
    .where('read_end', '<', run)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export const countLive = async ({ db }: Database, connectionId: string, object: string): Promise<number> => {
  const { count } = await db
    .selectFrom('crm_records')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('connection_id', '=', connectionId)
    .where('object', '=', object)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Stamp, links and state of records by id, without a lock: what a settle pass or a sweep compares with. */
export const glanceRecords = async (
  { db }: Database,
  connectionId: string,
  object: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Pick<StoredRecord, 'remote_stamp' | 'links' | 'deleted_at' | 'deleted_reason'>>> => {
  const rows = await db
    .selectFrom('crm_records')
    .select(['external_id', 'remote_stamp', 'links', 'deleted_at', 'deleted_reason'])
    .where('connection_id', '=', connectionId)
    .where('object', '=', object)
    .where('external_id', '=', sql<string>`any(${ids}::text[])`)
    .execute()
  return new Map(rows.map((row) => [row.external_id, row]))
}

export const findRecord = async (
  { db }: Database,
  connectionId: string,
  type: ObjectType,
  externalId: string,
): Promise<StoredRecord | undefined> =>
  db
    .selectFrom('crm_records')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('type', '=', type)
    .where('external_id', '=', externalId)
    .orderBy('deleted_at', (order) => order.desc().nullsFirst())
    .executeTakeFirst()

/** Live records of a workspace's connections by one of the look-up fields. */
export const searchRecords = async (
  { db }: Database,
  workspaceId: string,
  type: ObjectType,
  by: { readonly email?: string; readonly phone?: string; readonly localId?: string },
): Promise<readonly (StoredRecord & { provider: string })[]> => {
  let query = db
    .selectFrom('crm_records as record')
    .innerJoin('crm_connections as connection', 'connection.id', 'record.connection_id')
    .selectAll('record')
    .select('connection.provider')
    .where('connection.workspace_id', '=', workspaceId)
    .where('connection.deleted_at', 'is', null)
    .where('record.type', '=', type)
    .where('record.deleted_at', 'is', null)
  if (by.email !== undefined) query = query.where(sql`lower(record.data->>'email')`, '=', by.email.toLowerCase())
  if (by.phone !== undefined) {
    query = query.where(sql`coalesce(record.data->>'phone_e164', record.data->>'phone')`, '=', by.phone)
  }
  const { localId } = by
  if (localId !== undefined) {
    query = query.innerJoin('crm_links as link', (join) =>
      join
        .onRef('link.connection_id', '=', 'record.connection_id')
        .onRef('link.type', '=', 'record.type')
        .onRef('link.object', '=', 'record.object')
        .onRef('link.external_id', '=', 'record.external_id')
        .on('link.local_id', '=', localId),
    )
  }
  return query.orderBy('record.connection_id').orderBy('record.seq').limit(100).execute()
}
