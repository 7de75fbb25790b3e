import type { Call, ErrorKind, Fields } from '../contract.ts'
import type { Redactor } from './redact.ts'

/** What `http/` needs from the rest of the engine. It knows no database: the store and telemetry come as these. */

/** How urgent a call is, most urgent first. */
export const PRIORITIES = ['push', 'webhook', 'delta', 'sweep', 'backfill'] as const
export type Priority = (typeof PRIORITIES)[number]

/** At most `requests` in any `perMs`. */
export interface Budget {
  readonly requests: number
  readonly perMs: number
}

export interface BucketAsk {
  /** Tokens that calls are waiting for. */
  readonly wanted: number
  /** Fewest of use to the first in the queue (a call's cost); fewer than these are not granted. */
  readonly atLeast: number
  /** Tokens taken beyond `wanted` while less than half of the budget is used. */
  readonly spare: number
  /** The tokens count as if taken this much later: the time they may lie about before they are sent. */
  readonly holdMs: number
  /** Index into `PRIORITIES`. */
  readonly priority: number
}

export interface BucketAnswer {
  readonly granted: number
  /** Slot that the granted tokens are counted in; `giveBack` takes it. */
  readonly slot: number
  /** How long until asking again makes sense; 0 where all that was wanted is granted. */
  readonly waitMs: number
  /** Tokens in use after this grant. */
  readonly used: number
}

/**
 * The counters of the rate limiter, shared by all processes. All times are the store's own clock. `slots.ts` is the
 * reference: an implementation does in one atomic step what `takeTokens` and `chargeTokens` say.
 */
export interface BucketStore {
  take(key: string, budget: Budget, ask: BucketAsk): Promise<BucketAnswer>
  /** Counts calls that happened anyhow: `count` more, or as many as it takes to have `upTo` in use. */
  charge(key: string, budget: Budget, charge: { readonly count?: number; readonly upTo?: number }): Promise<void>
  /** Tokens that were never sent. */
  giveBack(key: string, slot: number, count: number): Promise<void>
  /** Grants nothing for a time; never shortens an earlier block. */
  block(key: string, forMs: number): Promise<void>
}

/** One try of one call, for log and metrics. `path` has no query and is redacted. */
export interface CallReport {
  readonly provider: string
  readonly connectionId: string
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly status: number | 'error'
  readonly kind?: ErrorKind
  readonly ms: number
  readonly attempt: number
  readonly correlationId: string
}

export interface CallTelemetry {
  onCall(report: CallReport): void
  /** The CRM's clock minus this machine's, where a reply told it; called when the estimate changes. */
  onClock(connectionId: string, skewMs: number): void
}

/** Signs the calls of one connection. `auth/credentials.ts` makes it. */
export interface CredentialSource {
  /** What the plugin sees as `ctx.session`. */
  readonly session: Fields
  /** Replaces every secret of this connection; follows renewals. */
  readonly redactor: Redactor
  /** Headers that sign a call now; renews what is about to expire. Throws kind 'auth' where nothing is left to sign with. */
  sign(call: Call): Promise<Signature>
  /**
   * The CRM refused what `used` signed. Resolves to 'repeat' where newer credentials make the same request worth
   * repeating, 'rebuild' where a new session makes the plugin's request stale, 'refused' where nothing newer is to be had.
   */
  renew(used: Signature): Promise<'repeat' | 'rebuild' | 'refused'>
}

export interface Signature {
  readonly headers: Readonly<Record<string, string>>
  /** Tells generations of credentials apart. */
  readonly generation: string
}

/** Time as the HTTP side sees it; tests bring their own. */
export interface HttpClock {
  /** Milliseconds of a clock that never goes back (`performance.now`). */
  monotonicMs(): number
  /** The wall clock, epoch milliseconds. */
  wallMs(): number
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
