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
  readonly credentialsExpireAt: Date | null
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
      credentials_expire_at: connection.credentialsExpireAt,
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

/** The same, locked until the transaction ends: nobody stores other credentials meanwhile. */
export const lockConnection = async (tx: Tx, id: string): Promise<StoredConnection> => {
  const row = await tx
    .selectFrom('crm_connections')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw crmError('not_found', `There is no connection ${id}.`, { connectionId: id })
  return row
}

/**
 * Connections of a workspace to one account of a CRM, oldest first. Whoever asks next waits for the end of this
 * transaction, so that two sign-ins of one account at the same time do not both find nothing.
 */
export const lockConnectionsTo = async (
  tx: Tx,
  wanted: { readonly workspaceId: string; readonly provider: string; readonly accountId: string },
): Promise<readonly StoredConnection[]> => {
  const name = JSON.stringify([wanted.workspaceId, wanted.provider, wanted.accountId])
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
  return tx
    .selectFrom('crm_connections')
    .selectAll()
    .where('workspace_id', '=', wanted.workspaceId)
    .where('provider', '=', wanted.provider)
    .where(sql<string>`account ->> 'id'`, '=', wanted.accountId)
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** A connection as far as a webhook is routed by it. */
export interface AccountHolder {
  readonly id: string
  readonly provider: string
  readonly accountId: string | null
  /** Of its credentials. */
  readonly version: number
}
/** The connection that a webhook's address names. */
export interface HookTarget extends AccountHolder {
  readonly workspaceId: string
  /** Of the connection's own, encrypted, where one was made. */
  readonly secret: string | null
}

const holderColumns = sql`connection.id, connection.provider, connection.account->>'id' as "accountId",
  connection.credentials_version as version`

/** Connections of a provider that belong to one of the CRM's accounts. */
export const holdersOfAccounts = async (
  db: Executor,
  provider: string,
  accounts: readonly string[],
): Promise<readonly AccountHolder[]> => {
  if (accounts.length === 0) return []
  const { rows } = await sql<AccountHolder>`
    select ${holderColumns} from crm_connections connection
    where provider = ${provider} and account->>'id' = any(${accounts}::text[]) and deleted_at is null
    order by id`.execute(db)
  return rows
}

export const listHolders = async (db: Executor, provider: string): Promise<readonly AccountHolder[]> => {
  const { rows } = await sql<AccountHolder>`
    select ${holderColumns} from crm_connections connection
    where provider = ${provider} and deleted_at is null order by id`.execute(db)
  return rows
}

export const findHookTarget = async (db: Executor, id: string): Promise<HookTarget | undefined> => {
  const { rows } = await sql<HookTarget>`
    select ${holderColumns}, connection.workspace_id as "workspaceId", channel.secret
    from crm_connections connection left join crm_channels channel on channel.connection_id = connection.id
    where connection.id = ${id} and connection.deleted_at is null`.execute(db)
  return rows[0]
}

export interface ConnectionUpdate {
  readonly name?: string
  readonly settings?: Fields
  readonly objects?: readonly string[]
  readonly switchedOff?: Readonly<Record<string, string>>
  readonly enabled?: boolean
  readonly account?: Account
  readonly credentialsExpireAt?: Date | null
  /** A person has just given the credentials. */
  readonly isSignedIn?: boolean
  readonly trusted?: boolean
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
      ...(change.credentialsExpireAt === undefined ? {} : { credentials_expire_at: change.credentialsExpireAt }),
      ...(change.isSignedIn === true ? { signed_in_at: sql<Date>`clock_timestamp()` } : {}),
      ...(change.trusted === undefined ? {} : { trusted: change.trusted }),
      ...(change.skewMs === undefined ? {} : { skew_ms: change.skewMs }),
      ...(change.status === undefined ? {} : { status: change.status }),
      ...(change.statusReason === undefined ? {} : { status_reason: change.statusReason }),
    })
    .where('id', '=', id)
    .execute()
}

/** Adds settings to those that are there, whoever else changes others at the same time. */
export const mergeSettings = async (db: Executor | Tx, id: string, settings: Fields): Promise<void> => {
  await db
    .updateTable('crm_connections')
    .set({ settings: sql`settings || ${JSON.stringify(settings)}::jsonb`, updated_at: sql`now()` })
    .where('id', '=', id)
    .execute()
}

/**
 * Connections whose credentials end for good before `beforeMs` and of which nobody was told since `notSinceMs`: from now
 * on they are told, so that of many processes one tells it.
 */
export const claimExpiring = async (
  { db }: Database,
  wanted: { readonly nowMs: number; readonly beforeMs: number; readonly notSinceMs: number },
): Promise<readonly StoredConnection[]> =>
  db
    .updateTable('crm_connections')
    .set({ expiry_warned_at: new Date(wanted.nowMs) })
    .where('credentials_expire_at', '<', new Date(wanted.beforeMs))
    .where((where) =>
      where.or([where('expiry_warned_at', 'is', null), where('expiry_warned_at', '<', new Date(wanted.notSinceMs))]),
    )
    .where('enabled', '=', true)
    .where('deleted_at', 'is', null)
    .returningAll()
    .execute()

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
