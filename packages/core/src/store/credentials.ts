import { sql } from 'kysely'
import type { SealedCredentialStore } from '../auth/ports.ts'
import { findConnection, updateConnection } from './connections.ts'
import type { Database } from './database.ts'

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
    replaceCredentials: async (connectionId, expectedVersion, credentials) => {
      const { numUpdatedRows } = await db
        .updateTable('crm_connections')
        .set({
          credentials,
          session: null,
          credentials_version: expectedVersion + 1,
          status: 'active',
          status_reason: null,
          updated_at: sql`now()`,
        })
        .where('id', '=', connectionId)
        .where('credentials_version', '=', expectedVersion)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    replaceSession: async (connectionId, version, session) => {
      const { numUpdatedRows } = await db
        .updateTable('crm_connections')
        .set({ session: session ?? null })
        .where('id', '=', connectionId)
        .where('credentials_version', '=', version)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    learnSettings: async (connectionId, settings) => {
      const row = await findConnection(db, connectionId)
      if (row !== undefined) await updateConnection(db, connectionId, { settings: { ...row.settings, ...settings } })
    },
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
