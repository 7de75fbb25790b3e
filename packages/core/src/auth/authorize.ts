import { createHash, randomBytes } from 'node:crypto'
import type { BaseSettings, Fields, ObjectType, Provider } from '../contract.ts'
import { crmError } from '../errors.ts'
import { factOf } from '../http/context.ts'
import { authUrl, exchangeCode, type OAuthDeps, type OAuthParty, oauthApp, type TokenGrant } from './oauth2.ts'

/** An OAuth sign-in that was begun: `state` and `codeVerifier` are kept on this side until the redirect comes. */
export interface Authorization {
  readonly url: string
  readonly state: string
  readonly codeVerifier?: string
}

export interface AuthorizationRequest {
  readonly redirectUri: string
  /** Enabled object types: only their scopes are asked for. */
  readonly types: readonly ObjectType[]
}

/** Begins a sign-in: the URL to send the person to, with a fresh single-use state and, where the CRM takes it, PKCE. */
export const startAuthorization = <Settings extends object>(
  deps: Pick<OAuthDeps, 'apps'>,
  party: OAuthParty<Settings>,
  request: AuthorizationRequest,
): Authorization => {
  const { provider, settings } = party
  const { oauth2 } = provider.auth
  if (oauth2 === undefined) throw crmError('invalid', `${provider.title} does not sign in with OAuth.`)
  const state = randomBytes(32).toString('base64url')
  const codeVerifier = oauth2.pkce === true ? randomBytes(48).toString('base64url') : undefined
  const url = authUrl(factOf(oauth2.authorizeUrl, settings as Settings), settings)
  const parameters = {
    ...oauth2.authorizeParams,
    response_type: 'code',
    client_id: oauthApp(deps.apps, party, {}).clientId,
    redirect_uri: request.redirectUri,
    scope: scopesOf(provider, request.types).join(oauth2.scopeSeparator ?? ' '),
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

/** Scopes that the enabled object types need, each once. */
export const scopesOf = <Settings extends object>(
  { auth }: Provider<Settings>,
  types: readonly ObjectType[],
): readonly string[] => {
  const scopes = auth.oauth2?.scopes
  return [...new Set([...(scopes?.base ?? []), ...types.flatMap((type) => scopes?.[type] ?? [])])]
}

/**
 * Ends a sign-in with what the redirect brought (its state has been compared by the caller): trades the code for tokens,
 * at the place that the plugin reads from the redirect. `settings` are all that was learned. Throws kind 'auth' where the
 * person or the CRM refused, 'invalid' where no code came.
 */
export const finishAuthorization = async <Settings extends object>(
  deps: OAuthDeps,
  party: OAuthParty<Settings>,
  given: { readonly redirect: Fields; readonly redirectUri: string; readonly codeVerifier?: string | undefined },
): Promise<TokenGrant> => {
  const { code, error, error_description: description } = given.redirect
  if (typeof error === 'string')
    throw crmError('auth', [error, description].filter((part) => part !== undefined).join(': '))
  if (typeof code !== 'string' || code === '') throw crmError('invalid', 'The redirect brought no code.')
  const learned = (party.provider.auth.oauth2?.fromRedirect?.(given.redirect) ?? {}) as Fields
  const settings = { ...party.settings, ...learned } as Settings & BaseSettings
  const { redirectUri, codeVerifier } = given
  const grant = await exchangeCode(deps, { ...party, settings }, { code, redirectUri, codeVerifier })
  return { credentials: grant.credentials, settings: { ...learned, ...grant.settings } }
}
