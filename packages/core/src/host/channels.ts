import { wakeChannel, wakeOutdatedChannels } from '../store/channels.ts'
import type { Tx } from '../store/database.ts'
import { closeChannel, hasChannels } from '../sync/channel.ts'
import type { HostDeps } from './deps.ts'

const CLOSING_TIMEOUT_MS = 5_000

/** After a connection was made or changed: its webhook channel is looked at, where it has one. */
export const wakeChannelOf = async (
  tx: Tx,
  { engine, registry }: HostDeps,
  connection: { readonly id: string; readonly provider: string },
): Promise<void> => {
  if (!engine.hooks.isReachable || !hasChannels(registry.get(connection.provider).provider)) return
  await wakeChannel(tx, connection, engine.clock.wallMs())
  await engine.doorbell.channel(connection.id, tx)
}

/** At the start: channels follow the public address and the secret that this host has now. */
export const followHookSettings = async ({ engine, registry }: HostDeps): Promise<void> => {
  const providers = registry.list().map(({ provider }) => provider)
  const withChannels = providers.filter(hasChannels).map(({ id }) => id)
  if (withChannels.length === 0 || !engine.hooks.isReachable) return
  await wakeOutdatedChannels(engine.database, withChannels, engine.hooks.basis, engine.clock.wallMs())
}

/** Before a connection is removed, while its credentials still serve; the CRM gets some seconds and no more. */
export const closeChannelOf = async ({ engine, signal }: HostDeps, connectionId: string): Promise<void> => {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(CLOSING_TIMEOUT_MS)])
  await closeChannel(engine, connectionId, ended).catch((error: unknown) => {
    engine.log.warn({ connection_id: connectionId, err: error }, 'a webhook channel could not be closed')
  })
}
