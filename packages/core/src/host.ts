import { resolve } from 'node:path'
import type { Host } from './api.ts'
import { fernetKeyRing } from './auth/keyring.ts'
import { createCrmClient } from './client.ts'
import { createParts, type Parts, TOKENS } from './container.ts'
import { crmError } from './errors.ts'
import { followHookSettings } from './host/channels.ts'
import { createConnectionsApi } from './host/connections.ts'
import { createDeadLettersApi } from './host/dead_letters.ts'
import type { HostDeps } from './host/deps.ts'
import { watchExpiry } from './host/expiry.ts'
import { createFlagsApi } from './host/flags.ts'
import { createHealthApi } from './host/health.ts'
import { createKeysApi } from './host/keys.ts'
import { createLinksApi } from './host/links.ts'
import { createOutboxApi } from './host/outbox.ts'
import { createProvidersApi } from './host/providers.ts'
import { createRecordsApi } from './host/records.ts'
import { createSignInsApi } from './host/sign_in.ts'
import { createSyncApi } from './host/sync.ts'
import { createWebhooksApi } from './host/webhooks.ts'
import type { HostOptions } from './host_options.ts'
import { systemClock } from './http/context.ts'
import { startBoss } from './jobs/boss.ts'
import { drain } from './jobs/drain.ts'
import { createRunner } from './jobs/runner.ts'
import { validateMapping } from './mapping/index.ts'
import { loadProviders, nearestPackageJson } from './registry/index.ts'
import { listConnections } from './store/connections.ts'
import { wakePolls } from './store/cursors.ts'
import { type Database, openDatabase } from './store/database.ts'
import { embeddedKeys } from './store/encryption_key_file.ts'
import { connectionNumbers } from './store/gauges.ts'
import { dropAllLeases } from './store/leases.ts'
import { migrate } from './store/migrations.ts'
import { sqlBucketStore } from './store/rate_buckets.ts'
import type { Engine } from './sync/engine.ts'
import type { StopSignals } from './sync/turn.ts'
import { createLog, createMetrics, type Log, type Metrics } from './telemetry/index.ts'
import { syncMetrics, type Wired, wire } from './wiring.ts'

/** Most of the ten seconds that a stop may take; what is under way then is broken off. */
const GRACE_MS = 8_000

const sourceOf = (options: HostOptions) => {
  if (options.database !== undefined) return options.database
  return options.databaseUrl === undefined
    ? { dataDir: resolve(options.dataDir ?? '.raccordo') }
    : { url: options.databaseUrl }
}

const keysOf = (options: HostOptions): readonly string[] => {
  if (options.encryptionKeys !== undefined) return options.encryptionKeys
  const source = sourceOf(options)
  if (!('url' in source))
    return embeddedKeys('dataDir' in source ? source.dataDir : resolve(options.dataDir ?? '.raccordo'))
  throw crmError(
    'invalid',
    'CRM_ENCRYPTION_KEYS is not set, and credentials on a real database are not kept in plain. ' +
      'Make a key with `raccordo keys generate` and give it to every process.',
  )
}

/**
 * Makes a host: finds the providers among the dependencies of its package.json, opens the database and joins the
 * layers. It works from `start()` on. Throws `invalid` with every fault of the plugins, of the keys or of the data
 * folder, and `unavailable` where the database cannot be reached; nothing is left running then.
 */
export const createHost = async (options: HostOptions = {}): Promise<Host> => {
  const parts = createParts()
  let hidden: (text: string) => string = (text) => text
  const log = createLog({ level: options.logLevel, logDir: options.logDir, redactText: (text) => hidden(text) })
  parts.provide(TOKENS.options, () => options)
  parts.provide(TOKENS.log, () => log.logger)
  parts.provide(TOKENS.clock, () => systemClock)
  parts.provide(TOKENS.random, () => Math.random)
  parts.provide(TOKENS.keyRing, () => fernetKeyRing(keysOf(options)))
  parts.provide(TOKENS.buckets, () => sqlBucketStore(parts.get(TOKENS.database)))
  options.configure?.(parts)

  const registry = await loadProviders({
    hostPackageJson: options.hostPackageJson ?? nearestPackageJson(process.cwd()),
    ...options.providers,
    importer: options.importer,
    validateMapping,
  })
  parts.provide(TOKENS.registry, () => registry)
  // Malformed or missing keys are told before anything is opened.
  parts.get(TOKENS.keyRing)
  const isOwnDatabase = !parts.has(TOKENS.database)
  if (isOwnDatabase) {
    const opened = await openDatabase(sourceOf(options), options.onBoundary)
    parts.provide(TOKENS.database, () => opened)
  }
  const database = parts.get(TOKENS.database)
  const metrics = createMetrics({
    readGauges: async () => (await connectionNumbers(database)).map(gaugesOf),
    onUnreadable: (error) => log.logger.warn({ err: error }, 'the gauges could not be read'),
  })
  if (!parts.has(TOKENS.metrics)) parts.provide(TOKENS.metrics, () => syncMetrics(metrics))

  const soon = new AbortController()
  const now = new AbortController()
  const stop: StopSignals = { soon: soon.signal, now: now.signal }
  const wired = wire(parts, stop, metrics)
  hidden = wired.contexts.redactText
  return assemble({ parts, wired, database, isOwnDatabase, metrics, log, soon, now })
}

const gaugesOf = ({
  id,
  provider,
  status,
  enabled,
  lagSeconds,
  credentialsSecondsLeft,
  ...numbers
}: Awaited<ReturnType<typeof connectionNumbers>>[number]) => ({
  provider,
  connection: id,
  status: status === 'active' && !enabled ? ('paused' as const) : status,
  ...(lagSeconds === null ? {} : { lagSeconds }),
  ...(credentialsSecondsLeft === null ? {} : { credentialsSecondsLeft }),
  ...numbers,
})

interface Made {
  readonly parts: Parts
  readonly wired: Wired
  readonly database: Database
  readonly isOwnDatabase: boolean
  readonly metrics: Metrics
  readonly log: Log
  readonly soon: AbortController
  readonly now: AbortController
}

const assemble = ({ parts, wired, database, isOwnDatabase, metrics, log, soon, now }: Made): Host => {
  const { deps, engine, boss } = wired
  const options = parts.get(TOKENS.options)
  const runner = createRunner(engine, boss, { soon: soon.signal, now: now.signal })
  let state: 'made' | 'started' | 'stopped' = 'made'
  let unwatchExpiry = (): void => undefined
  const connections = createConnectionsApi(deps)
  const outbox = createOutboxApi(deps)
  const records = createRecordsApi(deps)

  const start = async (): Promise<void> => {
    if (state !== 'made') throw crmError('bug', 'A host is started once.')
    await migrate(database.db)
    // Nobody else can hold anything of an embedded database.
    if (database.backend === 'pglite') await dropAllLeases(database.db)
    await assertKeysOpen(deps, engine)
    await followHookSettings(deps)
    const { pollMs, sweepMs } = engine.timing
    if (pollMs > 0) await wakePolls(database, pollMs, sweepMs)
    await startBoss(boss)
    if (options.works !== false) await runner.start()
    if (options.works !== false) unwatchExpiry = watchExpiry(engine)
    state = 'started'
  }

  const end = async (): Promise<void> => {
    if (state === 'stopped') return
    const wasStarted = state === 'started'
    state = 'stopped'
    unwatchExpiry()
    soon.abort(crmError('unavailable', 'The host is stopping.'))
    const hard = setTimeout(() => now.abort(crmError('unavailable', 'The host has stopped.')), GRACE_MS)
    try {
      if (wasStarted) {
        if (options.works !== false) await runner.stop()
        await boss.stop({ graceful: true, timeout: 1_000 })
      }
    } finally {
      clearTimeout(hard)
      now.abort(crmError('unavailable', 'The host has stopped.'))
      wired.close()
      if (isOwnDatabase) await database.close()
      await log.close()
    }
  }

  return {
    start,
    stop: end,
    drain: async () => {
      if (state !== 'started') throw crmError('bug', 'A host works from start() to stop().')
      return drain(engine, { soon: soon.signal, now: now.signal })
    },
    providers: createProvidersApi(deps.registry),
    connections,
    signIns: createSignInsApi(deps),
    sync: createSyncApi(deps),
    records,
    outbox,
    links: createLinksApi(deps),
    deadLetters: createDeadLettersApi(deps),
    flags: createFlagsApi(deps),
    webhooks: createWebhooksApi(deps),
    keys: createKeysApi(deps),
    health: createHealthApi(deps, () => state === 'started'),
    client: async (connectionId) => {
      await connections.get(connectionId)
      return createCrmClient({ engine, outbox, connections, signal: deps.signal }, connectionId)
    },
    push: outbox.push,
    feed: records.feed,
    metrics: () => metrics.text(),
  }
}

/** Wrong keys are told at the start and by name, not at the first call of every connection. */
const assertKeysOpen = async ({ credentials }: HostDeps, { database }: Engine): Promise<void> => {
  const [first] = await listConnections(database)
  if (first !== undefined) await credentials.read(first.id)
}
