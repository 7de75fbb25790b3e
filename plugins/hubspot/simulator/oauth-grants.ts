import { createHash } from 'node:crypto'

const ACCESS_SECONDS = 1_800
const CODE_SECONDS = 60

/** What a bearer token stands for. */
export interface Grant {
  readonly kind: 'oauth' | 'key'
  readonly scopes: ReadonlySet<string>
}

/** What a person agreed to, until the app fetches its tokens with the code. */
export interface Consent {
  readonly redirectUri: string
  readonly scopes: ReadonlySet<string>
  readonly challenge: string | undefined
  readonly challengeMethod: string
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: string
  readonly expiresIn: number
  readonly scopes: ReadonlySet<string>
}

interface Access {
  readonly scopes: ReadonlySet<string>
  readonly refreshToken: string
  readonly expiresMs: number
}

/** Codes and tokens that are out. */
export const makeGrants = (options: { readonly rotatesRefreshTokens: boolean; readonly now: () => Date }) => {
  const codes = new Map<string, Consent & { readonly expiresMs: number }>()
  const access = new Map<string, Access>()
  const refresh = new Map<string, ReadonlySet<string>>()
  const nowMs = () => options.now().getTime()
  let issued = 0
  const mint = (what: string): string => {
    issued += 1
    return `sim-${what}-${issued}-${createHash('sha256').update(`${what}${issued}`).digest('hex').slice(0, 12)}`
  }
  const issue = (scopes: ReadonlySet<string>, refreshToken = mint('refresh')): Tokens => {
    const accessToken = mint('access')
    const expiresMs = nowMs() + ACCESS_SECONDS * 1000
    refresh.set(refreshToken, scopes)
    access.set(accessToken, { scopes, refreshToken, expiresMs })
    const expiresAt = new Date(expiresMs).toISOString()
    return { accessToken, refreshToken, expiresAt, expiresIn: ACCESS_SECONDS, scopes }
  }

  return {
    issue,
    /** A code for what was agreed to; good once, for a minute. */
    agree: (consent: Consent): string => {
      const code = mint('code')
      codes.set(code, { ...consent, expiresMs: nowMs() + CODE_SECONDS * 1000 })
      return code
    },
    /** Tokens for a code. Whatever comes of it, the code is used up. */
    redeem: (code: string, redirectUri: string | null, verifier: string | null): Tokens | undefined => {
      const consent = codes.get(code)
      codes.delete(code)
      if (consent === undefined || consent.redirectUri !== redirectUri || consent.expiresMs < nowMs()) return undefined
      return provesChallenge(consent, verifier ?? '') ? issue(consent.scopes) : undefined
    },
    renew: (refreshToken: string): Tokens | undefined => {
      const scopes = refresh.get(refreshToken)
      if (scopes === undefined) return undefined
      if (!options.rotatesRefreshTokens) return issue(scopes, refreshToken)
      refresh.delete(refreshToken)
      return issue(scopes)
    },
    /** Takes a token back; the access tokens that came of a refresh token go on until they expire. */
    revoke: (value: string): void => {
      refresh.delete(value)
      access.delete(value)
    },
    /** Makes every access token an expired one. */
    expireAccessTokens: (): void => {
      for (const [value, entry] of access) access.set(value, { ...entry, expiresMs: nowMs() - 1_000 })
    },
    /** The grant of an access token, or since when it has none, in epoch ms (0 for what never was a token). */
    grantOf: (value: string): Grant | { readonly expiredSinceMs: number } => {
      const known = access.get(value)
      if (known === undefined) return { expiredSinceMs: 0 }
      if (known.expiresMs <= nowMs()) return { expiredSinceMs: known.expiresMs }
      return { kind: 'oauth', scopes: known.scopes }
    },
    accessInfo: (value: string): { readonly scopes: ReadonlySet<string>; readonly secondsLeft: number } | undefined => {
      const known = access.get(value)
      if (known === undefined) return undefined
      return { scopes: known.scopes, secondsLeft: Math.floor((known.expiresMs - nowMs()) / 1000) }
    },
    refreshScopes: (value: string): ReadonlySet<string> | undefined => refresh.get(value),
  }
}

const provesChallenge = ({ challenge, challengeMethod }: Consent, verifier: string): boolean => {
  if (challenge === undefined) return true
  if (challengeMethod === 'plain') return verifier === challenge
  return createHash('sha256').update(verifier).digest('base64url') === challenge
}
