import type { Fields, Json, Link, ObjectType } from '@raccordo/core/plugin'
import type { TruthRecord } from '@raccordo/testkit/simulator'
import { withoutReference } from '../src/calls.ts'
import type { Portal } from './portal.ts'
import { liveLinks } from './records.ts'
import type { ObjectName } from './schema.ts'
import type { StoredRecord } from './table.ts'

/** The simulator's object of a canonical type; the only activities that it has are calls. */
export const OBJECT_OF: Readonly<Record<ObjectType, ObjectName>> = {
  contact: 'contacts',
  company: 'companies',
  deal: 'deals',
  activity: 'calls',
}

const LINKED: Readonly<Record<ObjectType, readonly ObjectType[]>> = {
  contact: ['company'],
  company: [],
  deal: ['contact', 'company'],
  activity: ['contact', 'company', 'deal'],
}

/** A canonical field as HubSpot keeps it, and back. */
interface Column {
  readonly property: string
  write(value: Json, portal: Portal): string
  read(text: string, portal: Portal): Json
}

const as = (property: string, write: (value: Json, portal: Portal) => string, read: Column['read']): Column => ({
  property,
  write: (value, portal) => (value === null ? '' : write(value, portal)),
  read,
})
const text = (property: string): Column => as(property, String, (value) => value)
const scaled = (property: string, factor: number): Column =>
  as(
    property,
    (value) => String(Number(value) * factor),
    (value) => Math.round(Number(value) / factor),
  )
const coded = (property: string, codes: Readonly<Record<string, string>>): Column =>
  as(
    property,
    (value) => Object.entries(codes).find(([, canonical]) => canonical === value)?.[0] ?? String(value),
    (value) => codes[value] ?? null,
  )

const ENGLISH = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
/** HubSpot keeps countries as free text: users write names, importers codes. */
const country: Column = as(
  'country',
  (value) => ENGLISH.of(String(value)) ?? String(value),
  (value) => (/^[A-Z]{2}$/.test(value) ? value : codeOfCountry(value)),
)
const codeOfCountry = (name: string): string | null => {
  for (let first = 65; first <= 90; first += 1)
    for (let second = 65; second <= 90; second += 1) {
      const code = String.fromCharCode(first, second)
      // Codes of the past have today's names: DD is Germany too.
      const isCurrent = Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`
      if (isCurrent && ENGLISH.of(code) === name) return code
    }
  return null
}
const countryOnce = (): Column => {
  const known = new Map<string, Json>()
  return {
    ...country,
    read: (value, portal) => {
      const found = known.get(value) ?? country.read(value, portal)
      known.set(value, found)
      return found
    },
  }
}

const owner: Column = as(
  'hubspot_owner_id',
  (value, portal) => String(portal.owners.find(({ email }) => email === value)?.id ?? ''),
  (value, portal) => portal.owners.find(({ id }) => String(id) === value)?.email ?? null,
)

const OUTCOMES: Readonly<Record<string, string>> = {
  'f240bbac-87c9-4f6e-bf70-924b57d47db7': 'connected',
  '73a0d17f-1163-4015-bdd5-ec830791da20': 'no_answer',
  '9d9162e7-6cf3-4944-bf63-4dff82258764': 'busy',
  'b2cf5968-551e-4856-9783-52b3da59a7d0': 'left_voicemail',
  'a4c4c377-d246-4b32-a13b-75a56a4cd0ff': 'left_message',
  '17b47fee-58de-441e-a44c-c6300d46f273': 'wrong_number',
}
const STATUS_OUTCOMES: Readonly<Record<string, string>> = { FAILED: 'failed', CANCELED: 'canceled' }

/** The columns of every type; `makeColumns` keeps the names of countries that it has seen. */
export const makeColumns = (): Readonly<Record<ObjectType, Readonly<Record<string, Column>>>> => ({
  contact: {
    email: text('email'),
    phone_e164: text('phone'),
    first_name: text('firstname'),
    last_name: text('lastname'),
    title: text('jobtitle'),
    country_iso: countryOnce(),
  },
  company: {
    name: text('name'),
    domain: text('domain'),
    phone: text('phone'),
    country_iso: countryOnce(),
    address: text('address'),
  },
  deal: {
    title: text('dealname'),
    amount_cents: scaled('amount', 0.01),
    currency: text('deal_currency_code'),
    stage: text('dealstage'),
    pipeline: text('pipeline'),
    close_date: as('closedate', String, (value) => value.slice(0, 10)),
  },
  activity: {
    direction: coded('hs_call_direction', { INBOUND: 'inbound', OUTBOUND: 'outbound' }),
    started_at: text('hs_timestamp'),
    duration_seconds: scaled('hs_call_duration', 1_000),
    outcome: coded('hs_call_disposition', OUTCOMES),
    subject: text('hs_call_title'),
    body: as('hs_call_body', htmlOf, (value) => textOf(withoutReference(value))),
    recording_url: text('hs_call_recording_url'),
    from_e164: text('hs_call_from_number'),
    to_e164: text('hs_call_to_number'),
    owner_email: owner,
  },
})
export type Columns = ReturnType<typeof makeColumns>

/** Canonical values as properties; members that HubSpot has no property for are passed over. */
export const toProperties = (
  portal: Portal,
  columns: Columns,
  type: ObjectType,
  data: Fields,
): Record<string, string> => {
  const properties: Record<string, string> = {}
  for (const [name, value] of Object.entries(data)) {
    const column = columns[type][name]
    if (column !== undefined && value !== undefined) properties[column.property] = column.write(value, portal)
  }
  const status = Object.entries(STATUS_OUTCOMES).find(([, outcome]) => outcome === data['outcome'])?.[0]
  if (type !== 'activity' || status === undefined) return properties
  return { ...properties, hs_call_disposition: '', hs_call_status: status }
}

/** A record as the truth about it. */
export const toTruth = (portal: Portal, columns: Columns, type: ObjectType, record: StoredRecord): TruthRecord => {
  const data: Record<string, Json> = type === 'activity' ? { kind: 'call' } : {}
  for (const [name, column] of Object.entries(columns[type])) {
    const value = record.properties[column.property] ?? ''
    data[name] = value === '' ? null : column.read(value, portal)
  }
  if (type === 'activity' && data['outcome'] === null)
    data['outcome'] = STATUS_OUTCOMES[record.properties['hs_call_status'] ?? ''] ?? null
  return {
    id: String(record.id),
    data,
    links: truthLinks(portal, type, record.id),
    updatedAt: new Date(record.updatedMs).toISOString(),
  }
}

/** Links to live records, the primary company first. */
const truthLinks = (portal: Portal, type: ObjectType, id: number): readonly Link[] =>
  LINKED[type].flatMap((to) =>
    [...liveLinks(portal, OBJECT_OF[type], id, OBJECT_OF[to])]
      .sort((left, right) => right.typeIds.length - left.typeIds.length)
      .map((link) => ({ type: to, remoteId: String(link.id) })),
  )

/** HubSpot shows the body of a call as HTML. */
const htmlOf = (value: Json): string =>
  String(value)
    .split('\n')
    .map((line) => `<p>${line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</p>`)
    .join('')

const textOf = (html: string | null): string | null => {
  if (html === null) return null
  const lines = html.replace(/<br\s*\/?>|<\/p>\s*(?=<p\b)/gi, '\n').replace(/<[^>]*>/g, '')
  return lines
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .trim()
}
