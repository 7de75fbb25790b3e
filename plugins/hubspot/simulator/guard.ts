import { rollingWindow, type SimulatorReply, type SimulatorRequest } from '@raccordo/testkit/simulator'
import { listParameter } from './answers.ts'
import { missingScopes, refusalReply } from './failures.ts'
import type { Grant } from './oauth-grants.ts'
import type { Portal } from './portal.ts'
import { ACTIVITIES, type ObjectName, objectNamed } from './schema.ts'

const TEN_SECONDS_MS = 10_000
const LONGEST_ADDRESS = 8_192

export interface GuardOptions {
  readonly grantOf: (token: string) => Grant | { readonly expiredSinceMs: number }
  /** Calls in ten seconds: 110 of an OAuth app, 100 of a key on the smallest plan, 190 on larger ones. */
  readonly tenSecondly: { readonly oauth: number; readonly key: number }
  readonly dailyLimit: number
  readonly isLimiting: () => boolean
}

/** What stands before every route: address length, sign-in, limits, scopes, locks. */
export const makeGuard = (portal: Portal, options: GuardOptions) => {
  const now = () => portal.now()
  const windows = {
    oauth: rollingWindow({ requests: options.tenSecondly.oauth, perMs: TEN_SECONDS_MS, now }),
    key: rollingWindow({ requests: options.tenSecondly.key, perMs: TEN_SECONDS_MS, now }),
    search: rollingWindow({ requests: 5, perMs: 1_000, now }),
  }
  let day = ''
  let callsToday = 0

  const limited = (request: SimulatorRequest, grant: Grant): SimulatorReply | undefined => {
    if (!options.isLimiting()) return undefined
    const today = dayIn(portal.timeZone, now())
    if (today !== day) [day, callsToday] = [today, 0]
    if (callsToday >= options.dailyLimit) return tooMany('You have reached your daily limit.', 'DAILY')
    if (isSearch(request)) {
      // Counted for the whole account, and the answer names no policy.
      if (!windows.search.take('account')) return tooMany('You have reached your secondly limit.')
    } else if (!windows[grant.kind].take('account'))
      return tooMany('You have reached your ten_secondly_rolling limit.', 'TEN_SECONDLY_ROLLING')
    callsToday += 1
    return undefined
  }

  const locked = (request: SimulatorRequest): SimulatorReply | undefined => {
    const object = objectNamed(objectIn(request.path))
    const until = object === undefined ? undefined : portal.lockedUntilMs.get(object)
    if (!isWrite(request) || until === undefined || until <= now().getTime()) return undefined
    return {
      status: 423,
      body: { status: 'error', message: 'The resource is currently locked.', correlationId: 'locked' },
    }
  }

  return {
    before: (request: SimulatorRequest): SimulatorReply | undefined => {
      if (request.path.length + request.query.toString().length > LONGEST_ADDRESS) return tooLong()
      if (request.path.startsWith('/oauth/')) return undefined
      const grant = signedIn(request, options.grantOf, now())
      if ('status' in grant) return grant
      return limited(request, grant) ?? outOfScope(request, grant) ?? locked(request)
    },
    /** Every answer but those of searches tells the budget; the day's is told to keys alone. */
    after: (request: SimulatorRequest, reply: SimulatorReply): SimulatorReply => {
      if (!options.isLimiting() || isSearch(request) || request.path.startsWith('/oauth/')) return reply
      const grant = options.grantOf(bearer(request) ?? '')
      if (!('kind' in grant)) return reply
      const most = options.tenSecondly[grant.kind]
      const headers: Record<string, string> = {
        ...reply.headers,
        'X-HubSpot-RateLimit-Max': String(most),
        'X-HubSpot-RateLimit-Remaining': String(Math.max(0, most - windows[grant.kind].used('account'))),
        'X-HubSpot-RateLimit-Interval-Milliseconds': String(TEN_SECONDS_MS),
      }
      if (grant.kind === 'key' && Number.isFinite(options.dailyLimit)) {
        headers['X-HubSpot-RateLimit-Daily'] = String(options.dailyLimit)
        headers['X-HubSpot-RateLimit-Daily-Remaining'] = String(Math.max(0, options.dailyLimit - callsToday))
      }
      return { ...reply, headers }
    },
  }
}

const isSearch = (request: SimulatorRequest): boolean => request.path.endsWith('/search')

const isWrite = (request: SimulatorRequest): boolean =>
  request.method !== 'GET' && !isSearch(request) && !request.path.endsWith('/batch/read')

/** The object that a path is about: the first part that names one. */
const objectIn = (path: string): string => path.split('/').find((part) => objectNamed(part) !== undefined) ?? ''

const bearer = (request: SimulatorRequest): string | undefined =>
  /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1]

const signedIn = (
  request: SimulatorRequest,
  grantOf: GuardOptions['grantOf'],
  now: Date,
): Grant | (SimulatorReply & { readonly status: number }) => {
  const token = bearer(request)
  if (token === undefined) {
    const message =
      'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview'
    return {
      status: 401,
      body: { status: 'error', message, correlationId: 'auth', category: 'INVALID_AUTHENTICATION' },
    }
  }
  const grant = grantOf(token)
  if ('kind' in grant) return grant
  const seconds = Math.floor((now.getTime() - grant.expiredSinceMs) / 1000)
  const since = grant.expiredSinceMs === 0 ? `${Math.floor(seconds / 86_400)} day(s)` : `${seconds} second(s)`
  const message = `The OAuth token used to make this call expired ${since} ago.`
  const context = { 'expire time': [new Date(grant.expiredSinceMs).toISOString()] }
  return {
    status: 401,
    body: { status: 'error', message, correlationId: 'auth', category: 'EXPIRED_AUTHENTICATION', context },
  }
}

/** Activities go by the scopes of contacts; definitions may be read with any scope of their object. */
const outOfScope = (request: SimulatorRequest, grant: Grant): SimulatorReply | undefined => {
  const missing = scopesFor(request).filter((scope) => !grant.scopes.has(scope))
  return missing.length === 0 ? undefined : refusalReply(missingScopes(missing).refusal)
}

const scopesFor = (request: SimulatorRequest): readonly string[] => {
  if (request.path.startsWith('/account-info/')) return ['oauth']
  if (request.path.startsWith('/crm/owners/') || request.path.startsWith('/crm/v3/owners'))
    return ['crm.objects.owners.read']
  const object = objectNamed(objectIn(request.path))
  if (object === undefined) return []
  const related = listParameter(request.query, 'associations').flatMap((name) => objectNamed(name) ?? [])
  return [scopeOf(object, isWrite(request) ? 'write' : 'read'), ...related.map((name) => scopeOf(name, 'read'))]
}

const scopeOf = (object: ObjectName, access: 'read' | 'write'): string =>
  `crm.objects.${ACTIVITIES.some((activity) => activity === object) ? 'contacts' : object}.${access}`

const tooMany = (message: string, policyName?: string): SimulatorReply => ({
  status: 429,
  body:
    policyName === undefined
      ? { status: 'error', message, correlationId: 'limit', category: 'RATE_LIMITS' }
      : { status: 'error', message, errorType: 'RATE_LIMIT', correlationId: 'limit', policyName, requestId: 'limit' },
})

const tooLong = (): SimulatorReply => ({
  status: 414,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>414 Request-URI Too Large</title></head><body><h1>414 Request-URI Too Large</h1></body></html>',
})

const dayIn = (timeZone: string, at: Date): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)
