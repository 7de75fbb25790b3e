import { type CrmError, type ErrorKind, type Fault, isCrmError } from '@raccordo/core'
import { isDatabaseFailure } from './database_failure.ts'
import { Refusal, type RefusalContext } from './refusal.ts'
import { isValidationError, validationRefusal } from './validation.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/** RFC 9457, with what a host needs to react: `kind` (docs/errors.md) and where the fault is. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly kind: ErrorKind
  readonly detail: string
  readonly pointer?: string
  readonly faults?: readonly Fault[]
  /** OAuth scopes that the grant lacks; any one of them may be enough. */
  readonly scopes?: readonly string[]
  /** The connection's setting that is wrong. */
  readonly setting?: string
  readonly correlationId: string
}

/** A problem and the headers that go out with it. */
export interface ProblemAnswer {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
}

/**
 * How each kind is answered. A CRM's refusal of credentials is 422: 401 and 403 speak of this API's own key alone.
 * `unavailable` is 502 where the CRM is away and 503 where our own database is.
 */
const ANSWERS: Readonly<Record<ErrorKind, { readonly status: number; readonly title: string }>> = {
  auth: { status: 422, title: 'The CRM refused the credentials' },
  forbidden: { status: 422, title: 'The CRM forbids this' },
  rate_limited: { status: 429, title: 'Too many requests' },
  quota: { status: 429, title: 'A quota is used up' },
  unavailable: { status: 502, title: 'The CRM is not available' },
  timeout: { status: 504, title: 'No answer in time' },
  locked: { status: 503, title: 'The record is locked in the CRM' },
  invalid: { status: 422, title: 'The request is not valid' },
  not_found: { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Conflict' },
  schema: { status: 422, title: 'The CRM has no such field or object' },
  cursor_gone: { status: 410, title: 'The cursor is no longer valid' },
  bug: { status: 500, title: 'Internal error' },
}

const TITLES_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  401: 'An API key is needed',
  403: 'The API key does not allow this',
  408: 'The request took too long',
  413: 'The body is too large',
  415: 'This type of body is not taken',
  503: 'Not available at the moment',
}

const KINDS_BY_STATUS: Readonly<Record<number, ErrorKind>> = {
  404: 'not_found',
  408: 'timeout',
  429: 'rate_limited',
  503: 'unavailable',
}

const RETRY_AFTER_MS: Partial<Record<ErrorKind, number>> = { rate_limited: 1_000, quota: 60_000, locked: 2_000 }
const DATABASE_RETRY_MS = 2_000

/** The status that a kind is answered with, where the CRM is the cause. */
export const statusOfKind = (kind: ErrorKind): number => ANSWERS[kind].status

const answer = (
  status: number,
  kind: ErrorKind,
  detail: string,
  correlationId: string,
  context: RefusalContext,
): ProblemAnswer => {
  const { pointer, faults, retryAfterMs = status === 503 ? DATABASE_RETRY_MS : RETRY_AFTER_MS[kind] } = context
  const title =
    status === ANSWERS[kind].status ? ANSWERS[kind].title : (TITLES_BY_STATUS[status] ?? ANSWERS[kind].title)
  const retries = retryAfterMs !== undefined && (status === 429 || status === 503)
  return {
    problem: {
      ...context.members,
      type: `urn:raccordo:problem:${kind}`,
      title,
      status,
      kind,
      detail,
      ...(pointer === undefined ? {} : { pointer }),
      ...(faults === undefined || faults.length === 0 ? {} : { faults }),
      correlationId,
    },
    headers: {
      ...context.headers,
      ...(retries ? { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) } : {}),
    },
  }
}

const ofCrmError = (error: CrmError, correlationId: string): ProblemAnswer => {
  if (error.kind === 'bug') return ofBug(correlationId)
  const { pointer, faults, retryAfterMs, scopes, setting } = error
  const members = { ...(scopes === undefined ? {} : { scopes }), ...(setting === undefined ? {} : { setting }) }
  const ours = error.kind === 'unavailable' && error.provider === undefined && error.status === undefined
  return answer(ours ? 503 : statusOfKind(error.kind), error.kind, error.message, correlationId, {
    members,
    ...(pointer === undefined ? {} : { pointer }),
    ...(faults === undefined ? {} : { faults }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** Says nothing of the inside: the log has the rest under the correlation id. */
const ofBug = (correlationId: string): ProblemAnswer =>
  answer(500, 'bug', `Something went wrong here. The log tells more under ${correlationId}.`, correlationId, {})

interface HttpFailure {
  readonly statusCode: number
  readonly code?: string
  readonly message: string
}
const isHttpFailure = (error: unknown): error is HttpFailure =>
  error instanceof Error && typeof (error as Partial<HttpFailure>).statusCode === 'number'

/** Details that say more than fastify's own words. */
const DETAILS_BY_CODE: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is larger than this path takes: 10 MiB, or 1 MiB for a webhook.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send the body as application/json.',
  FST_ERR_BAD_URL: 'The path is not well encoded: write % as %25.',
  FST_ERR_HANDLER_TIMEOUT: 'The request took too long.',
}

const ofHttpFailure = (error: HttpFailure, correlationId: string): ProblemAnswer => {
  const { statusCode: status, code = '', message } = error
  return answer(status, KINDS_BY_STATUS[status] ?? 'invalid', DETAILS_BY_CODE[code] ?? message, correlationId, {})
}

/** Whatever was thrown, as the answer that a client gets. */
export const problemOf = (error: unknown, correlationId: string): ProblemAnswer => {
  const known = isValidationError(error) ? validationRefusal(error) : error
  if (known instanceof Refusal) return answer(known.status, known.kind, known.message, correlationId, known.context)
  if (isCrmError(known)) return ofCrmError(known, correlationId)
  if (isDatabaseFailure(known)) {
    return answer(503, 'unavailable', 'The database does not answer. Try again in a moment.', correlationId, {})
  }
  if (isHttpFailure(known) && known.statusCode >= 400 && (known.statusCode < 500 || known.statusCode === 503)) {
    return ofHttpFailure(known, correlationId)
  }
  return ofBug(correlationId)
}
