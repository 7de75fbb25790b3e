/** An instant as Zoho takes it: whole seconds and an explicit offset, because no document grants it `Z`. */
export const zohoTime = (at: string | Date | number): string => `${new Date(at).toISOString().slice(0, 19)}+00:00`

/** A time that Zoho wrote in some offset, as ISO text in UTC; undefined for anything else. */
export const instantOf = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) return undefined
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}

/** The instant of an ISO text with a zone, in ms; undefined for a day, or for what is no time. */
export const instantMs = (value: unknown): number | undefined => {
  if (typeof value !== 'string' || !ZONED.test(value)) return undefined
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? undefined : ms
}
const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/

/** The day of an instant on the clocks of a time zone, UTC where it names none that is known. */
export const dayIn = (ms: number, timeZone: string | undefined): string => {
  try {
    return new Intl.DateTimeFormat('en-CA', { timeZone: timeZone ?? 'UTC', dateStyle: 'short' }).format(ms)
  } catch {
    return new Date(ms).toISOString().slice(0, 10)
  }
}
