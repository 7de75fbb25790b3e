import type { Fields, Json, Link, ObjectType } from '@raccordo/core/plugin'
import type { TruthRecord } from '@raccordo/testkit/simulator'
import { type CallFields, parseCall, renderCall } from '../src/call-body.ts'
import { streetLines, streetValues } from '../src/street.ts'
import { fromOdoo, toInstant, toOdooTime } from '../src/values.ts'
import { domainOf, websiteOf } from '../src/website.ts'

/** A record as Odoo's `search_read` answers it, relations as [id, name]. */
export type Found = { readonly id: number } & Readonly<Record<string, unknown>>

/** Countries by id and by code. */
export interface Countries {
  readonly codeOf: ReadonlyMap<number, string>
  readonly idOf: ReadonlyMap<string, number>
}

export const PARTNER_FIELDS = [
  'name',
  'email',
  'phone',
  'function',
  'country_id',
  'parent_id',
  'website',
  'vat',
  'street',
  'street2',
  'write_date',
  'is_company',
]
export const MESSAGE_FIELDS = ['body', 'date', 'model', 'res_id', 'write_date']

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const idIn = (pair: unknown): number | undefined => (Array.isArray(pair) ? Number(pair[0]) : undefined)

/** Odoo's spelling of a phone number may be anybody's; those with a country prefix are E.164 without the blanks. */
const phoneOf = (value: unknown): string | null => {
  const phone = text(value)
  return phone?.startsWith('+') ? `+${phone.replace(/\D/g, '')}` : phone
}

/** A partner in canonical values. */
export const partnerTruth = (record: Found, countries: Countries): TruthRecord => {
  const country_iso = countries.codeOf.get(idIn(record['country_id']) ?? 0) ?? null
  const parent = idIn(record['parent_id'])
  const updatedAt = toInstant(record['write_date']) ?? ''
  const id = String(record.id)
  if (record['is_company'] === true) {
    const { name, website, phone, vat, street, street2 } = record
    const data = {
      name: text(name),
      domain: domainOf(website),
      phone: text(phone),
      country_iso,
      vat: text(vat),
      address: streetLines(street, street2),
    }
    return { id, data, links: [], updatedAt }
  }
  const [first = '', ...rest] = (text(record['name']) ?? '').trim().split(/\s+/)
  const data = {
    email: text(record['email']),
    phone_e164: phoneOf(record['phone']),
    first_name: first === '' ? null : first,
    last_name: rest.length === 0 ? null : rest.join(' '),
    title: text(record['function']),
    country_iso,
  }
  return { id, data, links: parent === undefined ? [] : [{ type: 'company', remoteId: String(parent) }], updatedAt }
}

/** Canonical values as fields of res.partner. The two halves of a name are joined with those that stand there. */
export const partnerValues = (
  type: ObjectType,
  data: Fields,
  links: readonly Link[],
  countries: Countries,
  before?: Fields,
): Record<string, unknown> => {
  const orFalse = (value: Json | undefined) => (value === null ? false : value)
  const values: Record<string, unknown> = {}
  const copy = (from: string, to = from) => {
    if (data[from] !== undefined) values[to] = orFalse(data[from])
  }
  for (const name of ['email', 'phone', 'vat', 'name']) copy(name)
  copy('phone_e164', 'phone')
  copy('title', 'function')
  if (data['address'] !== undefined)
    for (const [name, value] of Object.entries(streetValues(data['address']))) values[name] = orFalse(value)
  if (data['domain'] !== undefined) values['website'] = orFalse(websiteOf(data['domain']))
  if (data['country_iso'] !== undefined) values['country_id'] = countries.idOf.get(String(data['country_iso'])) ?? false
  if (data['first_name'] !== undefined || data['last_name'] !== undefined) {
    const halves = ['first_name', 'last_name'].map(
      (name) => data[name] ?? (data[name] === null ? null : before?.[name]),
    )
    values['name'] = halves.filter((half) => typeof half === 'string' && half !== '').join(' ')
  }
  const company = links.find((link) => link.type === 'company')
  if (type === 'contact' && company !== undefined) values['parent_id'] = Number(company.remoteId)
  return values
}

/** A call in the chatter in canonical values. */
export const callTruth = (record: Found, companies: ReadonlySet<number>): TruthRecord => {
  const said = parseCall(String(record['body'] || ''))
  const place = record['res_id']
  const isLinked = record['model'] === 'res.partner' && typeof place === 'number'
  const type = isLinked && companies.has(place) ? 'company' : 'contact'
  const started_at = canonicalTime(said.started_at ?? fromOdoo(record['date'], 'datetime'))
  return {
    id: String(record.id),
    data: { kind: 'call', ...said, started_at },
    links: isLinked ? [{ type, remoteId: String(place) }] : [],
    updatedAt: toInstant(record['write_date']) ?? '',
  }
}

/** Canonical times have milliseconds, as `Date` writes them. */
const canonicalTime = (time: Json): Json =>
  typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? new Date(time).toISOString() : time

/** A call as body and date of a message, merged into what the message says already. */
export const callValues = (data: Fields, body = ''): Record<string, unknown> => {
  const fields: CallFields = { ...parseCall(body), ...(data as CallFields) }
  const startedAt = typeof fields.started_at === 'string' ? toOdooTime(fields.started_at) : undefined
  return { body: renderCall(fields), ...(startedAt === undefined ? {} : { date: startedAt }) }
}
