import type { Account, BaseSettings, Call, Limits } from '../contract.ts'
import type { Budget } from './ports.ts'

/** A bucket that a call draws from, and how much. */
export interface Draw {
  readonly key: string
  readonly budget: Budget
  readonly cost: number
  /** True for a limit of our own making, of which the CRM says nothing. */
  readonly isOwn: boolean
  /** When a budget by calendar day begins anew, epoch ms. */
  readonly resetsAtMs?: number
}

/** A limit on calls at once. */
export interface ParallelLimit {
  readonly key: string
  readonly max: number
}

export interface LimitedParty {
  readonly provider: string
  readonly connectionId: string
  readonly account?: Account | undefined
  readonly limits: Limits
  /** The connection's own numbers. */
  readonly overrides?: BaseSettings['limits']
  /** `CRM_SYNC_RATE_LIMIT`: requests a second that no connection exceeds. */
  readonly requestsPerSecond?: number | undefined
}

/**
 * Buckets that a call draws from, those with the longest period first: tokens of a short period live shortest, so they
 * are taken last. Empty where no limit applies: then no store is asked.
 */
export const drawsOf = (party: LimitedParty, call: Call, nowMs: number): readonly Draw[] => {
  const draws = party.limits.rates.flatMap((rate, index): Draw[] => {
    if (rate.when?.(call) === false) return []
    const requests = Math.max(1, party.overrides?.rates?.[index] ?? rate.requests)
    const cost = Math.min(Math.max(0, Math.ceil(rate.cost?.(call) ?? 1)), requests)
    if (cost === 0) return []
    const day = rate.resets === 'account-midnight' ? dayIn(party.account?.timeZone ?? 'UTC', nowMs) : undefined
    const owner = ownerKey(party, rate.shared)
    return [
      {
        key: [owner, `rate${index}`, rate.perMs, ...(day === undefined ? [] : [day.name])].join(':'),
        budget: { requests, perMs: rate.perMs },
        cost,
        isOwn: false,
        ...(day === undefined ? {} : { resetsAtMs: day.endsAtMs }),
      },
    ]
  })
  const cap = party.requestsPerSecond === undefined ? [] : [capDraw(party.connectionId, party.requestsPerSecond)]
  return [...draws, ...cap].sort((left, right) => right.budget.perMs - left.budget.perMs)
}

/** Limits on calls at once that a call falls under, in a fixed order, so that two calls never wait for each other. */
export const parallelLimitsOf = (party: LimitedParty, call: Call): readonly ParallelLimit[] =>
  party.limits.parallel.flatMap((limit, index) =>
    limit.when?.(call) === false
      ? []
      : [
          {
            key: `${ownerKey(party, limit.shared)}:parallel${index}`,
            max: Math.max(1, party.overrides?.parallel?.[index] ?? limit.max),
          },
        ],
  )

const ownerKey = (party: LimitedParty, shared: 'account' | undefined): string =>
  shared === 'account' && party.account !== undefined
    ? `${party.provider}:account:${party.account.id}`
    : `${party.provider}:connection:${party.connectionId}`

/** Fractions of a request a second are whole requests over a longer period. */
const capDraw = (connectionId: string, perSecond: number): Draw => {
  const seconds = perSecond >= 1 ? 1 : Math.ceil(1 / perSecond)
  return {
    key: `connection:${connectionId}:cap:${seconds * 1000}`,
    budget: { requests: Math.max(1, Math.floor(perSecond * seconds)), perMs: seconds * 1000 },
    cost: 1,
    isOwn: true,
  }
}

const DAY_MS = 86_400_000

const dayIn = (timeZone: string, nowMs: number): { readonly name: string; readonly endsAtMs: number } => {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: isTimeZone(timeZone) ? timeZone : 'UTC',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const parts = Object.fromEntries(format.formatToParts(nowMs).map(({ type, value }) => [type, value]))
  const elapsedMs = ((Number(parts['hour']) * 60 + Number(parts['minute'])) * 60 + Number(parts['second'])) * 1000
  return { name: `${parts['year']}-${parts['month']}-${parts['day']}`, endsAtMs: nowMs - elapsedMs + DAY_MS }
}

const isTimeZone = (timeZone: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone }) !== undefined
  } catch {
    return false
  }
}
