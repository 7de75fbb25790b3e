import { createHash, randomBytes } from 'node:crypto'
import type { BaseSettings, Fields, Provider } from '../contract.ts'
import { crmError, isCrmError } from '../errors.ts'
import { factOf } from '../http/context.ts'
import { authUrl, exchangeCode, type OAuthDeps, type OAuthParty, oauthApp, oauthOf, type TokenGrant } from './oauth2.ts'

/** An OAuth sign-in that was begun: `state` and `codeVerifier` are kept on this side until the redirect comes. */
export interface Authorization {
  readonly url: string
  readonly state: string
  readonly codeVerifier?: string
}

export interface AuthorizationRequest {
  readonly redirectUri: string
  /** Names of the remote objects that are switched on: only their scopes are asked for. */
  readonly objects: readonly string[]
  /** `{ clientId, clientSecret }` where the connection has an OAuth app of its own. */
  readonly client?: Fields
}

/** Begins a sign-in: the URL to send the person to, with a fresh single-use state and, where the CRM takes it, PKCE. */
export const startAuthorization = <Settings extends object>(
  deps: Pick<OAuthDeps, 'apps'>,
  party: OAuthParty<Settings>,
  request: AuthorizationRequest,
): Authorization => {
  const { provider, settings } = party
  const oauth2 = oauthOf(provider)
  const state = randomBytes(32).toString('base64url')
  const codeVerifier = oauth2.pkce === true ? randomBytes(48).toString('base64url') : undefined
  const url = authUrl(factOf(oauth2.authorizeUrl, settings as Settings), settings)
  const parameters = {
    ...oauth2.authorizeParams,
    response_type: 'code',
    client_id: oauthApp(deps.apps, party, request.client ?? {}).clientId,
    redirect_uri: request.redirectUri,
    scope: scopesOf(provider, request.objects).join(oauth2.scopeSeparator ?? ' '),
    state,
    ...(codeVerifier === undefined
      ? {}
      : {
          code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
          code_challenge_method: 'S256',
        }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return { url: url.href, state, ...(codeVerifier === undefined ? {} : { codeVerifier }) }
}

/** Scopes that the named remote objects need: those of every sign-in, of their types and of their own, each once. */
export const scopesOf = <Settings extends object>(
  { auth, objects }: Pick<Provider<Settings>, 'auth' | 'objects'>,
  names: readonly string[],
): readonly string[] => {
  const scopes = auth.oauth2?.scopes
  if (scopes === undefined) return []
  const enabled = objects.filter(({ name }) => names.includes(name))
  return [
    ...new Set([...scopes.base, ...enabled.flatMap(({ type, scopes: own = [] }) => [...(scopes[type] ?? []), ...own])]),
  ]
}

/**
 * Ends a sign-in with what the redirect brought (its state has been compared by the caller): trades the code for tokens,
 * at the place that the plugin reads from the redirect. `settings` are all that was learned. Throws kind 'auth' where the
 * person or the CRM refused, 'invalid' where no code came or the redirect names a place that the plugin does not know:
 * nothing has been sent anywhere then.
 */
export const finishAuthorization = async <Settings extends object>(
  deps: OAuthDeps,
  party: OAuthParty<Settings>,
  given: {
    readonly redirect: Fields
    readonly redirectUri: string
    readonly codeVerifier?: string | undefined
    /** `{ clientId, clientSecret }` where the connection has an OAuth app of its own. */
    readonly client?: Fields
  },
): Promise<TokenGrant> => {
  const { title } = party.provider
  const { code, error, error_description: description } = given.redirect
  if (typeof error === 'string') throw refusal(title, error, description)
  if (typeof code !== 'string' || code === '')
    throw crmError('invalid', `${title} sent nobody back with a code: begin the sign-in again.`)
  const learned = learnedFrom(party, given.redirect)
  const settings = { ...party.settings, ...learned } as Settings & BaseSettings
  const { redirectUri, codeVerifier, client = {} } = given
  const grant = await exchangeCode(deps, { ...party, settings }, { code, redirectUri, codeVerifier, client })
  return { credentials: grant.credentials, settings: { ...learned, ...grant.settings } }
}

const MOST_WORDS = 300
/** OAuth's own words for a server that is down; any other error of a redirect is a no. */
const PASSING = new Set(['server_error', 'temporarily_unavailable'])

const refusal = (title: string, error: string, description: unknown) => {
  const words = [error, description].filter((part) => typeof part === 'string' && part !== '').join(': ')
  const kind = PASSING.has(error) ? 'unavailable' : 'auth'
  return crmError(kind, `${title} did not give access: ${words.slice(0, MOST_WORDS)}`)
}

/** A plugin throws where the redirect names a server that it does not know: whatever it throws, that is a refusal. */
const learnedFrom = <Settings extends object>(
  { provider, settings }: OAuthParty<Settings>,
  redirect: Fields,
): Fields => {
  try {
    return (provider.auth.oauth2?.fromRedirect?.(redirect, settings) ?? {}) as Fields
  } catch (error) {
    if (isCrmError(error) && error.kind !== 'bug') throw error
    const words = error instanceof Error ? error.message : String(error)
    throw crmError('invalid', `The redirect from ${provider.title} is not taken: ${words}`, { provider: provider.id })
  }
}
