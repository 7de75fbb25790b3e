import { withoutKeptLinks } from './kept-links.ts'

/** What a call says in the chatter: text, or a number for the duration. Absent and null are the same. */
export type CallFields = { readonly [Name in CallField]?: string | number | null }
export type CallField = (typeof CALL_FIELDS)[number]

/** Fields of a call that its message carries, in the order in which people read them. */
export const CALL_FIELDS = [
  'direction',
  'outcome',
  'started_at',
  'duration_seconds',
  'from_e164',
  'to_e164',
  'owner_email',
  'recording_url',
  'subject',
  'body',
] as const

const LABELS: Readonly<Record<CallField, string>> = {
  direction: 'Direction',
  outcome: 'Outcome',
  started_at: 'Started',
  duration_seconds: 'Duration',
  from_e164: 'From',
  to_e164: 'To',
  owner_email: 'Handled by',
  recording_url: 'Recording',
  subject: 'Subject',
  body: 'Notes',
}

/**
 * A call as the HTML of a chatter message, readable for people and for `parseCall`. Odoo's sanitizer keeps classes and
 * throws away `data-` attributes, scripts and control characters: each value stands escaped in a `<span>` of an
 * element whose class names the field.
 */
export const renderCall = (fields: CallFields): string => {
  return `<p><b>${titleOf(fields)}</b></p><ul class="raccordo_call">${linesOf(fields).join('')}</ul>${bodyOf(fields)}`
}

/** The text of a note, a task or a meeting, with a list of what Odoo has no field for where there is any. */
export const renderNotes = (fields: CallFields): string => {
  const lines = linesOf(fields)
  return `${bodyOf(fields)}${lines.length === 0 ? '' : `<ul class="raccordo_details">${lines.join('')}</ul>`}`
}

const linesOf = (fields: CallFields): readonly string[] =>
  CALL_FIELDS.filter((name) => name !== 'body').flatMap((name) => {
    const text = textOf(name, fields[name])
    return text === undefined ? [] : [`<li class="raccordo_${name}">${LABELS[name]}: ${valueHtml(name, text)}</li>`]
  })

const bodyOf = (fields: CallFields): string => {
  const body = textOf('body', fields.body)
  return body === undefined ? '' : `<p class="raccordo_body">${valueHtml('body', body)}</p>`
}

/**
 * Reads what `renderCall` or `renderNotes` wrote, after Odoo's sanitizer and perhaps a person's hand: attributes may have
 * come, elements may be gone. Text of another making is the body, or is added to it.
 */
export const parseCall = (text: string): CallFields => {
  const html = withoutKeptLinks(text)
  if (!html.includes('raccordo_')) {
    const body = plainText(html).trim()
    return body === '' ? {} : { body }
  }
  const fields: Partial<Record<CallField, string | number>> = {}
  for (const [, classes = '', content = ''] of html.matchAll(ELEMENT)) {
    const name = CALL_FIELDS.find((field) => classes.split(/\s+/).includes(`raccordo_${field}`))
    const inner = VALUE.exec(content)?.[1]
    if (name === undefined || inner === undefined) continue
    const text = plainText(inner)
    const value = name === 'duration_seconds' ? parseDuration(text) : text
    if (value !== undefined && value !== '') fields[name] = value
  }
  const added = plainText(html.replace(OWN_PARTS, '')).trim()
  if (added !== '') fields.body = fields.body === undefined ? added : `${fields.body}\n${added}`
  return fields
}

/** All that the plugin writes: elements with its classes, and the title of a call. */
const OWN_PARTS =
  /<(p|ul)\b[^>]*\bclass="[^"]*raccordo_[^"]*"[^>]*>[\s\S]*?<\/\1>|<p\b[^>]*><b\b[^>]*>(?:Incoming call|Outgoing call|Call)<\/b><\/p>/g

const ELEMENT = /<(?:li|p)\b[^>]*\bclass="([^"]*)"[^>]*>([\s\S]*?)<\/(?:li|p)>/g
const VALUE = /<span[^>]*>([\s\S]*)<\/span>/

const titleOf = ({ direction }: CallFields): string => {
  if (direction === 'inbound' || direction === 'incoming') return 'Incoming call'
  return direction === 'outbound' || direction === 'outgoing' ? 'Outgoing call' : 'Call'
}

const textOf = (name: CallField, value: string | number | null | undefined): string | undefined => {
  if (value === null || value === undefined || value === '') return undefined
  if (name === 'duration_seconds') return renderDuration(Number(value))
  const text = cleanText(String(value))
  return text === '' ? undefined : text
}

const valueHtml = (name: CallField, text: string): string => {
  const escaped = escapeHtml(text).replaceAll('\n', '<br>')
  const isLink = name === 'recording_url' && /^https?:\/\//i.test(text)
  return `<span>${isLink ? `<a href="${escaped}" target="_blank">${escaped}</a>` : escaped}</span>`
}

/** What HTML cannot carry or the sanitizer would drop: control characters, lone surrogates, other line ends. */
export const cleanText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/g, '')

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const plainText = (html: string): string =>
  html
    .replace(/<br[^>]*>|<\/(?:p|div|li)>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (entity, name: string) => characterOf(name.toLowerCase()) ?? entity)

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

const characterOf = (name: string): string | undefined => {
  if (!name.startsWith('#')) return ENTITIES[name]
  const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}

const renderDuration = (seconds: number): string | undefined => {
  if (!Number.isFinite(seconds)) return undefined
  if (!Number.isSafeInteger(seconds) || seconds < 60) return `${seconds} s`
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  return [hours === 0 ? '' : `${hours} h `, minutes === 0 ? '' : `${minutes} min `, `${rest} s`].join('')
}

const parseDuration = (text: string): number | undefined => {
  const parts = /^(?:(\d+) h )?(?:(\d+) min )?(-?[\d.e+-]+) s$/.exec(text.trim())
  if (parts === null) return undefined
  const [hours, minutes, seconds] = [Number(parts[1] ?? 0), Number(parts[2] ?? 0), Number(parts[3])]
  return Number.isNaN(seconds) ? undefined : hours * 3_600 + minutes * 60 + seconds
}
