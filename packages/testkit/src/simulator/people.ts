import { COUNTRIES, FIRST_NAMES, LAST_NAMES, TITLES, TRADES } from './name-lists.ts'
import { pick } from './random.ts'

/** A company with canonical values. */
export type InventedCompany = {
  readonly name: string
  readonly domain: string
  readonly phone: string
  readonly country_iso: string
}

/** A contact with canonical values, and which of the companies it works for. */
export type InventedContact = {
  readonly email: string
  readonly first_name: string
  readonly last_name: string
  readonly title: string
  readonly phone_e164: string
  readonly country_iso: string
  /** From 0 to `companyCount` - 1; -1 where there are no companies. Not a canonical field. */
  readonly companyIndex: number
}

/**
 * Companies number `from` to `from + count - 1` of an endless series: name, domain and phone number are a company's
 * own, whatever the generator says. Domains are under example.com; phone numbers are valid E.164 that nobody was asked for.
 */
export const inventCompanies = (count: number, random: () => number, from = 0): readonly InventedCompany[] =>
  series(count, from, (index) => {
    const country = pick(COUNTRIES, random)
    const phone = country.prefix.company + digits(index, country.startsAt)
    return { name: companyName(index), domain: domainOf(index), phone, country_iso: country.iso }
  })

/**
 * Contacts number `from` to `from + count - 1` of an endless series, each in one of the first `companyCount`
 * companies: name, e-mail and phone number are a contact's own, whatever the generator says.
 */
export const inventContacts = (
  count: number,
  companyCount: number,
  random: () => number,
  from = 0,
): readonly InventedContact[] =>
  series(count, from, (index) => {
    const country = pick(COUNTRIES, random)
    const companyIndex = companyCount === 0 ? -1 : Math.floor(random() * companyCount)
    const first = FIRST_NAMES[index % FIRST_NAMES.length] ?? ''
    const last = familyName(Math.floor(index / FIRST_NAMES.length))
    return {
      email: `${slug(first)}.${slug(last)}@${companyIndex === -1 ? 'example.com' : domainOf(companyIndex)}`,
      first_name: first,
      last_name: last,
      title: pick(TITLES, random),
      phone_e164: country.prefix.contact + digits(index, country.startsAt),
      country_iso: country.iso,
      companyIndex,
    }
  })

const series = <T>(count: number, from: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, position) => make(from + position))

const companyName = (index: number): string =>
  `${familyName(Math.floor(index / TRADES.length))} ${TRADES[index % TRADES.length] ?? ''}`

const domainOf = (companyIndex: number): string => `${slug(companyName(companyIndex))}.example.com`

/** The names one by one, then all pairs, then all triples: no two numbers have the same. */
const familyName = (number: number): string => {
  const names: string[] = []
  for (let rest = number + 1; rest > 0; rest = Math.floor((rest - 1) / LAST_NAMES.length))
    names.unshift(LAST_NAMES[(rest - 1) % LAST_NAMES.length] ?? '')
  return names.join('-')
}

const slug = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z]+/g, '-')

/** Seven digits that differ for every index below eight million, spread so that neighbours look unlike. */
const digits = (index: number, startsAt: number): string => {
  const range = 10_000_000 - startsAt
  return String(startsAt + ((index * 3_141_593 + 271_829) % range)).padStart(7, '0')
}
