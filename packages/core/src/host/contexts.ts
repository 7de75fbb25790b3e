import { type CredentialDeps, openCredentials } from '../auth/credentials.ts'
import type { Account, BaseSettings, Ctx, Fields } from '../contract.ts'
import { createCtx } from '../http/client.ts'
import type { HttpDeps } from '../http/context.ts'
import type { CredentialSource } from '../http/ports.ts'
import { createRedactor, type Redactor } from '../http/redact.ts'
import type { AnyProvider } from '../registry/index.ts'
import type { StoredConnection } from '../store/connections.ts'
import type { Operation } from '../sync/engine.ts'

/** What a context needs to know of a connection, stored or on trial. */
export interface Party {
  readonly id: string
  readonly workspaceId: string
  readonly provider: AnyProvider
  readonly settings: Fields
  readonly isTrusted: boolean
  readonly account: Account | undefined
  readonly skewMs: number
}

export interface Contexts {
  /** For a stored connection; what is read of its credentials serves for as long as the row object does. */
  open(connection: StoredConnection, provider: AnyProvider, operation: Operation): Promise<Ctx<Fields>>
  /** With credentials of any store. */
  openWith(deps: CredentialDeps, party: Party, operation: Operation): Promise<Ctx<Fields>>
  /** Replaces the connection's known secrets. */
  redactorOf(connectionId: string): Redactor
  /** Replaces every secret that this process has seen, for logs. */
  redactText(text: string): string
  forget(connectionId: string): void
}

const NAMES_ONLY = createRedactor()

/** Makes the contexts that plugins work with, and remembers what must not be shown. */
export const createContexts = (http: HttpDeps, stored: CredentialDeps, longestCallMs: number): Contexts => {
  const sources = new WeakMap<StoredConnection, Promise<CredentialSource>>()
  const live = new Map<string, CredentialSource>()

  /** No call may outlast what the deadlines of writes are reckoned with. */
  const capped = (ctx: Ctx<Fields>): Ctx<Fields> => ({
    settings: ctx.settings,
    get session() {
      return ctx.session
    },
    account: ctx.account,
    signal: ctx.signal,
    now: () => ctx.now(),
    lookup: (table, key) => ctx.lookup(table, key),
    call: (request) => ctx.call({ ...request, timeoutMs: Math.min(request.timeoutMs ?? longestCallMs, longestCallMs) }),
  })

  const contextOf = (party: Party, credentials: CredentialSource, operation: Operation): Ctx<Fields> => {
    const ctx = createCtx<Fields>(http, {
      provider: party.provider,
      connectionId: party.id,
      workspaceId: party.workspaceId,
      settings: party.settings as Fields & BaseSettings,
      credentials,
      ...(party.account === undefined ? {} : { account: party.account }),
      operation: operation.name,
      priority: operation.priority,
      signal: operation.signal,
      ...(operation.sendBy === undefined ? {} : { sendBy: operation.sendBy }),
      correlationId: operation.correlationId,
      skewMs: party.skewMs,
      lookup: operation.lookup,
    })
    return capped(ctx)
  }

  const sourceOf = async (deps: CredentialDeps, party: Party, first: Operation): Promise<CredentialSource> => {
    // A later operation may renew the session, and signing in writes nothing: the first one's deadline is not its own.
    const { sendBy: _, ...operation } = first
    const source = await openCredentials<Fields>(deps, {
      provider: party.provider,
      connectionId: party.id,
      settings: party.settings as Fields & BaseSettings,
      isTrusted: party.isTrusted,
      ctxWith: (credentials) => contextOf(party, credentials, operation),
    })
    live.set(party.id, source)
    return source
  }

  return {
    open: async (connection, provider, operation) => {
      const party: Party = {
        id: connection.id,
        workspaceId: connection.workspace_id,
        provider,
        settings: connection.settings,
        isTrusted: connection.trusted,
        account: (connection.account as unknown as Account | null) ?? undefined,
        skewMs: connection.skew_ms,
      }
      let source = sources.get(connection)
      if (source === undefined) {
        source = sourceOf(stored, party, operation)
        sources.set(connection, source)
        // A refusal is not kept: the next operation asks again.
        source.catch(() => sources.delete(connection))
      }
      return contextOf(party, await source, operation)
    },
    openWith: async (deps, party, operation) => contextOf(party, await sourceOf(deps, party, operation), operation),
    redactorOf: (connectionId) => live.get(connectionId)?.redactor ?? NAMES_ONLY,
    redactText: (text) => [...live.values()].reduce((clean, { redactor }) => redactor.text(clean), text),
    forget: (connectionId) => {
      live.delete(connectionId)
    },
  }
}
