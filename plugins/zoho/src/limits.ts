import type { Call, Limits, Reply } from '@raccordo/core/plugin'
import type { Settings } from './settings.ts'

/** Most rows of a query, records of a list, and records of a write. */
export const QUERY_ROWS = 2_000
export const LIST_ROWS = 200
export const WRITE_ROWS = 100
/** Most ids that a list is asked for: longer addresses have not been seen to work. */
export const READ_IDS = 100
/** Most values that documents of COQL grant to one IN. */
export const IN_VALUES = 50
/** Most fields of a request. The plugin adds up to ten of its own: stamps, relations, what a value is made of. */
export const MOST_FIELDS = 50
export const OWN_FIELDS = 10

export const DAY_MS = 86_400_000

/** Credits of a rolling day, and calls at once, by edition. */
const EDITIONS = {
  free: { credits: 5_000, perUser: 0, cap: 5_000, parallel: 5 },
  standard: { credits: 50_000, perUser: 250, cap: 100_000, parallel: 10 },
  professional: { credits: 50_000, perUser: 500, cap: 3_000_000, parallel: 15 },
  enterprise: { credits: 50_000, perUser: 1_000, cap: 5_000_000, parallel: 20 },
  ultimate: { credits: 50_000, perUser: 2_000, cap: Number.MAX_SAFE_INTEGER, parallel: 25 },
} as const
export type Edition = keyof typeof EDITIONS

/** Calls of the pool of ten that all editions share. */
const HEAVY_PARALLEL = 10
const LIGHT_WRITE = 10

/** What a connection may ask of Zoho: credits in 24 hours, calls at once, heavy calls at once, all of the organisation's. */
export const limits = (settings: Settings): Limits => {
  const { credits, perUser, cap, parallel } = EDITIONS[settings.edition ?? 'standard']
  return {
    rates: [
      {
        requests: Math.min(credits + perUser * (settings.users ?? 0), cap),
        perMs: DAY_MS,
        cost: creditsOf,
        shared: 'account',
        resets: 'rolling',
      },
    ],
    parallel: [
      { max: parallel, shared: 'account' },
      { max: HEAVY_PARALLEL, when: isHeavy, shared: 'account' },
    ],
    page: QUERY_ROWS,
    read: READ_IDS,
    write: WRITE_ROWS,
    fields: MOST_FIELDS - OWN_FIELDS,
  }
}

/** What a call costs: a query by the rows that it may bring, a write by tens of records, the list of deleted records two. */
export const creditsOf = (call: Call): number => {
  if (isQuery(call)) {
    const rows = queryLimit(call)
    return rows <= 200 ? 1 : rows <= 1_000 ? 2 : 3
  }
  if (call.path.endsWith('/deleted')) return 2
  const written = writtenRows(call)
  return written === undefined ? 1 : Math.max(1, Math.ceil(written / 10))
}

/** Calls of the small pool: queries, searches, large writes, and sorted lists, which one reading of the page counts in. */
export const isHeavy = (call: Call): boolean =>
  isQuery(call) ||
  call.path.endsWith('/search') ||
  call.query?.['sort_by'] !== undefined ||
  (writtenRows(call) ?? 0) > LIGHT_WRITE

/** What Zoho says of the day's credits; it only does so once half of them are used. */
export const budget = (reply: Reply): { remaining?: number; perMs?: number } | undefined => {
  const remaining = creditsLeft(reply)
  return remaining === undefined ? undefined : { remaining, perMs: DAY_MS }
}

export const creditsLeft = (reply: Reply): number | undefined => {
  const text = reply.headers['x-api-credits-remaining']
  const value = Number(text)
  return text === undefined || text.trim() === '' || !Number.isFinite(value) ? undefined : Math.max(0, value)
}

const isQuery = (call: Call): boolean => call.path.endsWith('/coql')

const queryLimit = ({ body }: Call): number => {
  const text: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'select_query') : undefined
  const rows = /\blimit\s+(?:\d+\s*,\s*)?(\d+)\s*$/i.exec(String(text))?.[1]
  return rows === undefined ? 200 : Number(rows)
}

const writtenRows = ({ method, body }: Call): number | undefined => {
  if (method !== 'POST' && method !== 'PUT') return undefined
  const data: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'data') : undefined
  return Array.isArray(data) ? data.length : undefined
}
