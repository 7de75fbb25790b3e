import { sql } from 'kysely'
import type { Database } from './database.ts'

/** How one connection stands, in numbers. */
export interface ConnectionNumbers {
  readonly id: string
  readonly provider: string
  readonly status: 'active' | 'needs_reconnect'
  readonly enabled: boolean
  readonly lagSeconds: number | null
  /** Until the credentials end for good; null where nobody knows of an end. */
  readonly credentialsSecondsLeft: number | null
  readonly outboxDepth: number
  readonly deadLetters: number
  readonly feedPosition: number
}

/** Numbers of all connections, in one statement. */
export const connectionNumbers = async ({ db }: Database): Promise<readonly ConnectionNumbers[]> => {
  const { rows } = await sql<ConnectionNumbers>`
    select connection.id, connection.provider, connection.status, connection.enabled,
      (select extract(epoch from clock_timestamp() - min(watermark))::double precision from crm_sync_cursors
        where connection_id = connection.id and pass = 'delta' and state <> 'off') as "lagSeconds",
      (select count(*) from crm_outbox where connection_id = connection.id and status in ('pending', 'in_flight'))
        as "outboxDepth",
      extract(epoch from connection.credentials_expire_at - clock_timestamp())::double precision
        as "credentialsSecondsLeft",
      (select count(*) from crm_dead_letters where connection_id = connection.id and replayed_at is null) as "deadLetters",
      coalesce((select seq from crm_feed_heads where connection_id = connection.id), 0) as "feedPosition"
    from crm_connections connection where connection.deleted_at is null`.execute(db)
  return rows.map((row) => ({ ...row, outboxDepth: Number(row.outboxDepth), deadLetters: Number(row.deadLetters) }))
}
