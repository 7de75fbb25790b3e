const MINUTE_MS = 60_000

/** Offset of a zone from UTC at an instant, in ms. */
export type ZoneOffset = (instantMs: number) => number

/** True for a zone that this runtime knows by its IANA name. */
export const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** The offsets of an IANA zone; always 0 for UTC. Throws a RangeError for an unknown zone. */
export const zoneOffset = (zone: string | undefined): ZoneOffset => {
  if (zone === undefined || zone === 'UTC' || zone === 'Etc/UTC') return () => 0
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (instantMs) => {
    const parts: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(instantMs)) parts[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    const local = Date.UTC(year, month - 1, day, hour, minute, second)
    return Math.round((local - Math.floor(instantMs / 1000) * 1000) / MINUTE_MS) * MINUTE_MS
  }
}

/**
 * The instant at which a zone's clocks show a local time (given as if it were UTC). Of two, in autumn, the earlier; a
 * time that the clocks jump over, in spring, is taken with the offset from before the jump.
 */
export const instantOf = (localMs: number, offset: ZoneOffset): number => {
  const day = 24 * 60 * MINUTE_MS
  const before = localMs - offset(localMs - day)
  const after = localMs - offset(localMs + day)
  if (before === after || before + offset(before) === localMs) return before
  return after + offset(after) === localMs ? after : before
}
