import type { Json } from '../../contract.ts'
import { dayOf, parseInstant, parseIso } from './instants.ts'
import type { Making, Transform } from './transform.ts'
import { zoneOffset } from './zone.ts'

type Written = 'iso' | 'ms' | 's' | 'sql' | 'date'

const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const DAY = /^\d{4}-\d\d-\d\d$/

const utc = zoneOffset(undefined)

const write = (ms: number, as: Written, offset: (ms: number) => number): Json => {
  if (as === 'ms') return ms
  if (as === 's') return Math.trunc(ms / 1000)
  if (as === 'date') return dayOf(ms, offset)
  if (as === 'sql') return new Date(ms + offset(ms)).toISOString().slice(0, 19).replace('T', ' ')
  return new Date(ms).toISOString()
}

/**
 * Points in time as UTC ISO 8601. A remote time without a zone is read in `zone`. Goes back as ISO in UTC, or as `as`
 * says: epoch `ms` or `s`, `sql` (`YYYY-MM-DD hh:mm:ss` on the zone's clocks), or the zone's `date`.
 */
export const datetime = ({ options, remoteType }: Making): Transform => {
  const offset = zoneOffset(options.zone)
  const as = (options.as ?? (remoteType === 'date' ? 'date' : 'iso')) as Written
  const epochUnit = as === 's' ? 's' : 'ms'
  return {
    pull: (value, scope) => {
      const found = parseInstant(value, offset, epochUnit)
      if (found === undefined) {
        scope.warn('is no date and time')
        return null
      }
      return typeof value === 'string' && CANONICAL.test(value) ? value : new Date(found.ms).toISOString()
    },
    push: (value) => write(parseIso(value as string, utc)?.ms ?? Number.NaN, as, offset),
  }
}

/**
 * Calendar days as `YYYY-MM-DD`. A remote point in time is the day that it falls on in `zone`, and a day goes back to
 * such a field as its first instant there.
 */
export const date = ({ options, remoteType }: Making): Transform => {
  const offset = zoneOffset(options.zone)
  const as = (options.as ?? (remoteType === 'datetime' ? 'iso' : 'date')) as Written
  const epochUnit = as === 's' ? 's' : 'ms'
  return {
    pull: (value, scope) => {
      const found = parseInstant(value, offset, epochUnit)
      if (found === undefined) {
        scope.warn('is no date')
        return null
      }
      return found.timed ? dayOf(found.ms, offset) : (value as string).trim()
    },
    push: (value) => {
      const text = value as string
      const day = DAY.test(text) ? text : dayOf(parseIso(text, utc)?.ms ?? Number.NaN, offset)
      return as === 'date' ? day : write(parseIso(day, offset)?.ms ?? Number.NaN, as, offset)
    },
  }
}
