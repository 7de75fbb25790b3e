import type { Call, Limits, Reply } from '@raccordo/core/plugin'

/** Most records that the list route gives at once; search gives 200. */
export const LIST_PAGE = 100
export const SEARCH_PAGE = 200
/** Most inputs of a batch of records, and of a batch that reads or makes associations. */
export const BATCH = 100
export const ASSOCIATION_READ_BATCH = 1_000

const DAY_MS = 86_400_000

export const isSearch = (call: Call): boolean => call.path.endsWith('/search')
const isNoSearch = (call: Call): boolean => !isSearch(call)
const isAssociation = (call: Call): boolean => call.path.includes('/associations/')

/**
 * HubSpot's limits for the smallest plan; a connection's settings raise them. A rate can be no higher than what a
 * service key of a Free or Starter account has (100 in 10 s; an OAuth app has 110, larger plans 190), because nothing
 * in the settings tells the plan. Searches have a budget of their own, 5 a second for all apps of the account: one is
 * left to the others. They do not count in the ten seconds, but in the day.
 */
export const limits: Limits = {
  rates: [
    { requests: 100, perMs: 10_000, when: isNoSearch, shared: 'account' },
    { requests: 4, perMs: 1_000, when: isSearch, shared: 'account' },
    { requests: 250_000, perMs: DAY_MS, shared: 'account', resets: 'account-midnight' },
    { requests: 100, perMs: 10_000, when: isAssociation, shared: 'account' },
  ],
  parallel: [{ max: 10 }],
  page: SEARCH_PAGE,
  read: BATCH,
  write: BATCH,
}

/** What HubSpot says of the ten-second budget, or of the day's once that is spent. Search answers carry no such headers. */
export const budget = (reply: Reply): { remaining?: number; perMs?: number } | undefined => {
  const dailyRemaining = numberOf(reply, 'x-hubspot-ratelimit-daily-remaining')
  if (dailyRemaining === 0) return { remaining: 0, perMs: DAY_MS }
  const remaining = numberOf(reply, 'x-hubspot-ratelimit-remaining')
  if (remaining === undefined) return undefined
  return { remaining, perMs: numberOf(reply, 'x-hubspot-ratelimit-interval-milliseconds') ?? 10_000 }
}

const numberOf = (reply: Reply, header: string): number | undefined => {
  const text = reply.headers[header]
  const value = Number(text)
  return text === undefined || text === '' || !Number.isFinite(value) ? undefined : value
}
