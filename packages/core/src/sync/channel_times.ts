const DAY_MS = 86_400_000
const LEAST_MS = 30_000

/** How often a channel is looked at between renewals: whether it should be another, and whether it still speaks. */
export const CHECK_EVERY_MS = 3_600_000

/**
 * When a channel is to be renewed: a day before it ends, or when two thirds of its life are over, whichever is later.
 * So one of a week is renewed six days on, one of an hour after forty minutes, and a failed renewal has time to be
 * repeated. Undefined where it does not end.
 */
export const renewalMs = (renewedMs: number, expiresMs: number | undefined): number | undefined => {
  if (expiresMs === undefined) return undefined
  const lifeMs = Math.max(0, expiresMs - renewedMs)
  // What is said to have ended already (a clock that is wrong) is not asked for again and again at once.
  return Math.max(renewedMs + LEAST_MS, renewedMs + (lifeMs * 2) / 3, expiresMs - DAY_MS)
}

/** When a channel that is well is looked at again. */
export const nextLookMs = (nowMs: number, renewedMs: number, expiresMs: number | undefined): number =>
  Math.min(nowMs + CHECK_EVERY_MS, renewalMs(renewedMs, expiresMs) ?? Number.POSITIVE_INFINITY)
