import type { Asker } from '../api.ts'
import { crmError } from '../errors.ts'
import { appendAudit } from '../store/audit.ts'
import { requireConnection } from '../store/connections.ts'
import { reserveFeed } from '../store/feed.ts'
import { instant } from '../store/rows.ts'
import type { HostDeps } from './deps.ts'

/**
 * The address that a person enters in the CRM, with the connection's secret in it where the CRM has no other place for
 * it. Who asked for it stands in the audit; the secret does not.
 */
export const webhookAddress = async (
  { engine, registry, hooks }: HostDeps,
  connectionId: string,
  asker: Asker,
): Promise<{ readonly url: string }> => {
  const connection = await requireConnection(engine.database.db, connectionId)
  const { provider } = registry.get(connection.provider)
  const { webhooks } = provider
  if (webhooks === undefined) {
    throw crmError('invalid', `${provider.title} sends no webhooks; it is polled.`, { connectionId })
  }
  const isOwn = webhooks.secret === 'connection'
  const url = hooks.addressOf(provider.id, isOwn ? connectionId : undefined)
  if (url === undefined) {
    const message = 'This host has no public address that a CRM could send to: set CRM_PUBLIC_URL.'
    throw crmError('invalid', message, { connectionId })
  }
  // An app's secret is known to the CRM, so the address bears none and tells nothing.
  if (!isOwn) return { url }
  const secret = await hooks.secretOf(connection)
  const address = webhooks.address?.({ url, secret }) ?? url
  await engine.database.transaction(async (tx) => {
    const head = await reserveFeed(tx, connectionId, 0)
    const entry = {
      actor: asker.actor ?? 'host',
      action: 'connection.webhook-address',
      type: 'connection',
      object: null,
      externalId: null,
      localId: null,
      changes: { url: [null, url] },
      correlationId: asker.correlationId ?? null,
    }
    await appendAudit(tx, connectionId, head, [entry], instant(engine.clock.wallMs()))
  })
  return { url: address }
}
