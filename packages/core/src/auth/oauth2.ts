import type { BaseSettings, ErrorKind, Failure, Fields, OAuth2, Provider, Reply } from '../contract.ts'
import { type CrmError, crmError } from '../errors.ts'
import { retryAfterMs } from '../http/clock.ts'
import { factOf } from '../http/context.ts'
import { createRedactor } from '../http/redact.ts'
import { excerpt, readReply } from '../http/reply.ts'
import { type Transport, TransportFault } from '../http/transport.ts'
import type { OAuthApp, OAuthApps } from './ports.ts'

/**
 * Time for an answer of a token endpoint, in ms: longer than any other call, because a rotated refresh token that comes
 * late and is not kept is a lost sign-in. It also outlasts a process that was suspended meanwhile.
 */
const ANSWER_TIMEOUT_MS = 60_000

export interface OAuthDeps {
  readonly transport: Transport
  readonly apps: OAuthApps
  readonly timeoutMs?: number
  /** Epoch milliseconds. */
  wallMs(): number
}

/** The connection that tokens are asked for. */
export interface OAuthParty<Settings extends object> {
  readonly provider: Provider<Settings>
  readonly settings: Settings & BaseSettings
  /** Made with an admin key: this server's own client secret may go to its `authBaseUrl`. */
  readonly isTrusted: boolean
}

export interface TokenGrant {
  /** accessToken, expiresAt and obtainedAt where the life is known, refreshToken where one came. */
  readonly credentials: Fields
  /** Settings that the plugin learned from the answer. */
  readonly settings: Fields
}

/**
 * Trades a refresh token for an access token. Throws the kind that the endpoint's refusal has; 'auth' means that the grant
 * is dead. What `beforeSend` throws ends it unsent.
 */
export const refreshGrant = <Settings extends object>(
  deps: OAuthDeps,
  party: OAuthParty<Settings>,
  credentials: Fields,
  beforeSend?: () => void,
): Promise<TokenGrant> => {
  const form = { grant_type: 'refresh_token', refresh_token: String(credentials['refreshToken'] ?? '') }
  return requestToken(deps, party, credentials, form, beforeSend)
}

/** Trades the code of a redirect for tokens. */
export const exchangeCode = <Settings extends object>(
  deps: OAuthDeps,
  party: OAuthParty<Settings>,
  given: {
    readonly code: string
    readonly redirectUri: string
    readonly codeVerifier?: string | undefined
    readonly client?: Fields
  },
): Promise<TokenGrant> =>
  requestToken(deps, party, given.client ?? {}, {
    grant_type: 'authorization_code',
    code: given.code,
    redirect_uri: given.redirectUri,
    ...(given.codeVerifier === undefined ? {} : { code_verifier: given.codeVerifier }),
  })

/** A URL of the vendor's, on the host that the connection puts in its place. */
export const authUrl = (url: string, settings: BaseSettings): URL => {
  if (settings.authBaseUrl === undefined) return new URL(url)
  const vendors = new URL(url)
  const base = new URL(settings.authBaseUrl)
  base.pathname = `${base.pathname.replace(/\/+$/, '')}${vendors.pathname}`
  base.search = vendors.search
  return base
}

/**
 * The OAuth app to sign in with: the connection's own, else this server's. The secret of the latter never goes to a
 * host that a connection chose, unless an admin made that connection.
 */
export const oauthApp = <Settings extends object>(
  apps: OAuthApps,
  { provider, settings, isTrusted }: OAuthParty<Settings>,
  credentials: Fields,
): OAuthApp => {
  const { clientId, clientSecret } = credentials
  if (typeof clientId === 'string' && typeof clientSecret === 'string') return { clientId, clientSecret }
  const app = apps.app(provider.id)
  const prefix = `CRM_${provider.id.toUpperCase().replaceAll('-', '_')}`
  if (app === undefined)
    throw crmError(
      'invalid',
      `There is no OAuth app for ${provider.title}: set ${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET.`,
    )
  if (settings.authBaseUrl !== undefined && !isTrusted)
    throw crmError(
      'invalid',
      'The client secret of this server is not sent to the authBaseUrl of a connection that no admin key made: give the connection a clientId and clientSecret of its own.',
      { pointer: '/settings/authBaseUrl' },
    )
  return app
}

const requestToken = async <Settings extends object>(
  deps: OAuthDeps,
  party: OAuthParty<Settings>,
  credentials: Fields,
  grant: Readonly<Record<string, string>>,
  beforeSend?: () => void,
): Promise<TokenGrant> => {
  const oauth2 = oauthOf(party.provider)
  const { clientId, clientSecret } = oauthApp(deps.apps, party, credentials)
  const form = { ...grant, client_id: clientId, client_secret: clientSecret }
  const redactor = createRedactor(credentials, form)
  const fault = (kind: ErrorKind, message: string, waitMs?: number, setting?: string): CrmError =>
    crmError(kind, redactor.text(`Sign-in at ${party.provider.title}: ${message}`), {
      provider: party.provider.id,
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
      ...(setting === undefined ? {} : { setting }),
    })

  const response = await deps
    .transport({
      url: authUrl(factOf(oauth2.tokenUrl, party.settings as Settings), party.settings),
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      timeoutMs: deps.timeoutMs ?? ANSWER_TIMEOUT_MS,
      signal: new AbortController().signal,
      ...(beforeSend === undefined ? {} : { beforeSend }),
    })
    .catch((error: unknown) => {
      if (!(error instanceof TransportFault)) throw error
      throw fault(KIND_OF_FAULT[error.reason] ?? 'unavailable', error.message)
    })
  const { reply } = readReply(response)
  const refusal = refusalOf(oauth2, reply)
  if (refusal !== undefined) {
    const named: Partial<Failure> & { readonly kind: ErrorKind } =
      typeof refusal === 'string' ? { kind: refusal } : refusal
    const words = named.message ?? `${reply.status} ${excerpt(reply.body)}`
    throw fault(named.kind, words, named.retryAfterMs ?? retryAfterMs(reply.headers, deps.wallMs()), named.setting)
  }
  try {
    return grantOf(oauth2, reply.body as Fields, deps.wallMs())
  } catch (error) {
    throw fault('invalid', `the answer is not taken: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const KIND_OF_FAULT: Readonly<Partial<Record<TransportFault['reason'], ErrorKind>>> = {
  timeout: 'timeout',
  'private-address': 'invalid',
}

/** How a provider signs in with OAuth. Throws kind 'invalid' where it does not. */
export const oauthOf = <Settings extends object>(provider: Provider<Settings>): OAuth2<Settings> => {
  if (provider.auth.oauth2 === undefined) throw crmError('invalid', `${provider.title} does not sign in with OAuth.`)
  return provider.auth.oauth2
}

/** Only a clear refusal may end a grant: an outage, a proxy's page or a wrong address must not. */
const refusalOf = <Settings>(oauth2: OAuth2<Settings>, reply: Reply): ErrorKind | Failure | undefined => {
  const named = oauth2.refused?.(reply)
  if (named !== undefined) return named
  if (reply.status === 429) return 'rate_limited'
  if (reply.status === 408 || reply.status >= 500 || (reply.status >= 300 && reply.status < 400)) return 'unavailable'
  const isObject = typeof reply.body === 'object' && reply.body !== null
  if (reply.status < 300 && typeof reply.body?.access_token === 'string' && reply.body.access_token !== '')
    return undefined
  if (!isObject) return 'unavailable'
  return reply.status < 300 || [400, 401, 403].includes(reply.status) ? 'auth' : 'invalid'
}

const grantOf = <Settings>(oauth2: OAuth2<Settings>, token: Fields, nowMs: number): TokenGrant => {
  const lifeMs = Number(token['expires_in']) * 1000
  const refreshToken = token['refresh_token']
  return {
    credentials: {
      accessToken: String(token['access_token']),
      ...(typeof refreshToken === 'string' && refreshToken !== '' ? { refreshToken } : {}),
      ...(lifeMs > 0
        ? { obtainedAt: new Date(nowMs).toISOString(), expiresAt: new Date(nowMs + lifeMs).toISOString() }
        : {}),
    },
    settings: told((oauth2.fromToken?.(token) ?? {}) as Fields),
  }
}

/** What an answer leaves out must not wipe what an earlier one taught. */
const told = (settings: Fields): Fields =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== null))
