import type { Json } from '../../contract.ts'
import { instantOf, type ZoneOffset } from './zone.ts'

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i
const EPOCH = /^-?\d{9,}$/
const MINUTE_MS = 60_000

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
  if (calendar.getUTCDate() !== Number(day) || calendar.getUTCMonth() + 1 !== Number(month)) return undefined
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined
  const fractionMs = fraction === undefined ? 0 : Math.trunc(Number(`0.${fraction}`) * 1000 + 1e-6)
  const localMs =
    dayMs + ((Number(hour ?? 0) * 60 + Number(minute ?? 0)) * 60 + Number(second ?? 0)) * 1000 + fractionMs
  const ms = zone === undefined ? instantOf(localMs, offset) : localMs - offsetMs(zone)
  return { ms, timed: hour !== undefined, zoned: zone !== undefined }
}

/** Reads whatever a vendor sends for a date or time: ISO text, SQL text, or an epoch in ms (or s). */
export const parseInstant = (value: Json, offset: ZoneOffset, epochUnit: 'ms' | 's'): Instant | undefined => {
  const epoch =
    typeof value === 'number' ? value : typeof value === 'string' && EPOCH.test(value) ? Number(value) : undefined
  if (epoch !== undefined) {
    const ms = epochUnit === 's' ? epoch * 1000 : epoch
    return Math.abs(ms) <= 8.64e15 ? { ms, timed: true, zoned: true } : undefined
  }
  return typeof value === 'string' ? parseIso(value.trim(), offset) : undefined
}

/** The calendar day of an instant on a zone's clocks, as `YYYY-MM-DD`. */
export const dayOf = (ms: number, offset: ZoneOffset): string => new Date(ms + offset(ms)).toISOString().slice(0, 10)
