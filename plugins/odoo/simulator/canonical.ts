import type { Fields, Json, Link, ObjectType } from '@raccordo/core/plugin'
import type { TruthRecord } from '@raccordo/testkit/simulator'
import { streetLines, streetValues } from '../src/street.ts'
import { toInstant } from '../src/values.ts'
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
