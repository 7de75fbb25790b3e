import { type ErrorKind, type Failure, type Fields, fail, type OAuth2, type Reply } from '@raccordo/core/plugin'
import { accountsOf, dataCentreOfAccounts, dataCentreOfLocation, knownApiDomain, originOf } from './data-centres.ts'
import { DEFAULT_DC, type Settings } from './settings.ts'

/** Scopes to read, make and change the records of a module. */
export const moduleScopes = (module: string): readonly string[] =>
  ['READ', 'CREATE', 'UPDATE'].map((operation) => `ZohoCRM.modules.${module.toLowerCase()}.${operation}`)

export const SCOPES = {
  organisation: 'ZohoCRM.org.READ',
  users: 'ZohoCRM.users.READ',
  query: 'ZohoCRM.coql.READ',
  fields: 'ZohoCRM.settings.fields.READ',
  layouts: 'ZohoCRM.settings.layouts.READ',
  pipelines: 'ZohoCRM.settings.pipeline.READ',
  notifications: 'ZohoCRM.notifications.ALL',
} as const

/**
 * Zoho's sign-in. It begins at one data centre and goes on at the one where the account lives, which the redirect names.
 * Without `prompt=consent` a second sign-in brings no refresh token, and the connection would die within the hour.
 */
export const oauth2: OAuth2<Settings> = {
  authorizeUrl: (settings) => `${accountsOf(settings.dc ?? DEFAULT_DC)}/oauth/v2/auth`,
  tokenUrl: (settings) => `${accountsOf(settings.dc ?? DEFAULT_DC)}/oauth/v2/token`,
  authorizeParams: { access_type: 'offline', prompt: 'consent' },
  scopes: {
    base: [SCOPES.organisation, SCOPES.users, SCOPES.query, SCOPES.fields, SCOPES.notifications],
    contact: moduleScopes('Contacts'),
    company: moduleScopes('Accounts'),
    deal: [...moduleScopes('Deals'), SCOPES.layouts, SCOPES.pipelines],
    // Each kind of activity is a module with scopes of its own: they stand at the objects.
    activity: [],
  },
  scopeSeparator: ',',
  prefix: 'Zoho-oauthtoken',
  fromRedirect: (redirect, settings) => fromRedirect(redirect, settings),
  fromToken: (token) => {
    const domain = typeof token['api_domain'] === 'string' ? knownApiDomain(token['api_domain']) : undefined
    return domain === undefined ? {} : { apiDomain: domain }
  },
  refused: (reply) => refusal(reply),
}

/**
 * The data centre that the code must be exchanged at. The redirect passes through a browser, so anybody may have
 * written its `accounts-server`: one that is not Zoho's ends the sign-in before the client secret is sent anywhere.
 * Where the settings have an address of their own, the redirect may name it: the code goes there anyhow.
 */
const fromRedirect = (redirect: Fields, settings: Settings): Partial<Settings> => {
  const server = redirect['accounts-server']
  if (typeof server !== 'string' || server === '') {
    const { location } = redirect
    const dc = typeof location === 'string' ? dataCentreOfLocation(location) : undefined
    return dc === undefined ? {} : { dc }
  }
  const dc = dataCentreOfAccounts(server)
  if (dc !== undefined) return { dc }
  const ours = settings.authBaseUrl
  if (ours !== undefined && originOf(ours) === originOf(server)) return {}
  throw fail(
    'invalid',
    `The redirect names a sign-in server that is none of Zoho's: ${originOf(server) ?? 'no address'}.`,
  )
}

const TOKEN_PAUSE_MS = 600_000

/**
 * Zoho refuses under status 200 too: what counts is whether an access token came. "Access Denied" is its word for more
 * than ten tokens in ten minutes; the grant is alive.
 */
const refusal = (reply: Reply): ErrorKind | Failure | undefined => {
  if (reply.status === 429) return 'rate_limited'
  const error: unknown = typeof reply.body === 'object' ? reply.body?.error : undefined
  if (typeof error !== 'string') return undefined
  if (/^access[ _]denied$/i.test(error)) {
    const message = 'Zoho gives no more than ten access tokens in ten minutes for one sign-in; this one has had them.'
    return { kind: 'rate_limited', message, vendorCode: error, retryAfterMs: TOKEN_PAUSE_MS }
  }
  if (/^invalid_client$/.test(error)) {
    const message = 'Zoho does not know this app: its id or secret is wrong, or it belongs to another data centre.'
    return { kind: 'auth', message, vendorCode: error, setting: 'dc' }
  }
  if (/^(invalid_code|invalid_client_secret|invalid_grant|unauthorized_client)$/.test(error)) return 'auth'
  // A wrong address or a malformed request says nothing about the grant.
  if (/^(invalid_redirect_uri|unsupported_grant_type|invalid_request)$/.test(error)) return 'invalid'
  return undefined
}
