import { createHash } from 'node:crypto'
import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'

const ACCESS_SECONDS = 1_800
const CODE_SECONDS = 60

/** What a bearer token stands for. */
export interface Grant {
  readonly kind: 'oauth' | 'key'
  readonly scopes: ReadonlySet<string>
}

export interface OAuthOptions {
  readonly portalId: number
  readonly clientId: string
  readonly clientSecret: string
  /** Whether a refresh makes a new refresh token and kills the old one. */
  readonly rotatesRefreshTokens: boolean
  readonly now: () => Date
}

interface Code {
  readonly redirectUri: string
  readonly scopes: ReadonlySet<string>
  readonly challenge: string | undefined
  readonly expiresMs: number
}
interface Access {
  readonly scopes: ReadonlySet<string>
  readonly refreshToken: string
  readonly expiresMs: number
}

/** HubSpot's sign-in: authorize, token, introspect, revoke. Everybody who comes to the install page agrees at once. */
export const makeOAuth = (options: OAuthOptions) => {
  const codes = new Map<string, Code>()
  const access = new Map<string, Access>()
  const refresh = new Map<string, ReadonlySet<string>>()
  let issued = 0
  const mint = (what: string): string => {
    issued += 1
    return `sim-${what}-${issued}-${createHash('sha256').update(`${what}${issued}`).digest('hex').slice(0, 12)}`
  }
  const issue = (scopes: ReadonlySet<string>, refreshToken = mint('refresh')) => {
    const accessToken = mint('access')
    const expiresMs = options.now().getTime() + ACCESS_SECONDS * 1000
    refresh.set(refreshToken, scopes)
    access.set(accessToken, { scopes, refreshToken, expiresMs })
    return { accessToken, refreshToken, expiresAt: new Date(expiresMs).toISOString() }
  }
  const answer = (
    tokens: { accessToken: string; refreshToken: string },
    scopes: ReadonlySet<string>,
  ): SimulatorReply => ({
    body: {
      token_type: 'bearer',
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      expires_in: ACCESS_SECONDS,
      hub_id: options.portalId,
      scopes: [...scopes],
      user_id: 9061,
      token_use: 'access_token',
    },
  })

  const authorize = (request: SimulatorRequest): SimulatorReply => {
    const redirectUri = request.query.get('redirect_uri')
    if (request.query.get('client_id') !== options.clientId || redirectUri === null)
      return { status: 400, body: 'The app could not be found, or its redirect URL does not match.' }
    const code = mint('code')
    codes.set(code, {
      redirectUri,
      scopes: new Set((request.query.get('scope') ?? '').split(' ').filter((scope) => scope !== '')),
      challenge: request.query.get('code_challenge') ?? undefined,
      expiresMs: options.now().getTime() + CODE_SECONDS * 1000,
    })
    const target = new URL(redirectUri)
    target.searchParams.set('code', code)
    const state = request.query.get('state')
    if (state !== null) target.searchParams.set('state', state)
    return { status: 302, headers: { location: target.href } }
  }

  const exchange = (form: URLSearchParams): SimulatorReply => {
    const value = form.get('code') ?? ''
    const code = codes.get(value)
    codes.delete(value)
    const isMine = code !== undefined && code.redirectUri === form.get('redirect_uri')
    if (
      !isMine ||
      code.expiresMs < options.now().getTime() ||
      !provesChallenge(code.challenge, form.get('code_verifier'))
    )
      return refused('invalid_grant', 'BAD_AUTH_CODE', 'missing or unknown auth code')
    return answer(issue(code.scopes), code.scopes)
  }

  const renew = (form: URLSearchParams): SimulatorReply => {
    const refreshToken = form.get('refresh_token') ?? ''
    const scopes = refresh.get(refreshToken)
    if (scopes === undefined)
      return refused('invalid_grant', 'BAD_REFRESH_TOKEN', 'refresh token is invalid, expired or revoked')
    if (!options.rotatesRefreshTokens) return answer(issue(scopes, refreshToken), scopes)
    refresh.delete(refreshToken)
    return answer(issue(scopes), scopes)
  }

  const token = (request: SimulatorRequest): SimulatorReply => {
    const form = request.form()
    if (form.get('client_id') !== options.clientId || form.get('client_secret') !== options.clientSecret)
      return refused('invalid_client', 'BAD_CLIENT_ID', 'missing or invalid client id or secret')
    if (form.get('grant_type') === 'authorization_code') return exchange(form)
    if (form.get('grant_type') === 'refresh_token') return renew(form)
    return refused('unsupported_grant_type', 'BAD_GRANT_TYPE', 'missing or unknown grant type')
  }

  /** The form field is `token` in the specification and named after its kind in the documentation: both are taken. */
  const tokenIn = (form: URLSearchParams): string =>
    form.get('token') ?? form.get('access_token') ?? form.get('refresh_token') ?? ''

  const introspect = (request: SimulatorRequest): SimulatorReply => {
    const value = tokenIn(request.form())
    const known = access.get(value)
    const scopes = known?.scopes ?? refresh.get(value)
    if (scopes === undefined) return { body: { active: false, token: value } }
    const secondsLeft = known === undefined ? undefined : Math.floor((known.expiresMs - options.now().getTime()) / 1000)
    const common = {
      token: value,
      hub_id: options.portalId,
      user_id: 9061,
      client_id: options.clientId,
      token_type: 'bearer',
    }
    if (secondsLeft === undefined)
      return { body: { active: true, ...common, scopes: [...scopes], token_use: 'refresh_token' } }
    return {
      body: {
        active: secondsLeft > 0,
        ...common,
        scopes: [...scopes],
        expires_in: secondsLeft,
        token_use: 'access_token',
      },
    }
  }

  const revoke = (request: SimulatorRequest): SimulatorReply => {
    revokeToken(tokenIn(request.form()))
    return { status: 204 }
  }
  const revokeToken = (value: string): void => {
    refresh.delete(value)
    access.delete(value)
  }

  return {
    authorize,
    token,
    introspect,
    revoke,
    issue,
    /** Takes a refresh token back; the access tokens that came of it go on until they expire. */
    revokeToken,
    /** Makes every access token an expired one. */
    expireAccessTokens: (): void => {
      for (const [value, entry] of access) access.set(value, { ...entry, expiresMs: options.now().getTime() - 1_000 })
    },
    /** The grant of an access token, or since when it has none, in epoch ms (0 for what never was a token). */
    grantOf: (value: string): Grant | { readonly expiredSinceMs: number } => {
      const known = access.get(value)
      if (known === undefined) return { expiredSinceMs: 0 }
      if (known.expiresMs <= options.now().getTime()) return { expiredSinceMs: known.expiresMs }
      return { kind: 'oauth', scopes: known.scopes }
    },
  }
}

const provesChallenge = (challenge: string | undefined, verifier: string | null): boolean =>
  challenge === undefined ||
  createHash('sha256')
    .update(verifier ?? '')
    .digest('base64url') === challenge

const refused = (error: string, status: string, message: string): SimulatorReply => ({
  status: 400,
  body: { error, error_description: message, status, message },
})
