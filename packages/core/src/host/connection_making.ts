import type { Asker, NewConnection } from '../api.ts'
import type { Account, Fields, Order } from '../contract.ts'
import { crmError } from '../errors.ts'
import { factOf } from '../http/context.ts'
import type { AnyProvider } from '../registry/index.ts'
import { insertConnection, lockConnectionsTo, type StoredConnection } from '../store/connections.ts'
import { ensureCursors } from '../store/cursors.ts'
import type { Tx } from '../store/database.ts'
import { createFeedHead } from '../store/feed.ts'
import type { AnyObject } from '../sync/crm.ts'
import { newId } from '../sync/identifiers.ts'
import { nextDue, passesOf } from '../sync/scan.ts'
import { wakeChannelOf } from './channels.ts'
import type { HostDeps, Trial } from './deps.ts'
import { expiryOf } from './expiry.ts'
import { checkedSettings, chosenObjects } from './settings.ts'

/** A connection that the CRM has accepted and that nobody has stored yet. */
export interface ProvedConnection {
  readonly id: string
  readonly wanted: NewConnection
  readonly provider: AnyProvider
  readonly settings: Fields
  readonly objects: readonly string[]
  readonly account: Account
  readonly trial: Trial
}

/** A connection's settings with the host's defaults, checked. Throws `invalid` with every fault and its pointer. */
export const settingsFor = ({ registry, options }: HostDeps, provider: string, given: Fields): Fields =>
  checkedSettings(
    registry.get(provider).provider,
    given,
    options.defaultSettings?.[provider],
    options.allowPrivateHosts === true,
  )

/** Makes the cursors that a connection's objects lack; deltas begin at the CRM's now. */
export const cursorsFor = async (
  tx: Tx,
  { engine, registry }: HostDeps,
  connection: { id: string; provider: string; workspaceId: string; settings: Fields; skewMs: number },
  names: readonly string[],
): Promise<void> => {
  const objects = registry.get(connection.provider).provider.objects as readonly AnyObject[]
  const wanted = objects
    .filter(({ name }) => names.includes(name))
    .map((object) => {
      const order = object.order && factOf<Fields, Order>(object.order, connection.settings)
      const passes = passesOf(object).map((pass) => ({ pass, nextAt: nextDue(engine, order, pass) }))
      return { name: object.name, type: object.type, passes }
    })
  await ensureCursors(tx, connection, wanted, new Date(engine.clock.wallMs() + connection.skewMs))
}

/**
 * Checks what a new connection is to be made of, then its credentials with `probe`. `learned`: settings that a sign-in
 * taught, which win over those that were given. Throws what is wrong with them and keeps nothing.
 */
export const proveConnection = async (
  deps: HostDeps,
  wanted: NewConnection,
  learned: Fields,
  asker: Asker,
): Promise<ProvedConnection> => {
  const { provider } = deps.registry.get(wanted.provider)
  if (wanted.workspaceId === '')
    throw crmError('invalid', 'A connection belongs to a workspace.', { pointer: '/workspaceId' })
  const settings = { ...settingsFor(deps, provider.id, wanted.settings), ...learned }
  const objects = chosenObjects(provider, wanted.objects)
  const id = newId('conn')
  const trial = await deps.trials.open(
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
  try {
    return { id, wanted, provider, settings, objects, account: await trial.probe(), trial }
  } catch (error) {
    deps.trials.forget(id)
    throw error
  }
}

/**
 * Stores a connection. `onlyOne`: unless the workspace has connections to that account already; then answers those, oldest
 * first, and stores nothing.
 */
export const keepConnection = async (
  deps: HostDeps,
  proved: ProvedConnection,
  asker: Asker,
  { onlyOne }: { readonly onlyOne: boolean },
): Promise<readonly StoredConnection[]> => {
  const { id, wanted, provider, account, objects, trial } = proved
  const { workspaceId } = wanted
  const { engine } = deps
  const sealed = await trial.seal()
  const credentialsExpireAt = expiryOf(account, await trial.current())
  const settings = { ...proved.settings, ...trial.learned() }
  const existing = await engine.database.transaction(async (tx) => {
    const found = onlyOne
      ? await lockConnectionsTo(tx, { workspaceId, provider: provider.id, accountId: account.id })
      : []
    if (found.length > 0) return found
    await insertConnection(tx, {
      id,
      workspaceId,
      provider: provider.id,
      name: wanted.name ?? account.name ?? provider.title,
      settings,
      credentials: sealed,
      trusted: wanted.trusted === true,
      account,
      credentialsExpireAt,
      objects,
      enabled: wanted.enabled ?? true,
      skewMs: trial.skewMs(),
    })
    await createFeedHead(tx, id)
    const connection = { id, provider: provider.id, workspaceId, settings, skewMs: trial.skewMs() }
    await cursorsFor(tx, deps, connection, objects)
    await wakeChannelOf(tx, deps, connection)
    return found
  })
  if (existing.length > 0) {
    deps.trials.forget(id)
    return existing
  }
  engine.log.info(
    { connection_id: id, provider: provider.id, workspace_id: workspaceId, actor: asker.actor },
    'a connection was made',
  )
  return []
}
