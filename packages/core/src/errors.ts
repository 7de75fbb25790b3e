import type { ErrorKind, Failure } from './contract.ts'

/** What the engine does when a call or a row fails with a kind. docs/errors.md explains each. */
export interface Reaction {
  /** Repeating the same thing later may succeed. */
  readonly retryable: boolean
  /** A repetition uses up one of the row's attempts. */
  readonly countsAsAttempt: boolean
  /** Where it leads when it is not (or no longer) retried. */
  readonly leadsTo: 'dead-letter' | 'reconnect' | 'switch-off-object' | 'restart-scan' | 'refresh-schema' | 'stop-run'
  /** Shortest wait before a retry where the CRM names none, in ms. */
  readonly waitMs: number
}

/** Every reaction to every kind, in one place. */
export const REACTIONS: Readonly<Record<ErrorKind, Reaction>> = {
  auth: { retryable: false, countsAsAttempt: false, leadsTo: 'reconnect', waitMs: 0 },
  forbidden: { retryable: false, countsAsAttempt: true, leadsTo: 'switch-off-object', waitMs: 0 },
  rate_limited: { retryable: true, countsAsAttempt: false, leadsTo: 'dead-letter', waitMs: 1_000 },
  quota: { retryable: true, countsAsAttempt: false, leadsTo: 'dead-letter', waitMs: 300_000 },
  unavailable: { retryable: true, countsAsAttempt: true, leadsTo: 'dead-letter', waitMs: 1_000 },
  timeout: { retryable: true, countsAsAttempt: true, leadsTo: 'dead-letter', waitMs: 1_000 },
  locked: { retryable: true, countsAsAttempt: false, leadsTo: 'dead-letter', waitMs: 2_000 },
  invalid: { retryable: false, countsAsAttempt: true, leadsTo: 'dead-letter', waitMs: 0 },
  not_found: { retryable: false, countsAsAttempt: true, leadsTo: 'dead-letter', waitMs: 0 },
  conflict: { retryable: false, countsAsAttempt: true, leadsTo: 'dead-letter', waitMs: 0 },
  schema: { retryable: false, countsAsAttempt: true, leadsTo: 'refresh-schema', waitMs: 0 },
  cursor_gone: { retryable: false, countsAsAttempt: false, leadsTo: 'restart-scan', waitMs: 0 },
  bug: { retryable: false, countsAsAttempt: true, leadsTo: 'dead-letter', waitMs: 0 },
}

/** Where a failure happened, as far as it is known. */
export interface ErrorContext {
  readonly provider?: string
  readonly connectionId?: string
  readonly status?: number
  readonly vendorCode?: string
  readonly correlationId?: string
  readonly retryAfterMs?: number
  /** Remote field at fault, or the JSON pointer into what the user gave. */
  readonly field?: string
  readonly pointer?: string
  readonly existingIds?: readonly string[]
  /** OAuth scopes that the grant lacks; any one of them may be enough. */
  readonly scopes?: readonly string[]
  /** The connection's setting that is wrong. */
  readonly setting?: string
  /** True where the CRM may have done the work all the same: no answer came, or a 5xx to a write. */
  readonly unknownOutcome?: boolean
  /** True where nothing was sent, so that nothing has failed either: it is no attempt. */
  readonly notSent?: boolean
  /** Every fault where there are several (start-up, mapping, settings). */
  readonly faults?: readonly Fault[]
  readonly cause?: unknown
}

/** One thing that is wrong with what the user gave, and what to do about it. */
export interface Fault {
  readonly pointer?: string
  readonly message: string
  readonly remedy?: string
}

const BRAND = Symbol.for('raccordo.CrmError')

/** The one error that leaves the engine. Test with `isCrmError`, which works across copies of the package. */
export class CrmError extends Error {
  override readonly name: string = 'CrmError'
  readonly kind: ErrorKind
  readonly retryable: boolean
  readonly provider: string | undefined
  readonly connectionId: string | undefined
  readonly status: number | undefined
  readonly vendorCode: string | undefined
  readonly correlationId: string | undefined
  readonly retryAfterMs: number | undefined
  readonly field: string | undefined
  readonly pointer: string | undefined
  readonly existingIds: readonly string[] | undefined
  readonly scopes: readonly string[] | undefined
  readonly setting: string | undefined
  readonly unknownOutcome: boolean
  readonly notSent: boolean
  readonly faults: readonly Fault[] | undefined

  constructor(kind: ErrorKind, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause })
    Object.defineProperty(this, BRAND, { value: true })
    this.kind = kind
    this.retryable = REACTIONS[kind].retryable
    this.provider = context.provider
    this.connectionId = context.connectionId
    this.status = context.status
    this.vendorCode = context.vendorCode
    this.correlationId = context.correlationId
    this.retryAfterMs = context.retryAfterMs
    this.field = context.field
    this.pointer = context.pointer
    this.existingIds = context.existingIds
    this.scopes = context.scopes
    this.setting = context.setting
    this.unknownOutcome = context.unknownOutcome ?? false
    this.notSent = context.notSent ?? false
    this.faults = context.faults
  }

  /** What may be shown and stored: never a credential, never a stack. */
  toJSON(): Record<string, unknown> {
    const { kind, message, retryable, provider, connectionId, status, vendorCode, correlationId, field, pointer } = this
    const known = {
      kind,
      message,
      retryable,
      provider,
      connectionId,
      status,
      vendorCode,
      correlationId,
      field,
      pointer,
    }
    const { existingIds, faults, retryAfterMs, scopes, setting } = this
    return Object.fromEntries(
      Object.entries({ ...known, existingIds, faults, retryAfterMs, scopes, setting }).filter(
        ([, value]) => value !== undefined,
      ),
    )
  }
}

export class RateLimitError extends CrmError {
  override readonly name = 'RateLimitError'
}
export class AuthenticationError extends CrmError {
  override readonly name = 'AuthenticationError'
}
export class ValidationError extends CrmError {
  override readonly name = 'ValidationError'
}

/** Makes the error of a kind, as the subclass that hosts catch where there is one. */
export const crmError = (kind: ErrorKind, message: string, context: ErrorContext = {}): CrmError => {
  if (kind === 'rate_limited' || kind === 'quota') return new RateLimitError(kind, message, context)
  if (kind === 'auth') return new AuthenticationError(kind, message, context)
  if (kind === 'invalid' || kind === 'schema') return new ValidationError(kind, message, context)
  return new CrmError(kind, message, context)
}

/** True for a `CrmError` of this or of any other installed copy of the package. */
export const isCrmError = (error: unknown): error is CrmError =>
  typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true

/** Whatever was thrown, as a `CrmError`: what is not one already is a `bug`. */
export const asCrmError = (error: unknown, context: ErrorContext = {}): CrmError => {
  if (isCrmError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return crmError('bug', message, { ...context, cause: error })
}

/** A failure that a plugin reported for a row or a reply, as an error. */
export const failureError = (failure: Failure, context: ErrorContext = {}): CrmError => {
  const { kind, message, field, vendorCode, retryAfterMs, existingIds, scopes, setting } = failure
  return crmError(kind, message, {
    ...context,
    ...(field === undefined ? {} : { field }),
    ...(vendorCode === undefined ? {} : { vendorCode }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(existingIds === undefined ? {} : { existingIds }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(setting === undefined ? {} : { setting }),
  })
}
