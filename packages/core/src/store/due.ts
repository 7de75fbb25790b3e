import { sql } from 'kysely'
import type { Database } from './database.ts'
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

/**
 * Everything that is due now on connections that may work and that nobody is at. One statement, whatever their number.
 * Channels and chores follow the host's clock (`nowMs`), because a CRM names the end of a channel; a connection that
 * was switched off has its channel closed. `channels`: whether this process can look after them.
 */
export const dueWork = async (
  { db }: Database,
  limit: number,
  { nowMs, channels }: { readonly nowMs: number; readonly channels: boolean },
): Promise<readonly DueWork[]> => {
  const { rows } = await sql<DueWork>`
    with open as (
      select 'scan' as kind, connection_id, object, pass, next_at from crm_sync_cursors
        where next_at <= clock_timestamp() and state <> 'off'
      union all
      select 'push', connection_id, type, '', min(next_at) from crm_outbox
        where status in ('pending', 'in_flight') and next_at <= clock_timestamp() group by connection_id, type
      union all
      select 'inbox', connection_id, '', '', min(next_at) from crm_webhook_inbox
        where processed_at is null and next_at <= clock_timestamp() group by connection_id
      union all
      select 'channel', connection_id, '', '', next_at from crm_channels
        where ${channels}::boolean and next_at <= ${instant(nowMs)}::timestamptz
    )
    select open.kind, open.connection_id as "connectionId", open.object, open.pass,
      open.next_at
    from open join crm_connections connection on connection.id = open.connection_id
    left join crm_leases lease on lease.expires_at > clock_timestamp() and lease.key = case open.kind
      when 'scan' then 'scan:' || open.connection_id || ':' || open.object || ':' || open.pass
      when 'push' then 'push:' || open.connection_id || ':' || open.object
      else open.kind || ':' || open.connection_id end
    where (connection.enabled or open.kind = 'channel') and connection.status = 'active' and connection.deleted_at is null and lease.key is null
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
      select connection_id, next_at from crm_sync_cursors where state <> 'off'
      union all
      select connection_id, next_at from crm_outbox where status in ('pending', 'in_flight')
      union all
      select connection_id, next_at from crm_webhook_inbox where processed_at is null
      union all
      select connection_id, next_at from crm_channels where ${channels}::boolean
    ) open join crm_connections connection on connection.id = open.connection_id
    where connection.enabled and connection.status = 'active' and connection.deleted_at is null`.execute(db)
  return rows[0]?.at ?? undefined
}
