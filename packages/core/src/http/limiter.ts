import { crmError } from '../errors.ts'
import { createLane, type Lane, type Patience, type Token } from './lane.ts'
import { type BucketStore, type HttpClock, PRIORITIES, type Priority } from './ports.ts'
import type { Draw } from './rates.ts'
import { LONGEST_WAIT_MS } from './slots.ts'

/** The right to send one call now. */
export interface Permit {
  /** False once a token has been kept too long: give the permit back and take another. */
  isValid(): boolean
  giveBack(): void
  /** The call was on the wire at that time of the monotonic clock. */
  sent(atMs: number): void
}

/** What a reply said about the budget. */
export interface Feedback {
  /** True for a refusal (429 and the like). */
  readonly isRefusal: boolean
  readonly retryAfterMs?: number | undefined
  readonly remaining?: number | undefined
  /** Period of the rate that is meant. Without one a refusal speaks of the shortest, a remainder of the longest. */
  readonly perMs?: number | undefined
}

/** The rate limiter of one process, on counters that all processes share. `slots.ts` says why it keeps to the budget. */
export interface Limiter {
  /**
   * Waits for a token of every bucket. Throws kind 'rate_limited' (or 'quota' for a budget of an hour and more) with
   * `retryAfterMs` where that would take longer than `patience.maxWaitMs` or 20 s; rejects with the signal's reason.
   */
  acquire(connectionId: string, draws: readonly Draw[], priority: Priority, patience: Patience): Promise<Permit>
  /** Follows what the CRM says of its own budget. */
  heed(connectionId: string, draws: readonly Draw[], feedback: Feedback): void
}

/** Makes the limiter of one process. Calls that no rate applies to never reach the store. */
export const createLimiter = (store: BucketStore, clock: HttpClock): Limiter => {
  const lanes = new Map<string, Lane>()
  /** Connections without a budget that the CRM has refused nevertheless. */
  const pausedUntilMs = new Map<string, number>()

  const laneOf = (key: string): Lane => {
    const lane = lanes.get(key) ?? createLane(key, store, clock)
    lanes.set(key, lane)
    return lane
  }

  const pause = async (connectionId: string, { signal, maxWaitMs }: Patience): Promise<void> => {
    const untilMs = pausedUntilMs.get(connectionId)
    if (untilMs === undefined) return
    const waitMs = untilMs - clock.monotonicMs()
    if (waitMs > Math.min(maxWaitMs, LONGEST_WAIT_MS))
      throw crmError('rate_limited', 'The CRM has asked for a pause.', {
        retryAfterMs: Math.ceil(waitMs),
        notSent: true,
      })
    if (waitMs > 0) await clock.sleep(waitMs, signal)
    if (pausedUntilMs.get(connectionId) === untilMs) pausedUntilMs.delete(connectionId)
  }

  return {
    acquire: async (connectionId, draws, priority, patience) => {
      const sinceMs = clock.monotonicMs()
      const left = (): Patience => ({ ...patience, maxWaitMs: patience.maxWaitMs - (clock.monotonicMs() - sinceMs) })
      await pause(connectionId, patience)
      const tokens = new Map<Draw, Token>()
      const isMissing = (draw: Draw) => (tokens.get(draw)?.validUntilMs ?? 0) <= clock.monotonicMs()
      try {
        // A long wait for one token may spoil another that was taken before: that one is taken anew.
        for (let draw = draws.find(isMissing); draw !== undefined; draw = draws.find(isMissing)) {
          tokens.get(draw)?.giveBack()
          tokens.delete(draw)
          tokens.set(draw, await laneOf(draw.key).take(draw, PRIORITIES.indexOf(priority), left()))
        }
      } catch (error) {
        for (const token of tokens.values()) token.giveBack()
        throw error
      }
      return permitOf([...tokens.values()], clock)
    },
    heed: (connectionId, draws, feedback) => {
      const vendors = draws.filter(({ isOwn }) => !isOwn)
      const refuser = vendors.find(isOfPeriod(feedback.perMs)) ?? vendors.at(-1)
      const counted = vendors.find(isOfPeriod(feedback.perMs ?? vendors[0]?.budget.perMs))
      if (feedback.isRefusal) {
        const restMs = Math.min(feedback.retryAfterMs ?? REFUSED_MS, LONGEST_REST_MS)
        if (refuser === undefined) pausedUntilMs.set(connectionId, clock.monotonicMs() + restMs)
        else {
          laneOf(refuser.key).widen(refuser)
          void store.block(refuser.key, restMs).catch(() => undefined)
        }
      }
      if (feedback.remaining !== undefined && counted !== undefined)
        laneOf(counted.key).raise(counted, Math.max(0, counted.budget.requests - feedback.remaining))
    },
  }
}

/** How long a bucket rests after a refusal that names no time. */
const REFUSED_MS = 1_000
/** Longest rest after one refusal; a day's quota is then tried again, in case it was raised. */
const LONGEST_REST_MS = 300_000

const isOfPeriod =
  (perMs: number | undefined) =>
  ({ budget }: Draw): boolean =>
    budget.perMs === perMs

const permitOf = (tokens: readonly Token[], clock: HttpClock): Permit => ({
  isValid: () => tokens.every(({ validUntilMs }) => clock.monotonicMs() < validUntilMs),
  giveBack: () => {
    for (const token of tokens) token.giveBack()
  },
  sent: (atMs) => {
    for (const token of tokens) token.sent(atMs)
  },
})
