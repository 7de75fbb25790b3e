import { inventCompanies, inventContacts } from '@raccordo/testkit/simulator'
import { toValues } from './canonical.ts'
import type { Org } from './org.ts'
import { createRecord, userWriter } from './write.ts'

const DAY_MS = 86_400_000
const DAY_SECONDS = 86_400
const SECOND_MS = 1_000

/**
 * Invents companies and contacts. Half of the contacts bear the same second, as after an import; the rest are seconds
 * apart. All stamps lie days back, so that a scan by time that begins now finds only what changes from now on. Nobody
 * is told of them.
 */
export const seedOrg = (org: Org, plan: { readonly contacts: number; readonly companies: number }): void => {
  const startMs = org.now().getTime() - 30 * DAY_MS
  const writer = (startedMs: number) => ({ ...userWriter(org), startedMs, hiddenMs: 0 })
  const companyIds = org.tables.Accounts.live().map((record) => record.id)
  const companies = inventCompanies(plan.companies, org.random, companyIds.length)
  for (const [index, company] of companies.entries()) {
    const values = toValues(org, 'Accounts', company, [])
    companyIds.push(createRecord(org, 'Accounts', values, writer(startMs + index * SECOND_MS)).id)
  }
  const known = org.tables.Contacts.live().length
  const contacts = inventContacts(plan.contacts, companyIds.length, org.random, known)
  for (const [index, { companyIndex, ...contact }] of contacts.entries()) {
    const stampMs = startMs + DAY_MS + (index * 2 < contacts.length ? 0 : (index % DAY_SECONDS) * SECOND_MS)
    const companyId = companyIds[companyIndex]
    const links = companyId === undefined ? [] : [{ type: 'company' as const, remoteId: companyId }]
    createRecord(org, 'Contacts', toValues(org, 'Contacts', contact, links), writer(stampMs))
  }
  org.changes.length = 0
}
