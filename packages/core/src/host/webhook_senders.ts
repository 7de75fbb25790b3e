import type { RawRequest, RemoteEvent } from '../contract.ts'
import { crmError } from '../errors.ts'
import type { AnyProvider } from '../registry/index.ts'
import { type AccountHolder, findHookTarget, type HookTarget, holdersOfAccounts } from '../store/connections.ts'
import { createClientSecrets } from './client_secrets.ts'
import type { HostDeps } from './deps.ts'

/** Who sent a request, proved: it knows whose events it may tell of. */
export interface ProvedSender {
  route(events: readonly RemoteEvent[]): Promise<readonly RoutedEvent[]>
}
export interface RoutedEvent {
  readonly connectionId: string
  readonly event: RemoteEvent
}

export interface WebhookSenders {
  /** Throws `auth` where no secret proves the request, `not_found` where there is no such connection. */
  prove(provider: AnyProvider, connectionId: string | undefined, raw: RawRequest): Promise<ProvedSender>
}

/** A plugin is not to throw, and what it throws all the same proves nothing. */
const isProved = ({ webhooks }: AnyProvider, raw: RawRequest, secret: string): boolean => {
  try {
    return webhooks?.verify(raw, secret) === true
  } catch {
    return false
  }
}

const forged = ({ id }: AnyProvider): Error =>
  crmError('auth', 'The signature of this webhook does not match.', { provider: id })

const unverifiable = ({ id, title }: AnyProvider): Error =>
  crmError('auth', `Webhooks of ${title} cannot be verified here: set CRM_${id.toUpperCase()}_CLIENT_SECRET.`, {
    provider: id,
  })

/**
 * Proves who sent a request. Where an app's secret signs, there may be several apps: the host's own, and those that
 * connections bring. Whoever knows the secret of one must not speak for the connections of another.
 */
export const createWebhookSenders = ({ engine, options, credentials, hooks }: HostDeps): WebhookSenders => {
  const { db } = engine.database
  const secrets = createClientSecrets({
    database: engine.database,
    credentials,
    clock: engine.clock,
    hostSecret: (provider) => options.oauthClients?.[provider]?.secret,
  })

  const target = async ({ id, title }: AnyProvider, connectionId: string): Promise<HookTarget> => {
    const found = await findHookTarget(db, connectionId)
    if (found?.provider === id) return found
    throw crmError('not_found', `There is no connection ${connectionId} of ${title}.`, { provider: id })
  }

  const provedSecret = async (provider: AnyProvider, raw: RawRequest, candidates: AsyncIterable<string>) => {
    let known = 0
    for await (const secret of candidates) {
      known += 1
      if (isProved(provider, raw, secret)) return secret
    }
    throw known === 0 ? unverifiable(provider) : forged(provider)
  }

  const proveApp = async (provider: AnyProvider, connectionId: string | undefined, raw: RawRequest) => {
    const named = connectionId === undefined ? undefined : await target(provider, connectionId)
    const proved = await provedSecret(provider, raw, secrets.candidates(provider.id))
    const route = async (events: readonly RemoteEvent[]): Promise<readonly RoutedEvent[]> => {
      const accounts = [...new Set(events.flatMap(({ accountId }) => accountId ?? []))]
      const holders = named === undefined ? await holdersOfAccounts(db, provider.id, accounts) : [named]
      const ofApp = await Promise.all(
        holders.map(async (holder) => ((await secrets.of(holder)) === proved ? [holder] : [])),
      )
      return events.flatMap((event) =>
        ofApp
          .flat()
          .filter((holder) => isOf(holder, event, named !== undefined))
          .map(({ id }) => ({ connectionId: id, event })),
      )
    }
    return { route }
  }

  const proveConnection = async (provider: AnyProvider, connectionId: string | undefined, raw: RawRequest) => {
    if (connectionId === undefined) {
      const message = `Webhooks of ${provider.title} come to an address of each connection's own.`
      throw crmError('not_found', message, { provider: provider.id })
    }
    const found = await target(provider, connectionId)
    const accepted = await hooks.acceptedFor({ id: found.id, workspaceId: found.workspaceId }, found.secret)
    if (!accepted.some((secret) => isProved(provider, raw, secret))) throw forged(provider)
    const route = async (events: readonly RemoteEvent[]): Promise<readonly RoutedEvent[]> =>
      events.filter((event) => isOf(found, event, true)).map((event) => ({ connectionId: found.id, event }))
    return { route }
  }

  return {
    prove: (provider, connectionId, raw) =>
      provider.webhooks?.secret === 'client'
        ? proveApp(provider, connectionId, raw)
        : proveConnection(provider, connectionId, raw),
  }
}

/** An event that names an account is of its connections alone; one that names none is of the connection it came for. */
const isOf = ({ accountId }: AccountHolder, event: RemoteEvent, isNamed: boolean): boolean =>
  event.accountId === undefined || (isNamed && accountId === null) ? isNamed : event.accountId === accountId
