import type { Asker, ConnectionChange, ConnectionInfo, ConnectionsApi, NewConnection, ValidateResult } from '../api.ts'
import type { Account, Fields, Json, Order } from '../contract.ts'
import { asCrmError, crmError } from '../errors.ts'
import { factOf } from '../http/context.ts'
import {
  deleteConnection,
  insertConnection,
  listConnections,
  requireConnection,
  type StoredConnection,
  updateConnection,
} from '../store/connections.ts'
import { ensureCursors, wakeCursors } from '../store/cursors.ts'
import type { Tx } from '../store/database.ts'
import { createFeedHead } from '../store/feed.ts'
import { dropLookups } from '../store/lookups.ts'
import { wakeOutbox } from '../store/outbox.ts'
import type { AnyObject } from '../sync/crm.ts'
import { newId } from '../sync/identifiers.ts'
import { nextDue, passesOf } from '../sync/scan.ts'
import { connectionState } from './connection_state.ts'
import type { HostDeps } from './deps.ts'
import { createMappingsApi } from './mappings.ts'
import { checkedSettings, chosenObjects } from './settings.ts'

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
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** Connections: made only when the CRM accepts them, changed without losing their place. */
export const createConnectionsApi = (deps: HostDeps): ConnectionsApi => {
  const { engine, registry, options, credentials: store, trials } = deps
  const { database } = engine

  const load = (id: string): Promise<StoredConnection> => requireConnection(database.db, id)

  const settingsFor = (provider: string, given: Fields): Fields =>
    checkedSettings(
      registry.get(provider).provider,
      given,
      options.defaultSettings?.[provider],
      options.allowPrivateHosts === true,
    )

  const cursorsFor = async (
    tx: Tx,
    connection: { id: string; provider: string; workspaceId: string; settings: Fields },
    names: readonly string[],
    crmNowMs: number,
  ) => {
    const objects = registry.get(connection.provider).provider.objects as readonly AnyObject[]
    const wanted = objects
      .filter(({ name }) => names.includes(name))
      .map((object) => {
        const order = object.order && factOf<Fields, Order>(object.order, connection.settings)
        const passes = passesOf(object).map((pass) => ({ pass, nextAt: nextDue(engine, order, pass) }))
        return { name: object.name, type: object.type, passes }
      })
    await ensureCursors(tx, connection, wanted, new Date(crmNowMs))
  }

  const create = async (wanted: NewConnection, asker: Asker = {}): Promise<ConnectionInfo> => {
    const { provider } = registry.get(wanted.provider)
    if (wanted.workspaceId === '')
      throw crmError('invalid', 'A connection belongs to a workspace.', { pointer: '/workspaceId' })
    const settings = settingsFor(provider.id, wanted.settings)
    const objects = chosenObjects(provider, wanted.objects)
    const id = newId('conn')
    const trial = await trials.open(
      {
        id,
        workspaceId: wanted.workspaceId,
        provider,
        settings,
        credentials: wanted.credentials ?? {},
        trusted: wanted.trusted === true,
      },
      asker.correlationId,
    )
    const account = await trial.probe()
    const sealed = await trial.seal()
    await database.transaction(async (tx) => {
      await insertConnection(tx, {
        id,
        workspaceId: wanted.workspaceId,
        provider: provider.id,
        name: wanted.name ?? account.name ?? provider.title,
        settings: { ...settings, ...trial.learned() },
        credentials: sealed,
        trusted: wanted.trusted === true,
        account,
        objects,
        enabled: wanted.enabled ?? true,
        skewMs: trial.skewMs(),
      })
      await createFeedHead(tx, id)
      await cursorsFor(
        tx,
        { id, provider: provider.id, workspaceId: wanted.workspaceId, settings },
        objects,
        engine.clock.wallMs() + trial.skewMs(),
      )
    })
    engine.log.info(
      { connection_id: id, provider: provider.id, workspace_id: wanted.workspaceId, actor: asker.actor },
      'a connection was made',
    )
    return presentConnection(await load(id))
  }

  const update = async (id: string, change: ConnectionChange, asker: Asker = {}): Promise<ConnectionInfo> => {
    const row = await load(id)
    const { provider } = registry.get(row.provider)
    const settings =
      change.settings === undefined ? row.settings : settingsFor(row.provider, { ...row.settings, ...change.settings })
    const objects = change.objects === undefined ? row.objects : chosenObjects(provider, change.objects)
    const isResigned = change.credentials !== undefined || change.settings !== undefined
    let account: Account | undefined
    if (isResigned) {
      const stored = await store.read(id)
      const credentials = change.credentials ?? stored?.credentials ?? {}
      const trial = await trials.open(
        { id, workspaceId: row.workspace_id, provider, settings, credentials, trusted: row.trusted },
        asker.correlationId,
      )
      account = await trial.probe()
      const before = row.account?.['id']
      if (before !== undefined && before !== account.id) {
        throw crmError(
          'conflict',
          `These credentials belong to account ${account.id}, the connection to ${String(before)}. Make another connection for it.`,
          { connectionId: id, pointer: '/credentials' },
        )
      }
      if (!(await store.replaceCredentials(id, stored?.version ?? 1, await trial.current()))) {
        throw crmError('conflict', 'The credentials were changed by somebody else meanwhile: try again.', {
          connectionId: id,
        })
      }
      await dropLookups(database, id)
    }
    const switchedOff = isResigned || change.objects !== undefined ? {} : row.switched_off
    await database.transaction(async (tx) => {
      await updateConnection(tx, id, {
        settings,
        objects,
        switchedOff,
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.enabled === undefined ? {} : { enabled: change.enabled }),
        ...(account === undefined ? {} : { account, status: 'active' as const, statusReason: null }),
      })
      await cursorsFor(
        tx,
        { id, provider: provider.id, workspaceId: row.workspace_id, settings },
        objects,
        engine.clock.wallMs() + row.skew_ms,
      )
      await wakeCursors(tx, id, objects)
      if (isResigned) await wakeOutbox(tx, id)
    })
    trials.forget(id)
    return presentConnection(await load(id))
  }

  const validate = async (id: string, given?: Fields): Promise<ValidateResult> => {
    const row = await load(id)
    const { provider } = registry.get(row.provider)
    try {
      const stored = await store.read(id)
      const credentials = given ?? stored?.credentials ?? {}
      if (given === undefined) {
        const ctx = await engine.createCtx(row, {
          name: 'probe',
          priority: 'webhook',
          signal: deps.signal,
          correlationId: newId('probe'),
          lookup: async () => undefined,
        })
        const account = await provider.probe(ctx)
        if (row.status !== 'active') {
          await updateConnection(database.db, id, { status: 'active', statusReason: null })
          await wakeOutbox(database.db, id)
        }
        return { ok: true, account }
      }
      const trial = await trials.open(
        { id, workspaceId: row.workspace_id, provider, settings: row.settings, credentials, trusted: row.trusted },
        undefined,
      )
      return { ok: true, account: await trial.probe() }
    } catch (error) {
      const failure = asCrmError(error)
      return { ok: false, kind: failure.kind, detail: engine.redact(id, failure.message) }
    }
  }

  return {
    create,
    list: async (filter = {}) => (await listConnections(database, filter)).map(presentConnection),
    get: async (id) => presentConnection(await load(id)),
    update,
    remove: async (id) => {
      await load(id)
      await database.transaction((tx) => deleteConnection(tx, id))
      trials.forget(id)
    },
    validate,
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
