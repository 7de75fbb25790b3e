import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { CredentialDeps } from './auth/credentials.ts'
import type { LeasePort } from './auth/ports.ts'
import { createSessions } from './auth/session.ts'
import { createTokens } from './auth/tokens.ts'
import { createVault } from './auth/vault.ts'
import { type Parts, TOKENS } from './container.ts'
import type { Json } from './contract.ts'
import { type Contexts, createContexts } from './host/contexts.ts'
import type { HostDeps } from './host/deps.ts'
import { createHooks } from './host/hooks.ts'
import { createTrials } from './host/trials.ts'
import type { HostOptions } from './host_options.ts'
import type { HttpDeps } from './http/context.ts'
import { createGate } from './http/gate.ts'
import { createLimiter } from './http/limiter.ts'
import type { CallTelemetry } from './http/ports.ts'
import { createTransport, type Transport } from './http/transport.ts'
import { createBoss } from './jobs/boss.ts'
import { createDoorbell } from './jobs/doorbell.ts'
import { budgetInUse } from './store/budget_left.ts'
import { updateConnection } from './store/connections.ts'
import { sealedCredentials } from './store/credentials.ts'
import type { Database } from './store/database.ts'
import { acquireLease, releaseLease, renewLease } from './store/leases.ts'
import type { Engine, Retention, SyncMetrics, Timing } from './sync/engine.ts'
import type { StopSignals } from './sync/turn.ts'
import type { Metrics } from './telemetry/index.ts'

/** Everything of one host that is made once. */
export interface Wired {
  readonly deps: HostDeps
  readonly engine: Engine
  readonly boss: ReturnType<typeof createBoss>
  readonly contexts: Contexts
  close(): void
}

const timingOf = (options: HostOptions): Timing => ({
  pollMs: (options.pollSeconds ?? 60) * 1000,
  sweepMs: (options.sweepHours ?? 24) * 3_600_000,
  callTimeoutMs: options.callTimeoutMs ?? 15_000,
  turnMs: 10_000,
})

const DAY_MS = 86_400_000
/** CRMs repeat an event for a day at most. */
const KEEP_HINTS_DAYS = 14
const KEEP_PUSHES_DAYS = 30

const retentionOf = ({ keepPushesDays = KEEP_PUSHES_DAYS }: HostOptions): Retention => ({
  inboxMs: KEEP_HINTS_DAYS * DAY_MS,
  outboxMs: keepPushesDays * DAY_MS,
})

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  typeof value === 'string' ? [value] : (value ?? [])

const leasePort = (database: Database, owner: string): LeasePort => ({
  acquire: async (key, forMs) => {
    const lease = await acquireLease(database, key, owner, forMs)
    return (
      lease && {
        renew: (longerMs) => renewLease(database, lease, longerMs),
        release: () => releaseLease(database, lease),
      }
    )
  },
})

/** Joins the layers of a host out of its parts. Opens nothing and starts nothing. */
export const wire = (parts: Parts, stop: StopSignals, metrics: Metrics): Wired => {
  const options = parts.get(TOKENS.options)
  const database = parts.get(TOKENS.database)
  const registry = parts.get(TOKENS.registry)
  const clock = parts.get(TOKENS.clock)
  const log = parts.get(TOKENS.log)
  const random = parts.get(TOKENS.random)
  const keyRing = parts.get(TOKENS.keyRing)
  const owner = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`
  const transport = createTransport({ allowPrivate: options.allowPrivateHosts === true })
  const { onBoundary } = options
  const send: Transport =
    onBoundary === undefined
      ? transport.send
      : async (request) => {
          await onBoundary('before-call')
          const reply = await transport.send(request)
          await onBoundary('after-call')
          return reply
        }
  const skews = new Map<string, number>()

  const telemetry: CallTelemetry = {
    onCall: (call) => {
      metrics.apiCall(call.provider, call.status === 'error' ? undefined : call.status)
      if (call.status === 429) metrics.rateLimitHit(call.provider)
      const { correlationId, connectionId, ...rest } = call
      log.debug({ ...rest, correlation_id: correlationId, connection_id: connectionId }, 'called the CRM')
    },
    onClock: (connectionId, skewMs) => {
      const before = skews.get(connectionId)
      skews.set(connectionId, skewMs)
      if (before !== undefined && Math.abs(before - skewMs) < SKEW_WORTH_KEEPING_MS) return
      // A connection on trial has no row yet: its skew is stored with it.
      updateConnection(database.db, connectionId, { skewMs: Math.round(skewMs) }).catch(() => undefined)
    },
  }
  const http: HttpDeps = {
    transport: send,
    limiter: createLimiter(parts.get(TOKENS.buckets), clock),
    gate: createGate(),
    telemetry,
    clock,
    random,
    requestsPerSecond: options.rateLimit,
  }
  const credentials = createVault(sealedCredentials(database), keyRing)
  const oauth = {
    transport: send,
    wallMs: () => clock.wallMs(),
    apps: {
      app: (id: string) => {
        const client = options.oauthClients?.[id]
        return client && { clientId: client.id, clientSecret: client.secret }
      },
    },
  }
  const signIn: CredentialDeps = {
    store: credentials,
    tokens: createTokens({ store: credentials, leases: leasePort(database, owner), clock }),
    sessions: createSessions(credentials, clock),
    oauth,
  }
  const contexts = createContexts(http, signIn, timingOf(options).callTimeoutMs)
  const boss = createBoss(database, log)
  const hooks = createHooks(database, keyRing, {
    publicUrl: options.publicUrl,
    path: options.webhookPath ?? '/crm/webhooks',
    secrets: listOf(options.webhookSecret),
  })
  const engine: Engine = {
    database,
    provider: (id) => registry.get(id),
    createCtx: (connection, operation) =>
      contexts.open(connection, registry.get(connection.provider).provider, operation),
    doorbell: createDoorbell(boss, database),
    hooks,
    retention: retentionOf(options),
    clock,
    random,
    owner,
    log,
    metrics: parts.get(TOKENS.metrics),
    timing: timingOf(options),
    redact: <T>(connectionId: string, value: T) => contexts.redactorOf(connectionId).json(value) as T,
  }
  const deps: HostDeps = {
    engine,
    registry,
    options,
    hooks,
    credentials,
    keyRing,
    oauth,
    trials: createTrials({ contexts, oauth, clock, keyRing, signal: stop.now, skewOf: (id) => skews.get(id) ?? 0 }),
    rateBudget: async ({ id, provider, account }) => {
      const owners = [`${provider}:connection:${id}`, `${provider}:account:${String(account?.['id'])}`]
      return (await budgetInUse(database, owners)) as unknown as Json
    },
    signal: stop.now,
  }
  return { deps, engine, boss, contexts, close: () => transport.close() }
}

const SKEW_WORTH_KEEPING_MS = 250

/** Counts what the engine does, under the names that operators know. */
export const syncMetrics = (metrics: Metrics): SyncMetrics => ({
  operation: (provider, operation, status) => metrics.operation({ provider, operation, status }),
  duration: (provider, object, job, seconds) => metrics.syncDuration({ provider, object, job }, seconds),
  error: (provider, kind) => metrics.error(provider, kind),
  webhookEvents: (provider, result, count) => {
    if (count > 0) metrics.webhookEvents({ provider, result }, count)
  },
  webhookRejected: (provider, reason) => metrics.webhookRejected({ provider, reason }),
})
