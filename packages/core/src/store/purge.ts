import { sql } from 'kysely'
import type { Database } from './database.ts'
import { instant } from './rows.ts'

/** What of the past is not needed any more; each answers how many rows it took, at most `limit`. */
export const purgeHints = async ({ db }: Database, beforeMs: number, limit: number): Promise<number> => {
  const { numAffectedRows } = await sql`
    delete from crm_webhook_inbox where id = any(array(
      select id from crm_webhook_inbox where processed_at < ${instant(beforeMs)}::timestamptz limit ${limit}
    ))`.execute(db)
  return Number(numAffectedRows ?? 0)
}

/**
 * Pushes that ended, but for the latest of each local record: the next push of it is compared with its key. Dead rows
 * stay, because their letters can be replayed.
 */
export const purgePushes = async ({ db }: Database, beforeMs: number, limit: number): Promise<number> => {
  const { numAffectedRows } = await sql`
    delete from crm_outbox where id = any(array(
      select row.id from crm_outbox row
      where row.status in ('done', 'superseded') and row.updated_at < ${instant(beforeMs)}::timestamptz
        and not exists (
          select 1 from crm_push_heads head where head.connection_id = row.connection_id and head.type = row.type
            and head.local_id = row.local_id and head.outbox_id = row.id
        )
      limit ${limit}
    ))`.execute(db)
  return Number(numAffectedRows ?? 0)
}

/** The content of the latest ones: the key is all that is compared. */
export const emptyPushes = async ({ db }: Database, beforeMs: number, limit: number): Promise<number> => {
  const { numAffectedRows } = await sql`
    update crm_outbox set data = '{}', history = '[]', last_error = null where id = any(array(
      select id from crm_outbox
      where status in ('done', 'superseded') and updated_at < ${instant(beforeMs)}::timestamptz and data <> '{}'
      limit ${limit}
    ))`.execute(db)
  return Number(numAffectedRows ?? 0)
}

const OF_REMOVED = ['crm_channels', 'crm_webhook_inbox', 'crm_push_heads', 'crm_outbox'] as const

/** What is left of the work of connections that were removed before that. Records, links, letters and audit stay. */
export const purgeRemoved = async (database: Database, beforeMs: number): Promise<number> =>
  database.transaction(async (tx) => {
    let count = 0
    for (const table of OF_REMOVED) {
      const { numAffectedRows } = await sql`
        delete from ${sql.table(table)} where connection_id in (
          select id from crm_connections where deleted_at < ${instant(beforeMs)}::timestamptz
        )`.execute(tx)
      count += Number(numAffectedRows ?? 0)
    }
    return count
  })

/** Sets when a chore comes round again. */
export const putChoreOff = async (
  { db }: Database,
  name: 'purge',
  nextAtMs: number,
  finishedAtMs: number,
): Promise<void> => {
  await db
    .updateTable('crm_chores')
    .set({ next_at: instant(nextAtMs), finished_at: instant(finishedAtMs) })
    .where('name', '=', name)
    .execute()
}
