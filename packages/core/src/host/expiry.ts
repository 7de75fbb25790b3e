import type { Account, Fields } from '../contract.ts'
import { claimExpiring } from '../store/connections.ts'
import type { Engine } from '../sync/engine.ts'

/** How long ahead of the end of credentials somebody is told. */
export const WARN_AHEAD_MS = 14 * 86_400_000
const WARN_EVERY_MS = 86_400_000
const LOOK_EVERY_MS = 3_600_000

/** When credentials end for good: as the CRM says, or as they say themselves where nothing renews them; null where nobody knows. */
export const expiryOf = (account: Account, credentials: Fields): Date | null => {
  const told =
    account.credentialsExpireAt ?? (credentials['refreshToken'] === undefined ? credentials['expiresAt'] : undefined)
  const atMs = Date.parse(String(told))
  return Number.isNaN(atMs) ? null : new Date(atMs)
}

/** One log line a day for each connection whose credentials end within two weeks, whatever the number of processes. */
export const warnOfExpiry = async ({
  database,
  clock,
  log,
}: Pick<Engine, 'database' | 'clock' | 'log'>): Promise<void> => {
  const nowMs = clock.wallMs()
  const expiring = await claimExpiring(database, {
    nowMs,
    beforeMs: nowMs + WARN_AHEAD_MS,
    notSinceMs: nowMs - WARN_EVERY_MS,
  })
  for (const { id, provider, workspace_id: workspaceId, credentials_expire_at: at } of expiring) {
    const isOver = at !== null && at.getTime() <= nowMs
    log.warn(
      { connection_id: id, provider, workspace_id: workspaceId, expires_at: at?.toISOString() },
      isOver
        ? 'the credentials of a connection have expired: give it new ones'
        : 'the credentials of a connection will expire: give it new ones before that',
    )
  }
}

/** Looks now and every hour; answers how to end it. */
export const watchExpiry = (engine: Engine): (() => void) => {
  const look = () =>
    warnOfExpiry(engine).catch((error) =>
      engine.log.warn({ err: error }, 'what expires could not be read; trying again'),
    )
  void look()
  const timer = setInterval(look, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}
