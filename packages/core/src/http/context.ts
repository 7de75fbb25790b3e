import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Account, BaseSettings, LookupRow, Of, Provider } from '../contract.ts'
import type { Gate } from './gate.ts'
import type { Limiter } from './limiter.ts'
import type { CallTelemetry, CredentialSource, HttpClock, Priority } from './ports.ts'
import type { Transport } from './transport.ts'

/** What all contexts of a process share. */
export interface HttpDeps {
  readonly transport: Transport
  readonly limiter: Limiter
  readonly gate: Gate
  readonly telemetry: CallTelemetry
  /** `systemClock` outside tests. */
  readonly clock: HttpClock
  /** A number in [0, 1); `Math.random` if absent. */
  readonly random?: () => number
  /** `CRM_SYNC_RATE_LIMIT`: requests a second that no connection exceeds. */
  readonly requestsPerSecond?: number | undefined
}

/** One piece of work on one connection: what its calls have in common. */
export interface CallContext<Settings extends object> {
  readonly provider: Provider<Settings>
  readonly connectionId: string
  readonly workspaceId: string
  /** The connection's settings with the plugin's defaults, and those that the engine reads from every connection. */
  readonly settings: Settings & BaseSettings
  readonly credentials: CredentialSource
  readonly account?: Account | undefined
  /** What the work is, for log and metrics: 'pull contacts'. */
  readonly operation: string
  readonly priority: Priority
  readonly signal: AbortSignal
  /**
   * Monotonic time (`HttpClock.monotonicMs`) after which nothing may be under way any more: a call goes out only if its
   * whole timeout ends before.
   */
  readonly sendBy?: number | undefined
  readonly correlationId: string
  /** The CRM's clock minus this machine's, as far as it is known. */
  readonly skewMs?: number | undefined
  lookup(table: string, key: string): Promise<LookupRow | undefined>
}

export const systemClock: HttpClock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  },
}

/** A fact of a provider, for these settings. */
export const factOf = <Settings, T>(fact: Of<Settings, T>, settings: Settings): T =>
  typeof fact === 'function' ? (fact as (settings: Settings) => T)(settings) : fact
