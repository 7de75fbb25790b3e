import { sql } from 'kysely'
import type { SealedCredentialStore } from '../auth/ports.ts'
import { findConnection, mergeSettings } from './connections.ts'
import type { Database, Executor, Tx } from './database.ts'

/**
 * Stores credentials as the version after `expectedVersion` and clears what was said of earlier ones; false where the
 * version is another by now.
 */
export const replaceCredentials = async (
  db: Executor | Tx,
  connectionId: string,
  expectedVersion: number,
  credentials: string,
): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('crm_connections')
    .set({
      credentials,
      session: null,
      credentials_version: expectedVersion + 1,
      status: 'active',
      status_reason: null,
      expiry_warned_at: null,
      updated_at: sql`now()`,
    })
    .where('id', '=', connectionId)
    .where('credentials_version', '=', expectedVersion)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Credentials and sessions of connections, as encrypted texts. */
export const sealedCredentials = (database: Database): SealedCredentialStore => {
  const { db } = database
  return {
    read: async (connectionId) => {
      const row = await findConnection(db, connectionId)
      if (row === undefined) return undefined
      return {
        workspaceId: row.workspace_id,
        credentials: row.credentials,
        version: row.credentials_version,
        ...(row.session === null ? {} : { session: row.session }),
      }
    },
    replaceCredentials: (connectionId, expectedVersion, credentials) =>
      replaceCredentials(db, connectionId, expectedVersion, credentials),
    replaceSession: async (connectionId, version, session) => {
      const { numUpdatedRows } = await db
        .updateTable('crm_connections')
        .set({ session: session ?? null })
        .where('id', '=', connectionId)
        .where('credentials_version', '=', version)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    learnSettings: (connectionId, settings) => mergeSettings(db, connectionId, settings),
    markNeedsReconnect: async (connectionId, version, reason) => {
      await db
        .updateTable('crm_connections')
        .set({ status: 'needs_reconnect', status_reason: reason, updated_at: sql`now()` })
        .where('id', '=', connectionId)
        .where('credentials_version', '=', version)
        .execute()
    },
  }
}
