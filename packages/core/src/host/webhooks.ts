import type { IncomingWebhook, WebhookRejection, WebhooksApi } from '../api.ts'
import type { RawRequest, RemoteEvent } from '../contract.ts'
import { type CrmError, crmError, isCrmError } from '../errors.ts'
import type { AnyProvider } from '../registry/index.ts'
import { noteEvents } from '../store/channels.ts'
import { type AnnouncedHint, announceHints } from '../store/inbox.ts'
import { newId } from '../sync/identifiers.ts'
import type { HostDeps } from './deps.ts'
import { webhookAddress } from './webhook_address.ts'
import { readEvents } from './webhook_events.ts'
import { createWebhookSenders } from './webhook_senders.ts'

/** How exact it is known when a CRM last spoke. */
const NOTED_EVERY_MS = 10_000
/** Connections that are rung for with the request; the due-query rings for others within a second. */
const MOST_RINGS = 10

const REASONS: Readonly<Partial<Record<CrmError['kind'], WebhookRejection>>> = {
  auth: 'signature',
  invalid: 'unreadable',
  not_found: 'unknown',
}

/** Takes what CRMs announce: proof first, then inbox rows and the doorbell in one transaction. Reading comes later. */
export const createWebhooksApi = (deps: HostDeps): WebhooksApi => {
  const { engine, registry, options } = deps
  const senders = createWebhookSenders(deps)

  const rejected = (provider: string, reason: WebhookRejection): void => {
    const isInstalled = registry.list().some((installed) => installed.provider.id === provider)
    engine.metrics.webhookRejected(isInstalled ? provider : 'unknown', reason)
  }

  const receive = async (
    id: string,
    connectionId: string | undefined,
    request: IncomingWebhook,
    correlationId: string,
  ) => {
    const { provider } = registry.get(id)
    if (provider.webhooks === undefined) {
      throw crmError('not_found', `${provider.title} sends no webhooks.`, { provider: id })
    }
    const raw: RawRequest = {
      method: request.method,
      url: `${(options.publicUrl ?? '').replace(/\/+$/, '')}${request.path}`,
      headers: request.headers,
      body: request.body,
      receivedAt: new Date(engine.clock.wallMs()),
    }
    const sender = await senders.prove(provider, connectionId, raw)
    const { events, unreadable } = readEvents(provider, raw)
    const routed = await sender.route(events)
    const hints = routed.map(({ connectionId: target, event }) => hintOf(target, event))
    const accepted = hints.length === 0 ? 0 : await store(provider, hints, raw.receivedAt.getTime(), correlationId)
    const stray = events.filter((event) => !routed.some((each) => each.event === event)).length
    engine.metrics.operation(id, 'webhook', 'ok')
    engine.metrics.webhookEvents(id, 'accepted', accepted)
    engine.metrics.webhookEvents(id, 'duplicate', hints.length - accepted)
    engine.metrics.webhookEvents(id, 'unroutable', stray)
    engine.metrics.webhookEvents(id, 'unreadable', unreadable)
    return { accepted, duplicates: hints.length - accepted }
  }

  const store = (
    provider: AnyProvider,
    hints: readonly AnnouncedHint[],
    atMs: number,
    correlationId: string,
  ): Promise<number> =>
    engine.database.transaction(async (tx) => {
      const targets = [...new Set(hints.map(({ connectionId }) => connectionId))]
      const accepted = await announceHints(tx, provider.id, correlationId, hints)
      await noteEvents(tx, provider.id, targets, atMs, NOTED_EVERY_MS)
      if (accepted > 0) for (const target of targets.slice(0, MOST_RINGS)) await engine.doorbell.inbox(target, tx)
      return accepted
    })

  return {
    receive: async (provider, connectionId, request, asker = {}) => {
      try {
        return await receive(provider, connectionId, request, asker.correlationId ?? newId('hook'))
      } catch (error) {
        const reason = isCrmError(error) ? REASONS[error.kind] : undefined
        if (reason !== undefined) rejected(provider, reason)
        throw error
      }
    },
    rejected,
    address: (connectionId, asker = {}) => webhookAddress(deps, connectionId, asker),
  }
}

const hintOf = (connectionId: string, { key, object, remoteId, op, at, mergedInto }: RemoteEvent): AnnouncedHint => ({
  connectionId,
  dedupeKey: key,
  object,
  externalId: remoteId,
  op,
  at,
  mergedInto: mergedInto ?? null,
})
