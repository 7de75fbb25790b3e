import { createHmac } from 'node:crypto'
import type { IncomingWebhook, WebhooksApi } from '../api.ts'
import type { RawRequest, RemoteEvent } from '../contract.ts'
import { crmError } from '../errors.ts'
import type { AnyProvider } from '../registry/index.ts'
import { findConnection, listConnections, type StoredConnection } from '../store/connections.ts'
import { addHints } from '../store/inbox.ts'
import { newId } from '../sync/identifiers.ts'
import type { HostDeps } from './deps.ts'

/** A connection's own webhook secret: derived, so that it need not be stored; 43 characters. */
export const webhookSecretOf = (master: string, connectionId: string): string =>
  createHmac('sha256', master).update(`webhook:${connectionId}`).digest('base64url')

/** Takes what CRMs announce: proof first, then inbox rows and the doorbell in one transaction. Reading comes later. */
export const createWebhooksApi = ({ engine, registry, options }: HostDeps): WebhooksApi => {
  const secretFor = (provider: AnyProvider, connection: StoredConnection | undefined): string => {
    const client = options.oauthClients?.[provider.id]?.secret
    const secret =
      provider.webhooks?.secret === 'client'
        ? client
        : connection && options.webhookSecret && webhookSecretOf(options.webhookSecret, connection.id)
    if (secret) return secret
    const variable =
      provider.webhooks?.secret === 'client' ? `CRM_${provider.id.toUpperCase()}_CLIENT_SECRET` : 'CRM_WEBHOOK_SECRET'
    throw crmError('auth', `Webhooks of ${provider.title} cannot be verified here: set ${variable}.`, {
      provider: provider.id,
    })
  }

  /** Whose events they are: the connection of the URL, or those of the account that each event names. */
  const route = async (
    provider: AnyProvider,
    connection: StoredConnection | undefined,
    events: readonly RemoteEvent[],
  ) => {
    if (connection !== undefined) return new Map([[connection.id, events]])
    const candidates = await listConnections(engine.database, { provider: provider.id })
    const routed = new Map<string, RemoteEvent[]>()
    for (const event of events) {
      for (const { id, account } of candidates) {
        if (event.accountId === undefined || account?.['id'] !== event.accountId) continue
        routed.set(id, [...(routed.get(id) ?? []), event])
      }
    }
    return routed
  }

  const receive = async (
    id: string,
    connectionId: string | undefined,
    request: IncomingWebhook,
    correlationId: string,
  ) => {
    const { provider } = registry.get(id)
    const { webhooks } = provider
    if (webhooks === undefined) throw crmError('not_found', `${provider.title} sends no webhooks.`, { provider: id })
    const connection = connectionId === undefined ? undefined : await findConnection(engine.database.db, connectionId)
    const isForeign = connection !== undefined && connection.provider !== id
    if (connectionId !== undefined && (connection === undefined || isForeign)) {
      throw crmError('not_found', `There is no connection ${connectionId} of ${provider.title}.`, { provider: id })
    }
    const raw: RawRequest = {
      method: request.method,
      url: `${(options.publicUrl ?? '').replace(/\/$/, '')}${request.path}`,
      headers: request.headers,
      body: request.body,
      receivedAt: new Date(engine.clock.wallMs()),
    }
    if (!webhooks.verify(raw, secretFor(provider, connection))) {
      engine.metrics.operation(id, 'webhook', 'error')
      throw crmError('auth', 'The signature of this webhook does not match.', { provider: id })
    }
    const events = parse(provider, raw)
    const routed = await route(provider, connection, events)
    let accepted = 0
    await engine.database.transaction(async (tx) => {
      accepted = 0
      for (const [target, ofTarget] of routed) {
        const hints = ofTarget.map(({ key, object, remoteId, op, at, mergedInto }) => ({
          dedupeKey: key,
          object,
          externalId: remoteId,
          op,
          at,
          mergedInto: mergedInto ?? null,
        }))
        accepted += await addHints(tx, target, id, correlationId, hints)
        await engine.doorbell.inbox(target, tx)
      }
    })
    const total = [...routed.values()].reduce((sum, list) => sum + list.length, 0)
    engine.metrics.operation(id, 'webhook', 'ok')
    return { accepted, duplicates: total - accepted }
  }

  const parse = (provider: AnyProvider, raw: RawRequest): readonly RemoteEvent[] => {
    try {
      return provider.webhooks?.parse(raw) ?? []
    } catch (error) {
      throw crmError('invalid', `The webhook of ${provider.title} could not be read.`, {
        provider: provider.id,
        cause: error,
      })
    }
  }

  return {
    receive: (provider, connectionId, request, asker = {}) =>
      receive(provider, connectionId, request, asker.correlationId ?? newId('hook')),
  }
}
