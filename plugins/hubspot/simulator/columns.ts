import type { Json } from '@raccordo/core/plugin'
import type { Portal } from './portal.ts'
import { htmlOf, textOf } from './rich-text.ts'

/** A canonical field as HubSpot keeps it, and back. */
export interface Column {
  readonly property: string
  write(value: Json, portal: Portal): string
  read(text: string, portal: Portal): Json
}
export type Columns = Readonly<Record<string, Column>>

export const as = (property: string, write: (value: Json, portal: Portal) => string, read: Column['read']): Column => ({
  property,
  write: (value, portal) => (value === null ? '' : write(value, portal)),
  read,
})
export const plain = (property: string): Column => as(property, String, (value) => value)
export const scaled = (property: string, factor: number): Column =>
  as(
    property,
    (value) => String(Number(value) * factor),
    (value) => Math.round(Number(value) / factor),
  )
/** Codes by their canonical values; the first of several codes is written. A code without a value reads as none. */
export const coded = (property: string, codes: Readonly<Record<string, string>>): Column =>
  as(
    property,
    (value) => Object.entries(codes).find(([, canonical]) => canonical === value)?.[0] ?? String(value),
    (value) => codes[value] ?? null,
  )
/** HubSpot shows the text of an activity as HTML. */
export const rich = (property: string): Column =>
  as(
    property,
    (value) => htmlOf(String(value)),
    (value) => textOf(value),
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
/** A country, with a memory for the names that were seen. */
export const countryOnce = (): Column => {
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

export const owner: Column = as(
  'hubspot_owner_id',
  (value, portal) => String(portal.owners.find(({ email }) => email === value)?.id ?? ''),
  (value, portal) => portal.owners.find(({ id }) => String(id) === value)?.email ?? null,
)
