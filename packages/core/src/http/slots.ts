import type { BucketAnswer, BucketAsk, Budget } from './ports.ts'

/**
 * The arithmetic of a rate bucket: why no rolling window ever holds more calls than the budget.
 *
 * Time, by the store's clock alone, is cut into slots of a hundredth of the period P, w = P/100. A token granted at
 * time T is counted in slot c = floor((T + hold)/w), hold being the time for which the process wants to keep it. It is
 * granted only if the tokens in the last N = 100 + 1 + 3 slots, and in all later ones, then number at most R. It may be
 * sent until S = 3w after the end of its slot: from T on, and before (c + 1)w + S.
 *
 * Take any window [x, x + P) and the token j, of those sent in it, that was granted last, at Tj < x + P. Every other
 * token i sent in it was granted before, and sent at or after x, so (ci + 1)w + S > x > Tj - P. Hence
 * ci > (Tj - P - S)/w - 1, so ci >= floor(Tj/w) - 100 - 3: slot ci was among the N that were summed when j was granted.
 * So all tokens of the window, j with them, were at most R. (P and S are whole numbers of slots.) Processes' clocks
 * play no part: a process measures only how long ago it asked. A store clock that steps back grants less, not more.
 *
 * Under load a slot's tokens come back N slots later at the latest, so 100/104, 96 % of the budget, is used; what the
 * holds (`limiter.ts`) take away of it is what lies between a grant and the wire. Of S, half is for tokens that wait in
 * the process a little, and half for a network that delays one request more than another.
 */
export const SLOTS = 100
export const SLACK_SLOTS = 3
export const LOOKBACK_SLOTS = SLOTS + 1 + SLACK_SLOTS

/** While a more urgent class has been seen within this time, a less urgent one leaves a share of the budget free. */
export const URGENT_MS = 3_000
/** What it may use then, as a share of the budget. */
export const UNURGENT_SHARE = 0.8
/** A class that was refused keeps less urgent ones out until it should have come back, and this much longer. */
export const GRACE_MS = 250
/** Longest that it keeps them out: nobody waits longer than this in a call. */
export const LONGEST_WAIT_MS = 20_000

/** How often a class that a more urgent one keeps out asks again. */
export const RECHECK_MS = 50

export interface BucketState {
  /** Tokens by slot. */
  readonly used: Readonly<Record<string, number>>
  /** Until when a class counts as seen, and as waiting, by its index. */
  readonly seen: Readonly<Record<string, number>>
  readonly waiting: Readonly<Record<string, number>>
  readonly blockedUntilMs: number
}

export const EMPTY_BUCKET: BucketState = { used: {}, seen: {}, waiting: {}, blockedUntilMs: 0 }

/** One request for tokens at the store's time `nowMs`. Pure. */
export const takeTokens = (
  state: BucketState,
  nowMs: number,
  budget: Budget,
  ask: BucketAsk,
): { readonly state: BucketState; readonly answer: BucketAnswer } => {
  const slotMs = budget.perMs / SLOTS
  const used = liveSlots(state.used, nowMs, slotMs)
  const total = sum(used)
  const isUrgentSeen = isAnyBefore(state.seen, ask.priority, nowMs)
  const isUrgentWaiting = isAnyBefore(state.waiting, ask.priority, nowMs)
  const share = isUrgentSeen ? Math.floor(budget.requests * UNURGENT_SHARE) : budget.requests
  const limit = Math.max(share, Math.min(ask.atLeast, budget.requests))
  const isBlocked = state.blockedUntilMs > nowMs
  const spare = total + ask.wanted + ask.spare <= budget.requests / 2 ? ask.spare : 0
  const free = isBlocked || isUrgentWaiting ? 0 : Math.max(0, Math.min(limit - total, ask.wanted + spare))
  const granted = free < ask.atLeast ? 0 : free
  const slot = Math.floor((nowMs + ask.holdMs) / slotMs)
  const next = granted === 0 ? used : { ...used, [slot]: (used[slot] ?? 0) + granted }
  const waitMs =
    granted >= ask.wanted
      ? 0
      : Math.max(
          state.blockedUntilMs - nowMs,
          isUrgentWaiting ? Math.max(slotMs, RECHECK_MS) : 0,
          waitForRoom(next, limit - (granted === 0 ? ask.atLeast : 1), nowMs, slotMs),
        )
  const waiting = {
    ...state.waiting,
    [ask.priority]: granted >= ask.wanted ? 0 : nowMs + Math.min(waitMs, LONGEST_WAIT_MS) + GRACE_MS,
  }
  return {
    state: { ...state, used: next, waiting, seen: { ...state.seen, [ask.priority]: nowMs + URGENT_MS } },
    answer: { granted, slot, waitMs, used: total + granted },
  }
}

/** Counts calls that no token was taken for. Pure. */
export const chargeTokens = (
  state: BucketState,
  nowMs: number,
  budget: Budget,
  charge: { readonly count?: number; readonly upTo?: number },
): BucketState => {
  const slotMs = budget.perMs / SLOTS
  const used = liveSlots(state.used, nowMs, slotMs)
  const count = (charge.count ?? 0) + Math.max(0, (charge.upTo ?? 0) - sum(used))
  const slot = Math.floor(nowMs / slotMs)
  return { ...state, used: { ...used, [slot]: (used[slot] ?? 0) + count } }
}

/** Drops what no window can hold any more. What lies further ahead than a hold reaches was written by a clock that was put back since. */
const liveSlots = (used: BucketState['used'], nowMs: number, slotMs: number): Record<string, number> => {
  const current = Math.floor(nowMs / slotMs)
  const live: Record<string, number> = {}
  for (const [slot, count] of Object.entries(used)) {
    const clamped = Math.min(Number(slot), current + SLOTS)
    if (clamped > current - LOOKBACK_SLOTS && count > 0) live[clamped] = (live[clamped] ?? 0) + count
  }
  return live
}

/** Time until enough slots have left for at most `rest` tokens to remain. */
const waitForRoom = (used: Readonly<Record<string, number>>, rest: number, nowMs: number, slotMs: number): number => {
  let remaining = 0
  const newestFirst = Object.keys(used)
    .map(Number)
    .sort((left, right) => right - left)
  for (const slot of newestFirst) {
    remaining += used[slot] ?? 0
    if (remaining > rest) return Math.max(0, (slot + LOOKBACK_SLOTS) * slotMs - nowMs)
  }
  return 0
}

const isAnyBefore = (until: Readonly<Record<string, number>>, priority: number, nowMs: number): boolean =>
  Object.entries(until).some(([index, untilMs]) => Number(index) < priority && untilMs > nowMs)

const sum = (used: Readonly<Record<string, number>>): number =>
  Object.values(used).reduce((total, count) => total + count, 0)
