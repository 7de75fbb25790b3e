const DAY = /^\d{4}-\d\d-\d\d$/
const MIDNIGHT_UTC = /T00:00:00(\.0+)?Z$/
const NOON_MS = 43_200_000
const DAY_MS = 86_400_000

/**
 * The day that a close date means to the people of a portal. HubSpot keeps an instant and shows the day that it falls on
 * in the portal's time zone. Software that knows only days writes midnight UTC, which is that day and no other, though
 * HubSpot shows the one before it in America.
 */
export const dayOfClose = (value: string | null, timeZone: string | undefined): string | null => {
  if (value === null || value === '' || DAY.test(value)) return value
  const ms = /^-?\d+$/.test(value) ? Number(value) : Date.parse(value)
  if (Number.isNaN(ms)) return value
  const iso = new Date(ms).toISOString()
  return MIDNIGHT_UTC.test(iso) ? iso.slice(0, 10) : localDay(ms, timeZone)
}

/** A day as the instant that HubSpot keeps: its noon in the portal's time zone, so that it is shown as that day. */
export const closeOfDay = (value: string, timeZone: string | undefined): string => {
  if (!DAY.test(value)) return value
  const noonMs = Date.parse(`${value}T12:00:00.000Z`)
  return Number.isNaN(noonMs) ? value : new Date(noonMs - offsetMs(noonMs, timeZone)).toISOString()
}

const localDay = (ms: number, timeZone: string | undefined): string =>
  new Date(ms + offsetMs(ms, timeZone)).toISOString().slice(0, 10)

/** How far a zone's clocks are ahead of UTC; 0 for a zone that is not known here. */
const offsetMs = (ms: number, timeZone: string | undefined): number => {
  const format = formatOf(timeZone)
  if (format === undefined) return 0
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  const shown = Date.UTC(year, month - 1, day, hour % 24, minute, second)
  const offset = shown - Math.floor(ms / 1_000) * 1_000
  return Math.abs(offset) < DAY_MS + NOON_MS ? offset : 0
}

const formatOf = (timeZone: string | undefined): Intl.DateTimeFormat | undefined => {
  if (timeZone === undefined) return undefined
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return undefined
  }
}
