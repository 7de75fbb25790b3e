const PATTERN = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})([+-])(\d{2}):(\d{2})$/

/** Offsets that records carry in an organisation whose users are spread over the world. */
export const MIXED_OFFSETS: readonly number[] = [330, 825, -480, 0, 60]

/** An instant as Zoho writes it: to the second, in somebody's offset. */
export const renderInstant = (atMs: number, offsetMinutes: number): string => {
  const local = new Date(atMs + offsetMinutes * 60_000).toISOString().slice(0, 19)
  const minutes = Math.abs(offsetMinutes)
  const two = (number: number) => String(number).padStart(2, '0')
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/**
 * An instant of a value or a header. Zoho's own SDK writes `Z` there wherever the machine lives in UTC; fractions of a
 * second stand nowhere.
 */
export const parseWrittenInstant = (text: unknown): number | undefined =>
  parseInstant(typeof text === 'string' ? text.replace(/Z$/, '+00:00') : text)

/**
 * Reads an instant, in epoch ms; undefined where it is not written as the documentation of queries has it, with an
 * explicit offset.
 */
export const parseInstant = (text: unknown): number | undefined => {
  const match = typeof text === 'string' ? PATTERN.exec(text) : null
  if (match === null) return undefined
  const [, day, time, sign, hours, minutes] = match
  const utcMs = Date.parse(`${day}T${time}Z`)
  if (Number.isNaN(utcMs) || !new Date(utcMs).toISOString().startsWith(`${day}T${time}`)) return undefined
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000
  return sign === '+' ? utcMs - offsetMs : utcMs + offsetMs
}

/** True for a day of the calendar, as `YYYY-MM-DD`. */
export const isDay = (text: unknown): text is string => {
  if (typeof text !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const atMs = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(text)
}

/** The second that an instant lies in: Zoho keeps no finer stamps. */
export const toSecond = (atMs: number): number => Math.floor(atMs / 1_000) * 1_000

/** Minutes of an offset written as `+05:30`. */
export const offsetMinutesOf = (text: string): number => {
  const match = /^([+-])(\d{2}):(\d{2})$/.exec(text)
  if (match === null) throw new Error(`"${text}" is no offset: write it as +05:30`)
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}
