import { inventCompanies, inventContacts } from '@raccordo/testkit/simulator'
import { typesBetween } from './association-store.ts'
import type { Forms } from './canonical.ts'
import type { Portal } from './portal.ts'
import { type ObjectName, SCHEMAS } from './schema.ts'
import type { StoredRecord } from './table.ts'

const DAY_MS = 86_400_000
const SECOND_MS = 1_000

/**
 * Invents companies and contacts, all of them in the index already. Half of the contacts bear the same millisecond, as
 * after a bulk edit; the rest are seconds apart. All stamps lie days back, so that a scan by time that begins now
 * finds only what changes from now on.
 */
export const seedPortal = (
  portal: Portal,
  forms: Forms,
  plan: { readonly contacts: number; readonly companies: number },
): void => {
  const start = portal.now().getTime() - 30 * DAY_MS
  const companyIds: number[] = portal.tables.companies.live().map((record) => record.id)
  const invented = inventCompanies(plan.companies, portal.random, companyIds.length)
  for (const [index, company] of invented.entries())
    companyIds.push(insert(portal, 'companies', forms.write('companies', company), start + index * SECOND_MS).id)
  const known = portal.tables.contacts.live().length
  const contacts = inventContacts(plan.contacts, companyIds.length, portal.random, known)
  const primary = typesBetween('contacts', 'companies')?.primary ?? 0
  for (const [index, { companyIndex, ...contact }] of contacts.entries()) {
    const stampMs = start + DAY_MS + (index * 2 < contacts.length ? 0 : (index % DAY_SECONDS) * SECOND_MS)
    const record = insert(portal, 'contacts', forms.write('contacts', contact), stampMs)
    const companyId = companyIds[companyIndex]
    if (companyId !== undefined) portal.associations.add('contacts', record.id, 'companies', companyId, primary)
  }
}
const DAY_SECONDS = DAY_MS / SECOND_MS

const insert = (
  portal: Portal,
  object: ObjectName,
  values: Readonly<Record<string, string>>,
  stampMs: number,
): StoredRecord => {
  const { changedField, createdField } = SCHEMAS[object]
  const id = portal.tables[object].nextId()
  const at = new Date(stampMs).toISOString()
  const properties = { ...values, hs_object_id: String(id), [createdField]: at, [changedField]: at }
  const record = { id, properties, createdMs: stampMs, updatedMs: stampMs }
  portal.tables[object].put(record)
  portal.indexes[object].take(record, 0)
  portal.changes.tell({ kind: 'creation', object, id })
  return record
}
