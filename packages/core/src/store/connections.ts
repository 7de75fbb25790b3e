import { type Selectable, sql } from 'kysely'
import type { Account, Fields } from '../contract.ts'
import { crmError } from '../errors.ts'
import type { Database, Executor, Tx } from './database.ts'
import type { ConnectionStatus, ConnectionsTable } from './schema.ts'

export type StoredConnection = Selectable<ConnectionsTable>

export interface NewStoredConnection {
  readonly id: string
  readonly workspaceId: string
  readonly provider: string
  readonly name: string
  readonly settings: Fields
  /** Encrypted already. */
  readonly credentials: string
  readonly trusted: boolean
  readonly account: Account
  readonly objects: readonly string[]
  readonly enabled: boolean
  readonly skewMs: number
}

export const insertConnection = async (tx: Tx, connection: NewStoredConnection): Promise<void> => {
  await tx
    .insertInto('crm_connections')
    .values({
      id: connection.id,
      workspace_id: connection.workspaceId,
      provider: connection.provider,
      name: connection.name,
      settings: JSON.stringify(connection.settings),
      credentials: connection.credentials,
      trusted: connection.trusted,
      account: JSON.stringify(connection.account),
      objects: JSON.stringify(connection.objects),
      enabled: connection.enabled,
      skew_ms: connection.skewMs,
    })
    .execute()
}

export const findConnection = async (db: Executor | Tx, id: string): Promise<StoredConnection | undefined> =>
  db.selectFrom('crm_connections').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst()

/** The same; throws `not_found` where there is none. */
export const requireConnection = async (db: Executor | Tx, id: string): Promise<StoredConnection> => {
  const row = await findConnection(db, id)
  if (row === undefined) throw crmError('not_found', `There is no connection ${id}.`, { connectionId: id })
  return row
}

export const listConnections = async (
  { db }: Database,
  filter: { readonly workspaceId?: string; readonly provider?: string } = {},
): Promise<readonly StoredConnection[]> => {
  let query = db.selectFrom('crm_connections').selectAll().where('deleted_at', 'is', null)
  if (filter.workspaceId !== undefined) query = query.where('workspace_id', '=', filter.workspaceId)
  if (filter.provider !== undefined) query = query.where('provider', '=', filter.provider)
  return query.orderBy('created_at').orderBy('id').execute()
}

export interface ConnectionUpdate {
  readonly name?: string
  readonly settings?: Fields
  readonly objects?: readonly string[]
  readonly switchedOff?: Readonly<Record<string, string>>
  readonly enabled?: boolean
  readonly account?: Account
  readonly skewMs?: number
  readonly status?: ConnectionStatus
  readonly statusReason?: string | null
}

export const updateConnection = async (db: Executor | Tx, id: string, change: ConnectionUpdate): Promise<void> => {
  await db
    .updateTable('crm_connections')
    .set({
      updated_at: sql`now()`,
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.settings === undefined ? {} : { settings: JSON.stringify(change.settings) }),
      ...(change.objects === undefined ? {} : { objects: JSON.stringify(change.objects) }),
      ...(change.switchedOff === undefined ? {} : { switched_off: JSON.stringify(change.switchedOff) }),
      ...(change.enabled === undefined ? {} : { enabled: change.enabled }),
      ...(change.account === undefined ? {} : { account: JSON.stringify(change.account) }),
      ...(change.skewMs === undefined ? {} : { skew_ms: change.skewMs }),
      ...(change.status === undefined ? {} : { status: change.status }),
      ...(change.statusReason === undefined ? {} : { status_reason: change.statusReason }),
    })
    .where('id', '=', id)
    .execute()
}

/** Switches one object off with the CRM's words, beside whatever else is being switched off. */
export const switchObjectOff = async (db: Executor | Tx, id: string, object: string, reason: string): Promise<void> => {
  await db
    .updateTable('crm_connections')
    .set({
      switched_off: sql`switched_off || jsonb_build_object(${object}::text, ${reason}::text)`,
      updated_at: sql`now()`,
    })
    .where('id', '=', id)
    .execute()
}

/** Forgets a connection's secrets and work; what it brought stays readable for the audit until the host erases it. */
export const deleteConnection = async (tx: Tx, id: string): Promise<void> => {
  await tx
    .updateTable('crm_connections')
    .set({ deleted_at: sql<Date>`now()`, enabled: false, credentials: '', session: null, updated_at: sql`now()` })
    .where('id', '=', id)
    .execute()
  await tx.deleteFrom('crm_sync_cursors').where('connection_id', '=', id).execute()
  await tx.deleteFrom('crm_lookups').where('connection_id', '=', id).execute()
}
