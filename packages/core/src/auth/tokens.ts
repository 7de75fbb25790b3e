import type { Fields } from '../contract.ts'
import { asCrmError, type CrmError, crmError } from '../errors.ts'
import type { HttpClock } from '../http/ports.ts'
import { type Held, hold } from './held_lease.ts'
import type { TokenGrant } from './oauth2.ts'
import type { CredentialStore, LeasePort, StoredCredentials } from './ports.ts'

export interface TokenDeps {
  readonly store: CredentialStore
  readonly leases: LeasePort
  readonly clock: HttpClock
  /** How long a refused refresh waits for another process's success, in ms; one call's timeout if absent. */
  readonly timeoutMs?: number
  /** How long a process that died while it refreshed keeps the others out, in ms. */
  readonly leaseMs?: number
}

/** Keeps access tokens fresh: one refresh per expiry, however many calls, processes and crashes there are. */
export interface Tokens {
  /**
   * Credentials whose access token is good for a while, refreshed where `known` needs it. `refused`: an access token
   * that the CRM has just refused. Throws 'auth' once the grant is dead, after `needs_reconnect` was recorded, and
   * otherwise the kind of what kept the refresh from happening.
   */
  fresh(connectionId: string, known: StoredCredentials, refresh: Refresh, refused?: string): Promise<StoredCredentials>
}

/** `beforeSend` is the last look before the refresh token goes out; what it throws must come back as thrown. */
export type Refresh = (credentials: Fields, beforeSend: () => void) => Promise<TokenGrant>

const LONGEST_MARGIN_MS = 300_000
const MARGIN_SHARE = 0.2
/** A token endpoint that is down is not asked for every call while the old token lives. */
const REST_MS = 15_000
const POLL_MS = 100
const WAIT_FOR_WINNER_MS = 15_000
const LEASE_MS = 15_000
/** Longer than a refresh can take by itself: who waits for it that long waits for nothing. */
const PATIENCE_MS = 75_000
const STORE_TRIES = 6

/** True where the access token is missing, was refused, or ends within a fifth of its life (five minutes at most). */
export const needsRefresh = (credentials: Fields, nowMs: number, refused?: string): boolean => {
  if (typeof credentials['refreshToken'] !== 'string') return false
  const { accessToken } = credentials
  if (typeof accessToken !== 'string' || accessToken === refused) return true
  const expiresAtMs = Date.parse(String(credentials['expiresAt']))
  if (Number.isNaN(expiresAtMs)) return false
  const lifeMs = expiresAtMs - Date.parse(String(credentials['obtainedAt']))
  const marginMs = lifeMs > 0 ? Math.min(LONGEST_MARGIN_MS, lifeMs * MARGIN_SHARE) : LONGEST_MARGIN_MS
  return nowMs + marginMs >= expiresAtMs
}

/** The tokens of all connections of one process. */
export const createTokens = (deps: TokenDeps): Tokens => {
  const { store, leases, clock, timeoutMs = WAIT_FOR_WINNER_MS, leaseMs = LEASE_MS } = deps
  const flights = new Map<string, Promise<StoredCredentials>>()
  const restsUntilMs = new Map<string, number>()

  const read = async (connectionId: string): Promise<StoredCredentials> => {
    const stored = await store.read(connectionId)
    if (stored === undefined) throw crmError('not_found', 'The connection is gone.', { connectionId })
    return stored
  }

  /** Newer credentials than that version, put there by another process or a person; looked for until the time is over. */
  const newer = async (
    connectionId: string,
    version: number,
    forMs: number,
  ): Promise<StoredCredentials | undefined> => {
    const endMs = clock.monotonicMs() + forMs
    for (;;) {
      const stored = await read(connectionId)
      if (stored.version !== version) return stored
      if (clock.monotonicMs() >= endMs) return undefined
      await clock.sleep(Math.min(POLL_MS, forMs))
    }
  }

  /** A rotated refresh token that is not stored is a lost connection: a store that fails for a moment is asked again. */
  const keep = async (connectionId: string, version: number, credentials: Fields): Promise<boolean> => {
    for (let tries = 1; ; tries++) {
      try {
        return await store.replaceCredentials(connectionId, version, credentials)
      } catch (error) {
        if (tries >= STORE_TRIES) throw error
        await clock.sleep(POLL_MS * 2 ** tries)
      }
    }
  }

  const renew = async (
    connectionId: string,
    latest: StoredCredentials,
    held: Held,
    refresh: Refresh,
    refused?: string,
  ): Promise<StoredCredentials | undefined> => {
    const grant = await refresh(latest.credentials, held.check).catch((thrown: unknown) =>
      asCrmError(thrown, { connectionId }),
    )
    if (grant instanceof Error) return grant.notSent ? undefined : afterFailure(connectionId, latest, grant, refused)
    restsUntilMs.delete(connectionId)
    const credentials = { ...latest.credentials, ...grant.credentials }
    // The grant says nothing of the end of a token: the old token's end is not the new one's.
    if (grant.credentials['expiresAt'] === undefined)
      Object.assign(credentials, { expiresAt: undefined, obtainedAt: undefined })
    const isKept = await keep(connectionId, latest.version, credentials)
    if (Object.keys(grant.settings).length > 0) await store.learnSettings(connectionId, grant.settings)
    return isKept ? { credentials, version: latest.version + 1 } : undefined
  }

  const afterFailure = async (connectionId: string, latest: StoredCredentials, error: CrmError, refused?: string) => {
    if (error.kind === 'auth') {
      const winner = await newer(connectionId, latest.version, timeoutMs)
      if (winner !== undefined) return winner
      await store.markNeedsReconnect(connectionId, latest.version, error.message)
      throw error
    }
    const { accessToken, expiresAt } = latest.credentials
    const isAlive = accessToken !== refused && Date.parse(String(expiresAt)) > clock.wallMs()
    if (typeof accessToken !== 'string' || !isAlive) throw error
    restsUntilMs.set(connectionId, clock.monotonicMs() + (error.retryAfterMs ?? REST_MS))
    return latest
  }

  const fly = async (connectionId: string, known: StoredCredentials, refresh: Refresh, refused?: string) => {
    const endMs = clock.monotonicMs() + PATIENCE_MS
    while (clock.monotonicMs() < endMs) {
      const askedMs = performance.now()
      const lease = await leases.acquire(`token:${connectionId}`, leaseMs)
      const held = lease && hold(lease, askedMs, leaseMs)
      try {
        const latest = await read(connectionId)
        const isNews = latest.version !== known.version
        if (isNews && !needsRefresh(latest.credentials, clock.wallMs(), refused)) return latest
        const renewed = held && (await renew(connectionId, latest, held, refresh, refused))
        if (renewed !== undefined) return renewed
      } finally {
        await held?.end()
      }
      await clock.sleep(POLL_MS)
    }
    throw crmError('locked', 'Another process is renewing the access token.', { connectionId })
  }

  return {
    fresh: async (connectionId, known, refresh, refused) => {
      const isResting = (restsUntilMs.get(connectionId) ?? 0) > clock.monotonicMs()
      if (!needsRefresh(known.credentials, clock.wallMs(), refused) || (isResting && refused === undefined))
        return known
      const underWay = flights.get(connectionId)
      if (underWay !== undefined) {
        const landed = await underWay
        if (!needsRefresh(landed.credentials, clock.wallMs(), refused)) return landed
      }
      const flight = flights.get(connectionId) ?? fly(connectionId, known, refresh, refused)
      flights.set(connectionId, flight)
      try {
        return await flight
      } finally {
        if (flights.get(connectionId) === flight) flights.delete(connectionId)
      }
    },
  }
}
