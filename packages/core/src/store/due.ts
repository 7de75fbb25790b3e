import { sql } from 'kysely'
import type { Database } from './database.ts'
import { isTypeSwitchedOff } from './flags.ts'
import { isFollowed } from './inbox.ts'
import { instant } from './rows.ts'
import type { Pass } from './schema.ts'

/** Something that is due, as a doorbell names it. */
export interface DueWork {
  readonly kind: 'scan' | 'push' | 'inbox' | 'channel' | 'purge'
  /** Empty for a chore of the whole host. */
  readonly connectionId: string
  /** Remote object of a scan, canonical type of a push, else empty. */
  readonly object: string
  readonly pass: Pass | ''
}

/** SQL: nothing of the type may be pushed; where single objects of it are switched on, the work itself tells them apart. */
const isTypePaused = isTypeSwitchedOff({
  workspaceId: sql`connection.workspace_id`,
  provider: sql`connection.provider`,
  type: sql`open.object`,
})

/**
 * Everything that is due now on connections that may work and that nobody is at. One statement, whatever their number.
 * Channels and chores follow the host's clock (`nowMs`), because a CRM names the end of a channel; a connection that
 * was switched off has its channel closed. `channels`: whether this process can look after them. What is due is told by the
 * statement's time: the clock's, which moves, could not be looked up in an index.
 */
export const dueWork = async (
  { db }: Database,
  limit: number,
  { nowMs, channels }: { readonly nowMs: number; readonly channels: boolean },
): Promise<readonly DueWork[]> => {
  const { rows } = await sql<DueWork>`
    with open as (
      select 'scan' as kind, connection_id, object, pass, next_at from crm_sync_cursors
        where next_at <= statement_timestamp() and state <> 'off' and not paused
      union all
      select 'push', connection_id, type, '', min(next_at) from crm_outbox
        where status in ('pending', 'in_flight') and next_at <= statement_timestamp() group by connection_id, type
      union all
      select 'inbox', connection_id, '', '', min(next_at) from crm_webhook_inbox
        where processed_at is null and next_at <= statement_timestamp() and ${isFollowed} group by connection_id
      union all
      select 'channel', connection_id, '', '', next_at from crm_channels
        where ${channels}::boolean and next_at <= ${instant(nowMs)}::timestamptz
    )
    select open.kind, open.connection_id as "connectionId", open.object, open.pass,
      open.next_at
    from open join crm_connections connection on connection.id = open.connection_id
    left join crm_leases lease on lease.expires_at > statement_timestamp() and lease.key = case open.kind
      when 'scan' then 'scan:' || open.connection_id || ':' || open.object || ':' || open.pass
      when 'push' then 'push:' || open.connection_id || ':' || open.object
      else open.kind || ':' || open.connection_id end
    where (connection.enabled or open.kind = 'channel') and connection.status = 'active' and connection.deleted_at is null and lease.key is null
      and not (open.kind = 'push' and ${isTypePaused})
    union all
    select name, '', '', '', next_at from crm_chores where next_at <= ${instant(nowMs)}::timestamptz
    order by next_at limit ${limit}`.execute(db)
  return rows.map(({ kind, connectionId, object, pass }) => ({ kind, connectionId, object, pass }))
}

/** When the next thing will be due on a connection that may work: in the past where something is. */
export const nextDueAt = async (
  { db }: Database,
  { channels }: { readonly channels: boolean },
): Promise<Date | undefined> => {
  const { rows } = await sql<{ at: Date | null }>`
    select min(open.next_at) as at from (
      select 'scan' as kind, connection_id, object, next_at from crm_sync_cursors where state <> 'off' and not paused
      union all
      select 'push', connection_id, type, next_at from crm_outbox where status in ('pending', 'in_flight')
      union all
      select 'inbox', connection_id, '', next_at from crm_webhook_inbox where processed_at is null and ${isFollowed}
      union all
      select 'channel', connection_id, '', next_at from crm_channels where ${channels}::boolean
    ) open join crm_connections connection on connection.id = open.connection_id
    where connection.enabled and connection.status = 'active' and connection.deleted_at is null
      and not (open.kind = 'push' and ${isTypePaused})`.execute(db)
  return rows[0]?.at ?? undefined
}
