import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { ObjectType } from '../contract.ts'
import type { Database, Executor, Tx } from './database.ts'
import type { RecordsTable } from './schema.ts'

/** Positions reserved for one commit: the feed's next `count` and the audit chain's end. */
export interface FeedHead {
  /** The last position before this commit's own. */
  readonly seq: number
  readonly auditSeq: number
  readonly auditHash: string
}

export const createFeedHead = async (db: Executor | Tx, connectionId: string): Promise<void> => {
  await db
    .insertInto('crm_feed_heads')
    .values({ connection_id: connectionId })
    .onConflict((c) => c.doNothing())
    .execute()
}

/**
 * Takes `count` positions and locks the head until the commit, so that the order of positions is the order of commits
 * and a reader can never skip one that committed late. Only rows that this transaction has locked already, or that
 * are new, may be written after it.
 */
export const reserveFeed = async (tx: Tx, connectionId: string, count: number): Promise<FeedHead> => {
  const row = await tx
    .updateTable('crm_feed_heads')
    .set({ seq: sql<number>`seq + ${count}` })
    .where('connection_id', '=', connectionId)
    .returning(['seq', 'audit_seq', 'audit_hash'])
    .executeTakeFirstOrThrow()
  return { seq: row.seq - count, auditSeq: row.audit_seq, auditHash: row.audit_hash }
}

export type StoredRecord = Selectable<RecordsTable>

/** One page of the feed behind a position, in order; one more than `limit` where there is more. */
export const readFeed = async (
  { db }: Database,
  connectionId: string,
  type: ObjectType,
  after: number,
  limit: number,
): Promise<readonly StoredRecord[]> =>
  db
    .selectFrom('crm_records')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('type', '=', type)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit + 1)
    .execute()

/** Remembers how far the host has read the feed of a type: what the CRM changed behind that, the host has not seen. */
export const noteFeedRead = async (
  { db }: Database,
  connectionId: string,
  type: ObjectType,
  seq: number,
): Promise<void> => {
  await db
    .updateTable('crm_feed_heads')
    .set({ read_seqs: sql`read_seqs || jsonb_build_object(${type}::text, ${seq}::bigint)` })
    .where('connection_id', '=', connectionId)
    .where(sql<boolean>`coalesce((read_seqs->>${type})::bigint, 0) < ${seq}`)
    .execute()
}

export const feedHead = async (db: Executor | Tx, connectionId: string): Promise<{ readonly seq: number }> => {
  const row = await db
    .selectFrom('crm_feed_heads')
    .select('seq')
    .where('connection_id', '=', connectionId)
    .executeTakeFirst()
  return { seq: row?.seq ?? 0 }
}
