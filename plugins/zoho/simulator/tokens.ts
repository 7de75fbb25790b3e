import { randomBytes } from 'node:crypto'

const LIFE_SECONDS = 3_600
const WINDOW_MS = 600_000
const MOST_IN_WINDOW = 10
const MOST_LIVE = 15
const MOST_REFRESH_TOKENS = 20

/** What a refresh token stands for. It is never rotated, and lives until it is revoked. */
interface Grant {
  readonly refreshToken: string | undefined
  readonly scopes: ReadonlySet<string>
  readonly issuedMs: number[]
}
interface Access {
  readonly grant: Grant
  readonly expiresMs: number
}

const part = (): string => randomBytes(16).toString('hex')

/** A token or code as Zoho makes them. No two simulators make the same, so that one does not know the other's. */
export const mint = (): string => `1000.${part()}.${part()}`

/** Access and refresh tokens with the limits of their number. */
export const makeTokens = (now: () => Date) => {
  const access = new Map<string, Access>()
  const refresh = new Map<string, Grant>()
  const drop = (refreshToken: string): void => {
    refresh.delete(refreshToken)
    for (const [token, { grant }] of access) if (grant.refreshToken === refreshToken) access.delete(token)
  }
  const accessFor = (grant: Grant) => {
    const nowMs = now().getTime()
    const live = [...access].filter(([, entry]) => entry.grant === grant && entry.expiresMs > nowMs)
    for (const [token] of live.slice(0, Math.max(0, live.length - MOST_LIVE + 1))) access.delete(token)
    const token = mint()
    const expiresMs = nowMs + LIFE_SECONDS * 1_000
    access.set(token, { grant, expiresMs })
    return { accessToken: token, expiresAt: new Date(expiresMs).toISOString() }
  }
  return {
    lifeSeconds: LIFE_SECONDS,
    /** A new grant; the twenty-first refresh token kills the first one and all that came of it. */
    open: (scopes: ReadonlySet<string>, isOffline: boolean) => {
      const refreshToken = isOffline ? mint() : undefined
      const grant: Grant = { refreshToken, scopes, issuedMs: [] }
      if (refreshToken !== undefined) {
        refresh.set(refreshToken, grant)
        const [oldest] = refresh.keys()
        if (refresh.size > MOST_REFRESH_TOKENS && oldest !== undefined) drop(oldest)
      }
      return { ...accessFor(grant), refreshToken }
    },
    /** A new access token of a grant; 'unknown' for a token that is none, 'throttled' for the eleventh in ten minutes. */
    renew: (refreshToken: string) => {
      const grant = refresh.get(refreshToken)
      if (grant === undefined) return 'unknown' as const
      const nowMs = now().getTime()
      const recent = grant.issuedMs.filter((atMs) => nowMs - atMs < WINDOW_MS)
      if (recent.length >= MOST_IN_WINDOW) return 'throttled' as const
      grant.issuedMs.splice(0, grant.issuedMs.length, ...recent, nowMs)
      return { ...accessFor(grant), scopes: grant.scopes }
    },
    /** Takes a token back; a refresh token takes its access tokens with it. */
    revoke: (token: string): boolean => {
      if (!refresh.has(token)) return access.delete(token)
      drop(token)
      return true
    },
    expireAccessTokens: (): void => {
      for (const [token, entry] of access) access.set(token, { ...entry, expiresMs: 0 })
    },
    /** The scopes of an access token that is alive. */
    scopesOf: (token: string): ReadonlySet<string> | undefined => {
      const entry = access.get(token)
      return entry === undefined || entry.expiresMs <= now().getTime() ? undefined : entry.grant.scopes
    },
  }
}
export type Tokens = ReturnType<typeof makeTokens>
