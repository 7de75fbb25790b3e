import type { ConnectionInfo, ConnectionsApi } from '../api.ts'
import type { Account, Json } from '../contract.ts'
import { deleteConnection, listConnections, requireConnection, type StoredConnection } from '../store/connections.ts'
import { newId } from '../sync/identifiers.ts'
import { closeChannelOf } from './channels.ts'
import { changeConnection } from './connection_change.ts'
import { checkConnection } from './connection_check.ts'
import { keepConnection, proveConnection } from './connection_making.ts'
import { connectionState } from './connection_state.ts'
import type { HostDeps } from './deps.ts'
import { createMappingsApi } from './mappings.ts'

export const presentConnection = (row: StoredConnection): ConnectionInfo => ({
  id: row.id,
  workspaceId: row.workspace_id,
  provider: row.provider,
  name: row.name,
  settings: row.settings,
  objects: row.objects,
  enabled: row.enabled,
  status: row.status === 'active' && !row.enabled ? 'paused' : row.status,
  ...(row.status_reason === null ? {} : { statusReason: row.status_reason }),
  switchedOff: row.switched_off,
  ...(row.account === null ? {} : { account: row.account as unknown as Account }),
  signedInAt: row.signed_in_at.toISOString(),
  ...(row.credentials_expire_at === null ? {} : { credentialsExpireAt: row.credentials_expire_at.toISOString() }),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** Connections: made only when the CRM accepts them, changed without losing their place. */
export const createConnectionsApi = (deps: HostDeps): ConnectionsApi => {
  const { engine, trials } = deps
  const { database } = engine

  const load = (id: string): Promise<StoredConnection> => requireConnection(database.db, id)

  return {
    create: async (wanted, asker = {}) => {
      const proved = await proveConnection(deps, wanted, {}, asker)
      await keepConnection(deps, proved, asker, { onlyOne: false })
      return presentConnection(await load(proved.id))
    },
    list: async (filter = {}) => (await listConnections(database, filter)).map(presentConnection),
    get: async (id) => presentConnection(await load(id)),
    update: async (id, change, asker = {}) => {
      await changeConnection(deps, id, change, asker)
      return presentConnection(await load(id))
    },
    remove: async (id) => {
      await load(id)
      await closeChannelOf(deps, id)
      await database.transaction((tx) => deleteConnection(tx, id))
      trials.forget(id)
    },
    validate: (id, credentials) => checkConnection(deps, id, credentials),
    status: async (id) => connectionState(deps, await load(id)),
    ...createMappingsApi(deps, load),
    request: async (id, call, asker = {}) => {
      const row = await load(id)
      const operation = {
        name: 'request',
        priority: 'push' as const,
        signal: deps.signal,
        correlationId: asker.correlationId ?? newId('call'),
      }
      const ctx = await engine.createCtx(row, { ...operation, lookup: async () => undefined })
      const reply = await ctx.call(call)
      return { ...reply, body: engine.redact(id, reply.body as Json) }
    },
  }
}
