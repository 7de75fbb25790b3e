import type { RemoteRecord } from '@raccordo/core/plugin'
import { instantOf } from './times.ts'
import type { VendorRecord } from './vendor.ts'

/**
 * A converted lead is a lead no more: Zoho hides it from lists, keeps it out of the list of deleted records, and names
 * the contact that stands in its place.
 */
export const leadGone = (record: VendorRecord): Pick<RemoteRecord, 'deletedAt' | 'mergedInto'> | undefined => {
  if (!isConverted(record)) return undefined
  // Not before its last stamp: a deletion counts where it is later than what was known of the record.
  const stamps = [instantOf(record['Converted_Date_Time']), instantOf(record.Modified_Time)]
  const deletedAt = stamps
    .filter((stamp) => stamp !== undefined)
    .sort()
    .at(-1)
  const contact = record['Converted_Contact']
  const id: unknown = typeof contact === 'object' && contact !== null ? Reflect.get(contact, 'id') : contact
  const isNamed = (typeof id === 'string' && id !== '') || typeof id === 'number'
  return {
    deletedAt: deletedAt ?? new Date(0).toISOString(),
    ...(isNamed ? { mergedInto: { object: 'Contacts', id: String(id) } } : {}),
  }
}

const isConverted = (record: VendorRecord): boolean =>
  record['Converted__s'] === true || record['Converted__s'] === 'true' || record['$converted'] === true
