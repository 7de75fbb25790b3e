import { sql } from 'kysely'
import type { ObjectType } from '../contract.ts'
import type { Database, Executor, Tx } from './database.ts'
import { recordset } from './rows.ts'

export interface StoredLinkRow {
  readonly type: ObjectType
  readonly localId: string
  readonly object: string
  readonly externalId: string
}

const columns = ['type', 'local_id as localId', 'object', 'external_id as externalId'] as const

/** Says which remote record a local one is; replaces what was said before. */
export const putLinks = async (
  db: Executor | Tx,
  connectionId: string,
  links: readonly {
    readonly type: ObjectType
    readonly localId: string
    readonly object: string
    readonly externalId: string
  }[],
): Promise<void> => {
  if (links.length === 0) return
  await sql`
    insert into crm_links (connection_id, type, local_id, object, external_id)
    select ${connectionId}, type, "localId", object, "externalId"
    from ${recordset(links, 'type text, "localId" text, object text, "externalId" text')}
    on conflict (connection_id, type, local_id) do update
      set object = excluded.object, external_id = excluded.external_id`.execute(db)
}

export const linksByLocal = async (
  db: Executor | Tx,
  connectionId: string,
  wanted: readonly { readonly type: ObjectType; readonly localId: string }[],
): Promise<ReadonlyMap<string, StoredLinkRow>> => {
  if (wanted.length === 0) return new Map()
  const { rows } = await sql<StoredLinkRow>`
    select link.type, link.local_id as "localId", link.object, link.external_id as "externalId"
    from ${recordset(wanted, 'type text, "localId" text')}
    join crm_links link on link.connection_id = ${connectionId} and link.type = given.type
      and link.local_id = given."localId"`.execute(db)
  return new Map(rows.map((row) => [`${row.type}:${row.localId}`, row]))
}

/** A record of the CRM; `object` where it is known, because ids are unique within one object only. */
export interface Remote {
  readonly type: ObjectType
  readonly remoteId: string
  readonly object?: string
}

export const localIdKey = ({ type, remoteId, object }: Remote): string =>
  JSON.stringify([type, remoteId, object ?? null])

/** Local ids by `localIdKey`; the oldest where several local records are one remote. */
export const localIdsOf = async (
  db: Executor | Tx,
  connectionId: string,
  remotes: readonly Remote[],
): Promise<ReadonlyMap<string, string>> => {
  if (remotes.length === 0) return new Map()
  const given = remotes.map(({ type, remoteId, object }) => ({ type, remoteId, object: object ?? null }))
  const { rows } = await sql<{ type: ObjectType; remoteId: string; object: string | null; localId: string }>`
    select distinct on (given.type, given."remoteId", given.object) given.type, given."remoteId", given.object,
      link.local_id as "localId"
    from ${recordset(given, 'type text, "remoteId" text, object text')}
    join crm_links link on link.connection_id = ${connectionId} and link.type = given.type
      and link.external_id = given."remoteId" and (given.object is null or link.object = given.object)
    order by given.type, given."remoteId", given.object, link.created_at, link.local_id`.execute(db)
  return new Map(
    rows.map(({ localId, object, ...row }) => [localIdKey(object === null ? row : { ...row, object }), localId]),
  )
}

export const listLinks = async (
  { db }: Database,
  connectionId: string,
  filter: { readonly type?: ObjectType; readonly localId?: string; readonly externalId?: string },
  after: { readonly type: string; readonly localId: string } | undefined,
  limit: number,
): Promise<readonly StoredLinkRow[]> => {
  let query = db.selectFrom('crm_links').select(columns).where('connection_id', '=', connectionId)
  if (filter.type !== undefined) query = query.where('type', '=', filter.type)
  if (filter.localId !== undefined) query = query.where('local_id', '=', filter.localId)
  if (filter.externalId !== undefined) query = query.where('external_id', '=', filter.externalId)
  if (after !== undefined) query = query.where(sql<boolean>`(type, local_id) > (${after.type}, ${after.localId})`)
  return query.orderBy('type').orderBy('local_id').limit(limit).execute()
}

/** A record of the CRM: ids are unique within one object only. */
export interface RemoteKey {
  readonly object: string
  readonly id: string
}

/** So many merges of survivors are followed. */
const MOST_MERGES = 16

/**
 * Follows a merge: what pointed to the loser points to the survivor, or to where that was merged itself. A survivor
 * that nobody has read yet will do.
 */
export const moveLinks = async (
  tx: Tx,
  connectionId: string,
  type: ObjectType,
  from: RemoteKey,
  to: RemoteKey,
): Promise<void> => {
  await sql`
    with recursive survivor as (
      select ${to.object}::text as object, ${to.id}::text as id, 0 as depth
      union all
      select record.merged_object, record.merged_into, survivor.depth + 1
      from survivor join crm_records record on record.connection_id = ${connectionId}
        and record.object = survivor.object and record.external_id = survivor.id
      where record.type = ${type} and record.deleted_reason = 'merged' and survivor.depth < ${MOST_MERGES}
        and record.merged_object is not null and record.merged_into is not null
    ), last as (select object, id from survivor order by depth desc limit 1)
    update crm_links link set object = last.object, external_id = last.id from last
    where link.connection_id = ${connectionId} and link.type = ${type}
      and link.object = ${from.object} and link.external_id = ${from.id}`.execute(tx)
}
