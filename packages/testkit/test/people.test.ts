import { describe, expect, it } from 'vitest'
import { inventCompanies, inventContacts, seededRandom } from '../src/simulator/index.ts'

const E164 = { US: /^\+1(212|312)[2-9]\d{6}$/, IT: /^\+39(347\d{7}|061\d{7})$/, DE: /^\+49(1512|302)\d{7}$/ }
const E164_MORE = { GB: /^\+44(740|207)\d{7}$/, FR: /^\+33(61|14)\d{7}$/, ES: /^\+34(61|91)\d{7}$/ }
const PLANS: Readonly<Record<string, RegExp>> = { ...E164, ...E164_MORE }

describe('invented people and companies', () => {
  const random = seededRandom(5)
  const companies = inventCompanies(3_000, random)
  const contacts = inventContacts(20_000, companies.length, random)

  it('have names, e-mails, domains and phone numbers of their own', () => {
    const distinct = (values: readonly string[]) => new Set(values).size
    expect(distinct(contacts.map((contact) => contact.email))).toBe(contacts.length)
    expect(distinct(contacts.map((contact) => `${contact.first_name} ${contact.last_name}`))).toBe(contacts.length)
    expect(distinct(companies.map((company) => company.name))).toBe(companies.length)
    expect(distinct(companies.map((company) => company.domain))).toBe(companies.length)
    const phones = [...contacts.map((contact) => contact.phone_e164), ...companies.map((company) => company.phone)]
    expect(distinct(phones)).toBe(contacts.length + companies.length)
  })

  it('have a phone number in the plan of their country', () => {
    for (const contact of contacts) expect(contact.phone_e164).toMatch(PLANS[contact.country_iso] ?? /never/)
    for (const company of companies) expect(company.phone).toMatch(PLANS[company.country_iso] ?? /never/)
    expect(new Set(contacts.map((contact) => contact.country_iso)).size).toBe(6)
  })

  it('have plain addresses under example.com and first names of one word', () => {
    for (const contact of contacts) {
      expect(contact.email).toMatch(/^[a-z-]+\.[a-z-]+@[a-z-]+\.example\.com$/)
      expect(contact.first_name).not.toContain(' ')
    }
  })

  it('work in one of the companies', () => {
    for (const contact of contacts) expect(companies[contact.companyIndex]).toBeDefined()
    expect(inventContacts(1, 0, random)[0]?.companyIndex).toBe(-1)
  })

  it('go on where an earlier series ended', () => {
    const more = inventContacts(100, 10, random, contacts.length)
    const known = new Set(contacts.map((contact) => contact.email.split('@')[0]))
    expect(more.filter((contact) => known.has(contact.email.split('@')[0]))).toEqual([])
  })

  it('are the same for the same seed', () => {
    expect(inventContacts(50, 5, seededRandom(1))).toEqual(inventContacts(50, 5, seededRandom(1)))
    expect(inventContacts(50, 5, seededRandom(1))).not.toEqual(inventContacts(50, 5, seededRandom(2)))
  })
})
