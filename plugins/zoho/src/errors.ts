import type { ErrorKind, Failure, Reply } from '@raccordo/core/plugin'
import { creditsLeft } from './limits.ts'
import type { VendorVerdict } from './vendor.ts'

/** Zoho names no time. A refusal for too many calls at once is over in seconds, and credits that are gone are in none. */
const BUSY_MS = 2_000
/** An approval is a person's work. */
const APPROVAL_MS = 3_600_000
const LOCK_MS = 5_000

const KINDS: Readonly<Record<string, ErrorKind>> = {
  INVALID_TOKEN: 'auth',
  INVALID_OAUTHTOKEN: 'auth',
  AUTHENTICATION_FAILURE: 'auth',
  OAUTH_SCOPE_MISMATCH: 'forbidden',
  NO_PERMISSION: 'forbidden',
  NOT_SUPPORTED: 'forbidden',
  AUTHORIZATION_FAILED: 'forbidden',
  TOO_MANY_REQUESTS: 'rate_limited',
  DUPLICATE_DATA: 'conflict',
  RECORD_LOCKED: 'locked',
  NOT_APPROVED: 'locked',
  // Somebody was faster: what was read before the write is old, and reading again is the remedy.
  ALREADY_MODIFIED: 'locked',
  NOT_SUBSCRIBED: 'not_found',
  RECORD_NOT_FOUND: 'not_found',
  // A page token lives a day, and only for the very parameters that it was made with.
  EXPIRED_VALUE: 'cursor_gone',
  TOKEN_BOUND_DATA_MISMATCH: 'cursor_gone',
  INTERNAL_ERROR: 'unavailable',
}

/**
 * Names what Zoho's answers mean. Undefined for success, for answers that tell of each record by itself, and for the
 * 5xx family, whose outcome is unknown for a write: the engine knows better which call it was.
 */
export const classify = (reply: Reply): Failure | undefined => {
  if (reply.status === 429) return tooMany(reply)
  if (reply.status >= 500) return undefined
  const verdicts = verdictsOf(reply)
  if (verdicts !== undefined) return reply.status < 400 ? undefined : commonFailure(verdicts)
  const verdict = flatVerdict(reply)
  return verdict === undefined ? undefined : failureOf(verdict)
}

/** What an answer says of each record, channel or job in it; undefined where it does not speak so. */
export const verdictsOf = (reply: Reply): readonly VendorVerdict[] | undefined => {
  const body: unknown = reply.body
  if (typeof body !== 'object' || body === null) return undefined
  for (const member of ['data', 'watch', 'users']) {
    const list: unknown = Reflect.get(body, member)
    if (Array.isArray(list) && list.some(isVerdict)) return list
  }
  return undefined
}

/** One record's part of an answer, as the failure of its row. */
export const failureOf = (verdict: VendorVerdict): Failure => {
  const code = verdict.code ?? 'UNKNOWN'
  const details = verdict.details ?? {}
  const field = fieldAtFault(details)
  const kind = code === 'INVALID_DATA' && isUnknownRecord(details) ? 'not_found' : (KINDS[code] ?? 'invalid')
  const existingIds = kind === 'conflict' ? existingIdsOf(details) : []
  const retryAfterMs = WAITS[code]
  const words = verdict.message ?? 'Zoho gave no reason'
  return {
    kind,
    message: `${words} (${[code, field].filter((part) => part !== undefined).join(', ')})`,
    vendorCode: code,
    ...(field === undefined ? {} : { field }),
    ...(existingIds.length === 0 ? {} : { existingIds }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(code === 'INTERNAL_ERROR' ? { unknownOutcome: true } : {}),
  }
}

const WAITS: Readonly<Record<string, number>> = {
  RECORD_LOCKED: LOCK_MS,
  NOT_APPROVED: APPROVAL_MS,
  TOO_MANY_REQUESTS: BUSY_MS,
}

export const isSuccess = ({ status, code }: VendorVerdict): boolean => status === 'success' || code === 'SUCCESS'

const isVerdict = (entry: unknown): boolean =>
  typeof entry === 'object' &&
  entry !== null &&
  typeof Reflect.get(entry, 'code') === 'string' &&
  typeof Reflect.get(entry, 'status') === 'string'

/** The body of an error for a request as a whole; a 200 with a list in it is none. */
const flatVerdict = ({ status, body }: Reply): VendorVerdict | undefined => {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
  return typeof body.code === 'string' && (status >= 400 || body.status === 'error') ? body : undefined
}

/**
 * Every record was refused. A lone one is told as it is; several are told as a batch that can be halved, unless all of
 * them only wait.
 */
const commonFailure = (verdicts: readonly VendorVerdict[]): Failure => {
  const failures = verdicts.filter((verdict) => !isSuccess(verdict)).map(failureOf)
  const [first = failureOf({})] = failures
  if (verdicts.length === 1 || failures.every(({ kind }) => kind === first.kind && kind === 'locked')) return first
  return { kind: 'invalid', message: first.message, ...(first.vendorCode ? { vendorCode: first.vendorCode } : {}) }
}

/** Day's credits and calls at once end in one status. The header tells them apart where it is there. */
const tooMany = (reply: Reply): Failure => {
  const words = flatVerdict(reply)?.message ?? 'Zoho took no more calls'
  if (creditsLeft(reply) === 0)
    return { kind: 'quota', message: `${words} (no API credits are left today)`, vendorCode: 'TOO_MANY_REQUESTS' }
  const wait = reply.headers['retry-after'] === undefined ? { retryAfterMs: BUSY_MS } : {}
  return { kind: 'rate_limited', message: words, vendorCode: 'TOO_MANY_REQUESTS', ...wait }
}

type Details = Readonly<Record<string, unknown>>

const fieldAtFault = (details: Details): string | undefined => {
  const { api_name: name, column_name: column, param_name: parameter } = details
  // The path leads from the record's own field on: what is wrong with a relation is its id.
  const inPath = recordPath(details)?.[0]
  return [inPath, name, column, parameter].find((text): text is string => typeof text === 'string')
}

/** Names from the record inwards, as its path in the request tells them; undefined where there is none. */
const recordPath = ({ json_path: path }: Details): readonly string[] | undefined => {
  const inner = typeof path === 'string' ? /^\$\.data\[\d+\]\.(.+)$/.exec(path)?.[1] : undefined
  return inner?.split(/[.[\]]+/).filter((part) => part !== '')
}

/** "The id given seems to be invalid" is said of the record itself and of records that it points to. */
const isUnknownRecord = (details: Details): boolean => {
  const path = recordPath(details)
  if (path !== undefined) return path.length === 1 && path[0] === 'id'
  return (
    details['api_name'] === 'id' || (details['resource_path_index'] !== undefined && details['api_name'] === undefined)
  )
}

/** The record that has the value already: in `duplicate_record`, in older answers in `id`. */
const existingIdsOf = (details: Details): readonly string[] => {
  const record = details['duplicate_record']
  const id: unknown = typeof record === 'object' && record !== null ? Reflect.get(record, 'id') : details['id']
  return typeof id === 'string' || typeof id === 'number' ? [String(id)] : []
}
