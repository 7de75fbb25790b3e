import { valueError } from './odoo-error.ts'

/** Times are stored in microseconds since 1970, as PostgreSQL does, and shown in seconds. */
export const showTime = (micros: unknown): string | false =>
  typeof micros === 'number'
    ? new Date(Math.floor(micros / 1_000_000) * 1_000).toISOString().slice(0, 19).replace('T', ' ')
    : false

/** What `create` and `write` take: UTC without T, zone or fraction. */
export const readTime = (text: string): number => {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(text))
    throw valueError(`time data '${text}' does not match format '%Y-%m-%d %H:%M:%S'`)
  if (text.length > 19) throw valueError(`unconverted data remains: ${text.slice(19)}`)
  return Date.parse(`${text.replace(' ', 'T')}Z`) * 1_000
}

/** What a domain takes: a T and a fraction as well; a zone only up to Odoo 18. */
export const readDomainTime = (text: string, version: number): number => {
  if (version >= 19 && /(?:Z|[+-]\d\d:?\d\d)$/.test(text))
    throw valueError(`expecting only datetimes with no timezone: '${text}'`)
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?)?Z?$/.exec(text)
  if (found === null) throw valueError(`Invalid isoformat string: '${text}'`)
  const seconds = Date.parse(`${found[1]}T${found[2] ?? '00:00:00'}Z`)
  return seconds * 1_000 + Number((found[3] ?? '').padEnd(6, '0'))
}

/** A wall-clock time in a zone, as the instant that it names: `load` reads times in the user's zone. */
export const fromZone = (micros: number, zone: string): number => {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(new Date(micros / 1_000))
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '00'
  const shown = Date.parse(
    `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}Z`,
  )
  return micros - (shown * 1_000 - Math.floor(micros / 1_000_000) * 1_000_000)
}
