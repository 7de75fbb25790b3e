import type { ErrorKind } from '../contract.ts'
import { REACTIONS } from '../errors.ts'

/** Most tries of one call. */
export const MAX_ATTEMPTS = 5
/** Longest wait inside a call, in ms; a longer one is handed up, so that the job can put itself off. */
export const MAX_WAIT_MS = 20_000

const FIRST_BACKOFF_MS = 500

export interface RetryQuestion {
  /** Tries made so far. */
  readonly attempt: number
  readonly kind: ErrorKind
  readonly retryAfterMs?: number | undefined
  /** True where repeating cannot do harm: the call is idempotent, or certainly did not happen. */
  readonly isSafe: boolean
  /** A number in [0, 1). */
  readonly random: number
}

/** How long to wait before the next try of a failed call, in ms; undefined where there is none. */
export const retryDelay = ({ attempt, kind, retryAfterMs, isSafe, random }: RetryQuestion): number | undefined => {
  if (!isSafe || attempt >= MAX_ATTEMPTS || !WAITED_FOR.has(kind)) return undefined
  const backoffMs = random * Math.min(MAX_WAIT_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1))
  // Without a word from the CRM, a limit or a lock is not over before its usual time; a plain fault may be.
  const floorMs = retryAfterMs ?? (kind === 'rate_limited' || kind === 'locked' ? REACTIONS[kind].waitMs : 0)
  const delayMs = floorMs + (retryAfterMs === undefined ? backoffMs : Math.min(backoffMs, floorMs / 10))
  return delayMs > MAX_WAIT_MS ? undefined : Math.ceil(delayMs)
}

const WAITED_FOR: ReadonlySet<ErrorKind> = new Set(['rate_limited', 'locked', 'unavailable', 'timeout'])
