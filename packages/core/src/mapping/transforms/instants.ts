import type { Json } from '../../contract.ts'
import { instantOf, type ZoneOffset } from './zone.ts'

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i
const EPOCH = /^-?\d{9,}$/
const MINUTE_MS = 60_000
/** Years of four digits: beyond them ISO text has another form, and nothing in a CRM is meant. */
const EARLIEST_MS = Date.UTC(1000, 0, 1)
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

const isInRange = (ms: number): boolean => ms >= EARLIEST_MS && ms <= LATEST_MS

export interface Instant {
  readonly ms: number
  /** The text had a time of day, not only a date. */
  readonly timed: boolean
  /** The text named its zone. */
  readonly zoned: boolean
}

const offsetMs = (zone: string): number => {
  if (zone === 'Z' || zone === 'z') return 0
  const digits = zone.replace(':', '')
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5) || '0')
  return (digits.startsWith('-') ? -minutes : minutes) * MINUTE_MS
}

/** Reads `YYYY-MM-DD`, with or without time, fraction and zone; undefined where it is none or names no real day. */
export const parseIso = (text: string, offset: ZoneOffset): Instant | undefined => {
  const match = ISO.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const calendar = new Date(dayMs)
  const isReal = calendar.getUTCDate() === Number(day) && calendar.getUTCMonth() + 1 === Number(month)
  if (!isReal || calendar.getUTCFullYear() !== Number(year)) return undefined
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined
  const fractionMs = fraction === undefined ? 0 : Math.trunc(Number(`0.${fraction}`) * 1000 + 1e-6)
  const localMs =
    dayMs + ((Number(hour ?? 0) * 60 + Number(minute ?? 0)) * 60 + Number(second ?? 0)) * 1000 + fractionMs
  const ms = zone === undefined ? instantOf(localMs, offset) : localMs - offsetMs(zone)
  return isInRange(ms) ? { ms, timed: hour !== undefined, zoned: zone !== undefined } : undefined
}

/** Reads whatever a vendor sends for a date or time: ISO text, SQL text, or an epoch in ms (or s). */
export const parseInstant = (value: Json, offset: ZoneOffset, epochUnit: 'ms' | 's'): Instant | undefined => {
  const epoch =
    typeof value === 'number' ? value : typeof value === 'string' && EPOCH.test(value) ? Number(value) : undefined
  if (epoch !== undefined) {
    const ms = epochUnit === 's' ? epoch * 1000 : epoch
    return isInRange(ms) ? { ms, timed: true, zoned: true } : undefined
  }
  return typeof value === 'string' ? parseIso(value.trim(), offset) : undefined
}

/** The calendar day of an instant on a zone's clocks, as `YYYY-MM-DD`. */
export const dayOf = (ms: number, offset: ZoneOffset): string =>
  new Date(Math.max(EARLIEST_MS, Math.min(LATEST_MS, ms + offset(ms)))).toISOString().slice(0, 10)
