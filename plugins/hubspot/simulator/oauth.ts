import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { type ConsentOptions, consentHandlers } from './oauth-consent.ts'
import { makeGrants, type Tokens } from './oauth-grants.ts'

const USER_ID = 9_061

export interface OAuthOptions extends ConsentOptions {
  readonly portalId: number
  readonly clientSecret: string
  /** Whether a refresh makes a new refresh token and kills the old one. */
  readonly rotatesRefreshTokens: boolean
  readonly now: () => Date
}

/** HubSpot's sign-in: the install page, tokens, introspection and revocation, with what is left of version 1. */
export const makeOAuth = (options: OAuthOptions) => {
  const grants = makeGrants(options)
  const isClient = (form: URLSearchParams): boolean =>
    form.get('client_id') === options.clientId && form.get('client_secret') === options.clientSecret
  const owner = { hub_id: options.portalId, user_id: USER_ID }

  const token = (request: SimulatorRequest): SimulatorReply => {
    const form = request.form()
    const isOld = request.params['version'] === 'v1'
    if (!isClient(form))
      return refused(isOld, 'invalid_client', 'BAD_CLIENT_ID', 'missing or invalid client id or secret')
    switch (form.get('grant_type')) {
      case 'authorization_code': {
        const tokens = grants.redeem(form.get('code') ?? '', form.get('redirect_uri'), form.get('code_verifier'))
        if (tokens !== undefined) return answer(isOld, tokens)
        return refused(isOld, 'invalid_grant', 'BAD_AUTH_CODE', 'missing or unknown auth code')
      }
      case 'refresh_token': {
        const tokens = grants.renew(form.get('refresh_token') ?? '')
        if (tokens !== undefined) return answer(isOld, tokens)
        return refused(isOld, 'invalid_grant', 'BAD_REFRESH_TOKEN', 'refresh token is invalid, expired or revoked')
      }
      default:
        return refused(isOld, 'unsupported_grant_type', 'BAD_GRANT_TYPE', 'missing or unknown grant type')
    }
  }

  /** Version 1 tells neither portal nor scopes. */
  const answer = (isOld: boolean, tokens: Tokens): SimulatorReply => ({
    body: {
      token_type: 'bearer',
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      expires_in: tokens.expiresIn,
      ...(isOld ? {} : { ...owner, scopes: [...tokens.scopes], token_use: 'access_token' }),
    },
  })

  const introspect = (request: SimulatorRequest): SimulatorReply => {
    const form = request.form()
    if (!isClient(form))
      return refused(false, 'invalid_client', 'BAD_CLIENT_ID', 'missing or invalid client id or secret')
    const value = tokenIn(form)
    const known = grants.accessInfo(value)
    const scopes = known?.scopes ?? grants.refreshScopes(value)
    if (scopes === undefined) return { body: { active: false, token: value } }
    const common = { token: value, ...owner, client_id: options.clientId, token_type: 'bearer', scopes: [...scopes] }
    return {
      body:
        known === undefined
          ? { active: true, ...common, token_use: 'refresh_token' }
          : { active: known.secondsLeft > 0, ...common, expires_in: known.secondsLeft, token_use: 'access_token' },
    }
  }

  const revoke = (request: SimulatorRequest): SimulatorReply => {
    const form = request.form()
    if (!isClient(form))
      return refused(false, 'invalid_client', 'BAD_CLIENT_ID', 'missing or invalid client id or secret')
    grants.revoke(tokenIn(form))
    return { status: 204 }
  }

  /** What version 1 tells of a token that stands in its path, without asking who wants to know. */
  const tokenInfo = (request: SimulatorRequest): SimulatorReply => {
    const value = request.params['token'] ?? ''
    const known = grants.accessInfo(value)
    const scopes = known?.scopes ?? grants.refreshScopes(value)
    if (scopes === undefined || (known !== undefined && known.secondsLeft <= 0)) return unknownToken()
    const common = { token: value, ...owner, user: 'sales.one@example.com', hub_domain: 'example.com' }
    return {
      body: {
        ...common,
        scopes: [...scopes],
        ...(known === undefined
          ? { client_id: options.clientId, token_type: 'refresh' }
          : { app_id: 54_321, expires_in: known.secondsLeft, token_type: 'access' }),
      },
    }
  }

  const forget = (request: SimulatorRequest): SimulatorReply => {
    grants.revoke(request.params['token'] ?? '')
    return { status: 204 }
  }

  return { ...consentHandlers(options, grants), token, introspect, revoke, tokenInfo, forget, grants }
}

/** The form field is `token` in the specification and named after its kind in the documentation: both are taken. */
const tokenIn = (form: URLSearchParams): string =>
  form.get('token') ?? form.get('access_token') ?? form.get('refresh_token') ?? ''

/** From version 3 on, refusals also bear OAuth's own words. */
const refused = (isOld: boolean, error: string, status: string, message: string): SimulatorReply => ({
  status: 400,
  body: { ...(isOld ? { correlationId: 'sign-in' } : { error, error_description: message }), status, message },
})

const unknownToken = (): SimulatorReply => ({
  status: 404,
  body: { status: 'error', message: 'The token is unknown or has expired.', correlationId: 'sign-in' },
})
