import type { Ctx, ErrorKind, Fields, LookupRow, ObjectType } from '../contract.ts'
import type { Priority } from '../http/ports.ts'
import type { AnyProvider } from '../registry/capabilities.ts'
import type { StoredConnection } from '../store/connections.ts'
import type { Database, Tx } from '../store/database.ts'
import type { DueWork } from '../store/due.ts'
import type { Pass } from '../store/schema.ts'
import type { WebhookResult } from '../telemetry/metrics.ts'

/** What the sync layer works with: the store, the installed providers, a way to call a CRM, and what tests replace. */
export interface Engine {
  readonly database: Database
  provider(id: string): { readonly provider: AnyProvider; readonly version: string }
  /** A plugin's context for one operation on one connection, signed in. Throws `auth` where it cannot be. */
  createCtx(connection: StoredConnection, operation: Operation): Promise<Ctx<Fields>>
  readonly doorbell: Doorbell
  readonly hooks: Hooks
  readonly retention: Retention
  readonly clock: Clock
  /** In [0, 1), for jitter. */
  random(): number
  /** This process, in leases. */
  readonly owner: string
  readonly log: Log
  readonly metrics: SyncMetrics
  readonly timing: Timing
  /** Replaces every secret of a connection in what is stored or shown. */
  redact<T>(connectionId: string, value: T): T
}

export interface Operation {
  /** `pull contacts`, `create res.partner`: for logs and metrics. */
  readonly name: string
  readonly priority: Priority
  readonly signal: AbortSignal
  /** Monotonic ms after which nothing may be sent. */
  readonly sendBy?: number
  readonly correlationId: string
  lookup(table: string, key: string): Promise<LookupRow | undefined>
}

export interface Clock {
  /** Epoch ms. */
  wallMs(): number
  monotonicMs(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Timing {
  /** Between polls of an enabled connection; 0 polls only when asked. */
  readonly pollMs: number
  readonly sweepMs: number
  /** Longest that one call may take. */
  readonly callTimeoutMs: number
  /** How long a job works before it lets others in. */
  readonly turnMs: number
}

/** Rings a queue: somebody, somewhere, looks whether there is work. Ringing twice does no harm. */
export interface Doorbell {
  scan(connectionId: string, object: string, pass: Pass, tx?: Tx): Promise<void>
  push(connectionId: string, type: ObjectType, tx?: Tx): Promise<void>
  inbox(connectionId: string, tx?: Tx): Promise<void>
  channel(connectionId: string, tx?: Tx): Promise<void>
  /** For whatever the due-query found. */
  due(work: DueWork): Promise<void>
}

/** How CRMs reach this host, and what proves that it was them. */
export interface Hooks {
  /** Whether the host has a public address. */
  readonly isReachable: boolean
  /** Where events go that come for a connection, or for a whole provider; undefined where the host has no public address. */
  addressOf(provider: string, connectionId?: string): string | undefined
  /** Fingerprint of the address and of the secret that connections' own are derived from. */
  readonly basis: string
  /** The secret that a connection's CRM is given, at most 50 characters; made and kept where none is configured. */
  secretOf(connection: StoredConnection): Promise<string>
}

/** How long what has ended is kept, in ms. */
export interface Retention {
  /** Hints that were followed: for so long a repeated event is known as one. */
  readonly inboxMs: number
  /** Pushes that ended, and what is left of removed connections. */
  readonly outboxMs: number
}

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface SyncMetrics {
  /** One operation that came to an end; what merely goes again later has not. */
  operation(provider: string, operation: string, status: 'ok' | 'error'): void
  duration(provider: string, object: string, job: string, seconds: number): void
  error(provider: string, kind: ErrorKind): void
  webhookEvents(provider: string, result: WebhookResult, count: number): void
  webhookRejected(provider: string, reason: string): void
}
