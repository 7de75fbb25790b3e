import type { WebhookState } from '../api.ts'
import type { Json } from '../contract.ts'
import { findChannel } from '../store/channels.ts'
import type { StoredConnection } from '../store/connections.ts'
import { hasChannels } from '../sync/channel.ts'
import type { HostDeps } from './deps.ts'

/** How a connection hears of changes besides polling, and why it does not where it does not. */
export const webhookState = async (
  { engine, registry, hooks }: HostDeps,
  connection: StoredConnection,
): Promise<WebhookState> => {
  const { provider } = registry.get(connection.provider)
  const { webhooks } = provider
  if (webhooks === undefined) return { state: 'none', reason: `${provider.title} sends no webhooks; it is polled.` }
  const channel = await findChannel(engine.database.db, connection.id)
  const url = hooks.addressOf(provider.id, webhooks.secret === 'connection' ? connection.id : undefined)
  const lastEventAt = channel?.last_event_at?.toISOString()
  const heard = lastEventAt === undefined ? {} : { lastEventAt }
  const address = url === undefined ? {} : { url }
  if (url === undefined) return { state: 'none', reason: 'CRM_PUBLIC_URL is not set.', ...heard }
  if (!hasChannels(provider)) {
    if (lastEventAt !== undefined) return { state: 'active', ...address, ...heard }
    const where = webhooks.secret === 'client' ? 'the settings of the app' : 'the CRM'
    return { state: 'none', reason: `Nothing has come yet: enter the address in ${where}.`, ...address }
  }
  const state = channel?.state ?? 'none'
  return {
    state,
    ...(state === 'none'
      ? { reason: connection.enabled ? 'It is about to be asked for.' : 'It is switched off.' }
      : {}),
    ...address,
    ...heard,
    ...(channel?.expires_at == null ? {} : { expiresAt: channel.expires_at.toISOString() }),
    ...(channel?.renewed_at == null ? {} : { renewedAt: channel.renewed_at.toISOString() }),
    ...(channel?.last_error == null ? {} : { lastError: channel.last_error as Json }),
  }
}
