import { type Fields, fail, type RemoteRecord } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'
import { MOST_FIELDS } from './limits.ts'
import { textOf } from './reference.ts'
import { instantOf } from './times.ts'
import type { VendorRecord } from './vendor.ts'

/** What a record must be asked for so that it has the wanted fields, its stamp, its relations and its state. */
export const columnsOf = (kind: Kind, fields: readonly string[]): readonly string[] => {
  const columns = new Set([
    ...fields.flatMap((field) => kind.columns?.[field] ?? [field]),
    ...(kind.always ?? []),
    'Modified_Time',
  ])
  columns.delete('id')
  // The id comes along in any case, and a query counts it as a column.
  if (columns.size >= MOST_FIELDS)
    throw fail('invalid', `Zoho gives at most ${MOST_FIELDS} fields at once, and ${columns.size + 1} were asked for`)
  return [...columns]
}

/** A record as the contract has it, with the wanted fields alone; times in UTC, whatever offset Zoho showed them in. */
export const recordOf = (
  kind: Kind,
  record: VendorRecord,
  fields: readonly string[],
  timeZone: string | undefined,
): RemoteRecord => {
  const updatedAt = stampOf(record)
  const shown = {
    ...plainValues(record),
    [kind.text]: textOf(record[kind.text]).body,
    ...kind.show?.(record, timeZone),
  }
  const links = kind.links?.(record)
  return {
    id: String(record.id),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    ...kind.gone?.(record),
    fields: Object.fromEntries(
      fields.map((field) => [field, field === 'id' ? String(record.id) : (shown[field] ?? null)]),
    ),
    ...(links === undefined ? {} : { links }),
  }
}

/** When the record last changed, as ISO text in UTC. */
export const stampOf = (record: VendorRecord): string | undefined => instantOf(record.Modified_Time)

/** Each record once, as it came last: a list that moves while it is read shows some twice. */
export const distinct = (records: readonly VendorRecord[]): readonly VendorRecord[] => [
  ...new Map(records.map((record) => [String(record.id), record])).values(),
]

/** Ids have up to 19 digits: as texts they compare by length first. */
export const compareIds = (left: string, right: string): number =>
  left.length - right.length || (left < right ? -1 : left > right ? 1 : 0)

const plainValues = (record: VendorRecord): Fields =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, instantOf(value) ?? value ?? null]))
