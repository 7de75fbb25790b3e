/** Longest wait between two tries that nobody asked for, in ms. */
export const LONGEST_WAIT_MS = 5 * 60_000

/**
 * Full jitter: anything up to an exponentially growing bound, so that many workers which failed together do not come
 * back together. What the CRM asked for (`retryAfterMs`) is the least.
 */
export const backoffMs = (given: {
  /** 1 for the first failure. */
  readonly attempt: number
  readonly baseMs: number
  readonly retryAfterMs: number | undefined
  readonly random: () => number
}): number => {
  const bound = Math.min(LONGEST_WAIT_MS, given.baseMs * 2 ** Math.min(given.attempt, 16))
  return Math.round(Math.max(given.retryAfterMs ?? 0, bound * given.random()))
}
