import { sql } from 'kysely'
import type { Database } from './database.ts'
import type { Pass } from './schema.ts'

/** Something that is due, as a doorbell names it. */
export interface DueWork {
  readonly kind: 'scan' | 'push' | 'inbox'
  readonly connectionId: string
  /** Remote object of a scan, canonical type of a push, empty for the inbox. */
  readonly object: string
  readonly pass: Pass | ''
}

/** Everything that is due now on connections that may work and that nobody is at. One statement, whatever their number. */
export const dueWork = async ({ db }: Database, limit: number): Promise<readonly DueWork[]> => {
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
    )
    select open.kind, open.connection_id as "connectionId", open.object, open.pass
    from open join crm_connections connection on connection.id = open.connection_id
    left join crm_leases lease on lease.expires_at > clock_timestamp() and lease.key = case open.kind
      when 'scan' then 'scan:' || open.connection_id || ':' || open.object || ':' || open.pass
      when 'push' then 'push:' || open.connection_id || ':' || open.object
      else 'inbox:' || open.connection_id end
    where connection.enabled and connection.status = 'active' and connection.deleted_at is null and lease.key is null
    order by open.next_at limit ${limit}`.execute(db)
  return rows
}

/** When the next thing will be due on a connection that may work: in the past where something is. */
export const nextDueAt = async ({ db }: Database): Promise<Date | undefined> => {
  const { rows } = await sql<{ at: Date | null }>`
    select min(open.next_at) as at from (
      select connection_id, next_at from crm_sync_cursors where state <> 'off'
      union all
      select connection_id, next_at from crm_outbox where status in ('pending', 'in_flight')
      union all
      select connection_id, next_at from crm_webhook_inbox where processed_at is null
    ) open join crm_connections connection on connection.id = open.connection_id
    where connection.enabled and connection.status = 'active' and connection.deleted_at is null`.execute(db)
  return rows[0]?.at ?? undefined
}
