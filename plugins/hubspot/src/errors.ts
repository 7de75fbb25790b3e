import type { ErrorKind, Failure, Reply } from '@raccordo/core/plugin'
import type { VendorError } from './vendor.ts'

/**
 * Names what HubSpot's answers mean. Undefined for success and for the 5xx family, whose outcome is unknown for a
 * write: the engine knows better which call it was.
 */
export const classify = (reply: Reply): Failure | undefined => {
  if (reply.status < 400 || (reply.status >= 500 && reply.status !== 477)) return undefined
  // A web page instead of JSON comes from the edge, not from the API: it says nothing of records or scopes.
  if (typeof reply.body !== 'object' && (reply.status === 403 || reply.status === 404)) return undefined
  const body = errorBody(reply.body)
  const failure = failureOf(body, kindOfStatus(reply.status, body))
  const retryAfterMs = waitMs(reply, body)
  return {
    ...failure,
    message: failure.message === '' ? `HubSpot answered ${reply.status}` : failure.message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** One entry of a batch answer's `errors`, as the failure of its row. What HubSpot does not categorise may have been done. */
export const rowFailure = (error: VendorError): Failure => {
  const kind = kindOfCategory(error)
  return kind === undefined ? { ...failureOf(error, 'unavailable'), unknownOutcome: true } : failureOf(error, kind)
}

const failureOf = (error: VendorError, kind: ErrorKind): Failure => {
  const field = fieldAtFault(error)
  const existingIds = kind === 'conflict' ? existingIdsOf(error) : []
  const vendorCode = errorCode(error) ?? error.category ?? error.policyName
  const scopes = kind === 'forbidden' ? scopesOf(error) : []
  const message = error.message ?? ''
  return {
    kind,
    message: scopes.length === 0 ? message : `${message} Missing scope: ${scopes.join(' or ')}`.trim(),
    ...(field === undefined ? {} : { field }),
    ...(vendorCode === undefined ? {} : { vendorCode }),
    ...(existingIds.length === 0 ? {} : { existingIds }),
    ...(scopes.length === 0 ? {} : { scopes }),
  }
}

/** Values of a member of an error's context: HubSpot gives lists, and single values now and then. */
export const contextValues = (error: VendorError, member: string): readonly string[] => texts(error.context?.[member])

/** True for errors that only say that an id, or an association of it, is not there. */
export const saysNotThere = (error: VendorError): boolean =>
  error.category === 'OBJECT_NOT_FOUND' ||
  /NOT_FOUND|NO_ASSOCIATIONS/.test(String(error.subCategory ?? '')) ||
  /may be deleted or not exist|no .+ is associated/i.test(error.message ?? '')

const errorBody = (body: unknown): VendorError => (typeof body === 'object' && body !== null ? body : {})

const kindOfStatus = (status: number, body: VendorError): ErrorKind => {
  if (status === 401) return 'auth'
  if (status === 403) return 'forbidden'
  if (status === 408) return 'timeout'
  if (status === 409) return 'conflict'
  // The edge refuses an address that is too long; this plugin moves long field lists into a body before that.
  if (status === 414) return 'bug'
  if (status === 423) return 'locked'
  if (status === 429) return isDaily(body) ? 'quota' : 'rate_limited'
  // HubSpot moves the portal to another data centre: up to 24 hours, nothing is taken meanwhile.
  if (status === 477) return 'unavailable'
  return kindOfCategory(body) ?? (status === 404 ? 'not_found' : 'invalid')
}

const kindOfCategory = (error: VendorError): ErrorKind | undefined => {
  const code = errorCode(error)
  if (code === 'PROPERTY_DOESNT_EXIST') return 'schema'
  if (code === 'CONFLICTING_UNIQUE_VALUE') return 'conflict'
  switch (error.category) {
    case 'VALIDATION_ERROR':
      return 'invalid'
    case 'CONFLICT':
    case 'OBJECT_ALREADY_EXISTS':
      return 'conflict'
    case 'OBJECT_NOT_FOUND':
      return 'not_found'
    case 'MISSING_SCOPES':
      return 'forbidden'
    case 'RATE_LIMITS':
      return isDaily(error) ? 'quota' : 'rate_limited'
    default:
      return undefined
  }
}

const isDaily = (body: VendorError): boolean =>
  body.policyName === 'DAILY' || (body.policyName === undefined && /daily limit/i.test(body.message ?? ''))

/** How long to wait: Retry-After in seconds where HubSpot sends it, else the period of the limit that was hit. */
const waitMs = (reply: Reply, body: VendorError): number | undefined => {
  const seconds = Number(reply.headers['retry-after'] ?? Number.NaN)
  const asked = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
  if (reply.status === 423) return Math.max(asked ?? 0, LOCK_MS)
  if (asked !== undefined || reply.status !== 429 || isDaily(body)) return asked
  return /ten_secondly/i.test(`${body.policyName ?? ''} ${body.message ?? ''}`) ? 10_000 : 1_000
}
/** A lock after mass writes lasts two seconds. */
const LOCK_MS = 2_000

const errorCode = (error: VendorError): string | undefined =>
  error.errors?.find((detail) => detail.code !== undefined)?.code ?? embedded(error)?.error

const fieldAtFault = (error: VendorError): string | undefined =>
  error.errors?.flatMap((detail) => texts(detail.context?.['propertyName']))[0] ??
  contextValues(error, 'propertyName')[0] ??
  embedded(error)?.name

/** The first entry of the JSON list that "Property values were not valid: [...]" carries in its message. */
const embedded = (error: VendorError): { readonly error?: string; readonly name?: string } | undefined => {
  const list = /values were not valid: (\[.*\])/s.exec(error.message ?? '')?.[1]
  if (list === undefined) return undefined
  try {
    return JSON.parse(list)[0] ?? undefined
  } catch {
    return undefined
  }
}

const existingIdsOf = (error: VendorError): readonly string[] => {
  const named = [...contextValues(error, 'existingId'), ...contextValues(error, 'existingIds')]
  if (named.length > 0) return [...new Set(named)]
  const message = error.message ?? ''
  const inMessage = (/Existing ID: (\d+)/i.exec(message) ?? /(\d+) already has that value/.exec(message))?.[1]
  return inMessage === undefined ? [] : [inMessage]
}

const scopesOf = (error: VendorError): readonly string[] =>
  (error.errors ?? [])
    .flatMap((detail) => [
      ...texts(detail.context?.['requiredGranularScopes']),
      ...texts(detail.context?.['requiredScopes']),
    ])
    .concat(contextValues(error, 'requiredGranularScopes'), contextValues(error, 'requiredScopes'))

const texts = (value: unknown): readonly string[] =>
  value === undefined || value === null ? [] : (Array.isArray(value) ? value : [value]).map(String)
