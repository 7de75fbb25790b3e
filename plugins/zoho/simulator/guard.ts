import type { SimulatorHandler, SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import type { Limits } from './credits.ts'
import { RefusedError, refusalReply, refuse } from './failures.ts'
import type { Org } from './org.ts'
import { covers, scopesFor } from './scopes.ts'
import type { Tokens } from './tokens.ts'

/** What stands around every call of the API: sign-in, scopes, limits, and the wording of what is refused. */
export const makeGuard =
  (org: Org, tokens: Tokens, limits: Limits, afterwards: () => void) =>
  (handle: SimulatorHandler): SimulatorHandler =>
  async (request) => {
    try {
      const scopes = signedIn(org, tokens, request)
      if (!covers(scopes, scopesFor(request)))
        throw refuse(401, 'OAUTH_SCOPE_MISMATCH', 'invalid oauth scope to access this URL')
      const leave = limits.enter(request)
      try {
        // Only calls that overlap can be too many at once.
        if (org.knobs.rateLimits) await passing(org.chosen.latencyMs)
        return limits.tell(await handle(request))
      } finally {
        leave()
        afterwards()
      }
    } catch (error) {
      if (error instanceof RefusedError) return limits.tell(refusalReply(error.refusal))
      throw error
    }
  }

const passing = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** An expired token, one of another data centre and one that never was look the same. */
const signedIn = (org: Org, tokens: Tokens, request: SimulatorRequest): ReadonlySet<string> => {
  const header = request.headers['authorization']
  if (header === undefined) throw refuse(401, 'AUTHENTICATION_FAILURE', 'Authentication failed')
  const token = /^Zoho-oauthtoken (.+)$/.exec(header)?.[1]
  const scopes = token === undefined || org.knobs.isElsewhere ? undefined : tokens.scopesOf(token)
  if (scopes === undefined) throw refuse(401, 'INVALID_TOKEN', 'invalid oauth token')
  return scopes
}

export const unknownPath = (): SimulatorReply =>
  refusalReply(refuse(404, 'INVALID_URL_PATTERN', 'Please check if the URL trying to access is a correct one').refusal)

export const wrongMethod = (): SimulatorReply =>
  refusalReply(refuse(400, 'INVALID_REQUEST_METHOD', 'The http request method type is not a valid one').refusal)
