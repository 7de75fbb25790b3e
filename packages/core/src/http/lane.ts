import { crmError } from '../errors.ts'
import type { BucketStore, HttpClock } from './ports.ts'
import type { Draw } from './rates.ts'
import { LONGEST_WAIT_MS, SLACK_SLOTS, SLOTS } from './slots.ts'

/** Tokens of one bucket for one call. */
export interface Token {
  /** The call must begin before, by this process's monotonic clock. */
  readonly validUntilMs: number
  /** Not sent: others may have it. */
  giveBack(): void
  /** The call was on the wire at that time; one later than the token allowed is counted once more. */
  sent(atMs: number): void
}

export interface Lane {
  take(draw: Draw, priority: number, patience: Patience): Promise<Token>
  /** The CRM refused although there were tokens: others share the budget, or the network bunches calls. */
  widen(draw: Draw): void
  /** The CRM says that so many are in use. */
  raise(draw: Draw, inUse: number): void
}

export interface Patience {
  /** Longest wait that the caller can use. */
  readonly maxWaitMs: number
  readonly signal: AbortSignal
}

interface Waiter extends Patience {
  readonly sinceMs: number
  readonly draw: Draw
  readonly priority: number
  readonly resolve: (token: Token) => void
  readonly reject: (reason: unknown) => void
}

interface Batch {
  readonly slot: number
  readonly askedAtMs: number
  readonly holdMs: number
  readonly validUntilMs: number
  left: number
}

/** Longest that a token may lie about beyond its hold, in a period of a day too. */
const LONGEST_VALID_MS = 2_000
const MOST_SPARE = 16

/**
 * The queue of one process before one bucket: asks the store for all who wait in one go, most urgent first, and hands
 * the tokens out. `hold` is how long tokens of late took to get from the question to the wire, beyond what the slack
 * allows; they are counted that much later, so a slow store or network costs a little budget and never breaks it.
 */
export const createLane = (key: string, store: BucketStore, clock: HttpClock): Lane => {
  const queue: Waiter[] = []
  let stock: Batch | undefined
  let holdMs = 0
  let isAsking = false
  let recentAtMs: number[] = []
  let knownUsed = 0
  let raisedAtMs = Number.NEGATIVE_INFINITY
  let wake = new AbortController()

  /** How long a token may lie about beyond its hold: half of the slack; the other half is the network's. */
  const leeway = (draw: Draw) => Math.min((draw.budget.perMs / SLOTS) * (SLACK_SLOTS / 2), LONGEST_VALID_MS)

  const observe = (draw: Draw, tookMs: number): void => {
    const needed = Math.min(Math.max(0, tookMs - leeway(draw)), draw.budget.perMs / 2)
    holdMs = Math.max(needed, holdMs * 0.9)
    if (holdMs < 1) holdMs = 0
  }

  const tokenOf = (batch: Batch, draw: Draw): Token => {
    batch.left -= draw.cost
    recentAtMs = [...recentAtMs.filter((atMs) => atMs > clock.monotonicMs() - leeway(draw)), clock.monotonicMs()]
    return {
      validUntilMs: batch.validUntilMs,
      giveBack: () => {
        observe(draw, clock.monotonicMs() - batch.askedAtMs)
        void store.giveBack(key, batch.slot, draw.cost).catch(ignore)
      },
      sent: (atMs) => {
        observe(draw, atMs - batch.askedAtMs)
        if (atMs > batch.validUntilMs) void store.charge(key, draw.budget, { count: draw.cost }).catch(ignore)
      },
    }
  }

  const handOut = (): void => {
    while (stock !== undefined && queue[0] !== undefined) {
      if (clock.monotonicMs() >= stock.validUntilMs || stock.left < queue[0].draw.cost) return
      const waiter = queue.shift()
      waiter?.resolve(tokenOf(stock, waiter.draw))
    }
  }

  const ask = async (first: Waiter): Promise<number> => {
    const alike = queue.filter(({ priority }) => priority === first.priority)
    const { budget } = first.draw
    const askedAtMs = clock.monotonicMs()
    const held = holdMs
    const answer = await store.take(key, budget, {
      wanted: Math.min(
        budget.requests,
        alike.reduce((total, { draw }) => total + draw.cost, 0),
      ),
      atLeast: first.draw.cost,
      spare: Math.min(recentAtMs.length, MOST_SPARE),
      holdMs: held,
      priority: first.priority,
    })
    knownUsed = answer.used
    if (answer.granted > 0) {
      const validUntilMs = askedAtMs + held + leeway(first.draw)
      stock = { slot: answer.slot, askedAtMs, holdMs: held, validUntilMs, left: answer.granted }
      if (clock.monotonicMs() >= validUntilMs) {
        observe(first.draw, clock.monotonicMs() - askedAtMs)
        void store.giveBack(key, answer.slot, answer.granted).catch(ignore)
        stock = undefined
        return 0
      }
      handOut()
    }
    return answer.granted > 0 ? 0 : answer.waitMs
  }

  /** Those who would wait longer than they can use are told so at once. */
  const refuseHopeless = (waitMs: number): void => {
    for (const waiter of [...queue]) {
      const resetMs = (waiter.draw.resetsAtMs ?? Number.POSITIVE_INFINITY) - clock.wallMs()
      const ownWaitMs = Math.max(0, Math.min(waitMs, resetMs))
      const waitedMs = clock.monotonicMs() - waiter.sinceMs
      if (waitedMs + ownWaitMs <= Math.min(waiter.maxWaitMs, LONGEST_WAIT_MS)) continue
      queue.splice(queue.indexOf(waiter), 1)
      waiter.reject(overBudget(waiter.draw, ownWaitMs))
    }
  }

  const run = async (): Promise<void> => {
    if (isAsking) return
    isAsking = true
    try {
      while (queue[0] !== undefined) {
        wake = new AbortController()
        const waitMs = await ask(queue[0])
        refuseHopeless(waitMs)
        if (waitMs > 0 && queue[0] !== undefined) await clock.sleep(waitMs, wake.signal).catch(ignore)
      }
    } catch (error) {
      for (const waiter of queue.splice(0)) waiter.reject(error)
    } finally {
      isAsking = false
    }
  }

  return {
    take: (draw, priority, patience) =>
      new Promise((resolve, reject) => {
        if (patience.signal.aborted) return reject(patience.signal.reason)
        const abandon = () => {
          const at = queue.indexOf(waiter)
          if (at >= 0) queue.splice(at, 1)
          reject(patience.signal.reason)
        }
        const settle = () => patience.signal.removeEventListener('abort', abandon)
        const waiter: Waiter = {
          ...patience,
          sinceMs: clock.monotonicMs(),
          draw,
          priority,
          resolve: (token) => {
            settle()
            resolve(token)
          },
          reject: (reason) => {
            settle()
            reject(reason)
          },
        }
        patience.signal.addEventListener('abort', abandon, { once: true })
        const at = queue.findIndex((other) => other.priority > priority)
        queue.splice(at < 0 ? queue.length : at, 0, waiter)
        handOut()
        // One more urgent than those that sleep asks at once: what they were refused may be for it.
        if (queue[0] === waiter) wake.abort()
        void run()
      }),
    widen: ({ budget }) => {
      holdMs = Math.min(budget.perMs / 2, holdMs + budget.perMs / 20)
    },
    raise: (draw, inUse) => {
      const isFar = inUse > knownUsed + Math.max(2, draw.budget.requests / 20)
      if (!isFar || clock.monotonicMs() < raisedAtMs + draw.budget.perMs / SLOTS) return
      raisedAtMs = clock.monotonicMs()
      knownUsed = inUse
      void store.charge(key, draw.budget, { upTo: inUse }).catch(ignore)
    },
  }
}

/** A count that could not be corrected makes the budget tighter, or is made up for by the CRM's own 429. */
const ignore = (): void => undefined

const QUOTA_PERIOD_MS = 3_600_000

const overBudget = ({ budget }: Draw, retryAfterMs: number) => {
  const kind = budget.perMs >= QUOTA_PERIOD_MS ? 'quota' : 'rate_limited'
  return crmError(kind, `The budget of ${budget.requests} calls in ${budget.perMs} ms is used up.`, {
    retryAfterMs: Math.ceil(retryAfterMs),
    notSent: true,
  })
}
