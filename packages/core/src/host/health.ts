import type { HealthApi } from '../api.ts'
import type { Json } from '../contract.ts'
import { isCrmError } from '../errors.ts'
import { listConnections } from '../store/connections.ts'
import { pendingMigrations } from '../store/migrations.ts'
import type { HostDeps } from './deps.ts'
import { WARN_AHEAD_MS } from './expiry.ts'

interface ProviderHealth {
  readonly connections: number
  readonly active: number
  readonly needsReconnect: readonly string[]
  readonly paused: number
  /** Connections whose credentials end within two weeks. */
  readonly expiring: readonly { readonly id: string; readonly credentialsExpireAt: string }[]
}

/** Whether the host can work, and how its connections stand. */
export const createHealthApi = ({ engine, registry }: HostDeps, isWorking: () => boolean): HealthApi => ({
  ready: async () => {
    const checks: Record<string, string> = { workers: isWorking() ? 'ok' : 'not started' }
    try {
      const pending = await pendingMigrations(engine.database.db)
      checks['database'] = 'ok'
      checks['migrations'] = pending.length === 0 ? 'ok' : `pending: ${pending.join(', ')}`
    } catch (error) {
      checks['database'] = isCrmError(error) ? error.message : 'unreachable'
    }
    return { ok: Object.values(checks).every((check) => check === 'ok'), checks }
  },
  report: async (provider) => {
    const connections = await listConnections(
      engine.database,
      provider === undefined ? {} : { provider: registry.get(provider).provider.id },
    )
    const soonMs = engine.clock.wallMs() + WARN_AHEAD_MS
    const providers: Record<string, ProviderHealth> = {}
    for (const { provider: wanted } of registry.list()) {
      if (provider !== undefined && wanted.id !== provider) continue
      const own = connections.filter((connection) => connection.provider === wanted.id)
      providers[wanted.id] = {
        connections: own.length,
        active: own.filter(({ status, enabled }) => enabled && status === 'active').length,
        needsReconnect: own.filter(({ status }) => status === 'needs_reconnect').map(({ id }) => id),
        paused: own.filter(({ enabled }) => !enabled).length,
        expiring: own.flatMap(({ id, credentials_expire_at: at }) =>
          at !== null && at.getTime() < soonMs ? [{ id, credentialsExpireAt: at.toISOString() }] : [],
        ),
      }
    }
    const isDegraded = Object.values(providers).some(({ needsReconnect }) => needsReconnect.length > 0)
    return { status: isDegraded ? 'degraded' : 'ok', providers: providers as unknown as Json }
  },
})
