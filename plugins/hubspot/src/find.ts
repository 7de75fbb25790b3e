import type { Ctx } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'
import { newest } from './newest.ts'
import { batchRead } from './read.ts'
import { keptAs } from './same.ts'
import { searchAll } from './search.ts'
import type { Settings } from './settings.ts'
import { hasUniqueValues } from './unique.ts'
import type { VendorRecord } from './vendor.ts'

/**
 * Ids by the value of a property. A unique one is read straight from the records (for e-mail addresses HubSpot looks
 * through the additional ones too). Any other (a company's domain) has only the search index, which lags: what it may
 * not show yet is read from the newest end of the list.
 */
export const findByField = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  field: string,
  values: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  // Values that HubSpot takes for the same are asked for once: a batch must not name an id twice.
  const asked = new Map(
    values.map((value) => [keptAs(field, value), field === 'email' ? keptAs(field, value) : value.trim()]),
  )
  asked.delete('')
  if (asked.size === 0) return new Map()
  const isUnique = await hasUniqueValues(ctx, kind, field)
  const properties = field === 'email' ? ['email', 'hs_additional_emails'] : [field]
  const records = isUnique
    ? await batchRead(ctx, kind, [...asked.values()], properties, field)
    : await throughIndex(ctx, kind, field, asked)
  const ids = idsByValue(field, [...asked.keys()], records, isUnique)
  return new Map(
    values.flatMap((value) => {
      const own = ids.get(keptAs(field, value))
      return own === undefined ? [] : [[value, [...own]]]
    }),
  )
}

/** Texts are found by IN only in lower case; a domain is asked for as it was given too, in case it was kept so. */
const throughIndex = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  field: string,
  asked: ReadonlyMap<string, string>,
): Promise<readonly VendorRecord[]> => {
  const values = [...new Set([...asked].flatMap(([kept, given]) => [kept, given.toLowerCase()]))]
  const indexed = await searchAll(ctx, kind, [{ propertyName: field, operator: 'IN', values }], [field])
  const recent = await newest(ctx, kind, [field])
  return [...indexed, ...recent]
}

const idsByValue = (
  field: string,
  wanted: readonly string[],
  records: readonly VendorRecord[],
  isUnique: boolean,
): ReadonlyMap<string, ReadonlySet<string>> => {
  const ids = new Map<string, Set<string>>()
  const add = (value: string, record: VendorRecord): void => {
    ids.set(value, (ids.get(value) ?? new Set()).add(String(record.id)))
  }
  const nameless: VendorRecord[] = []
  for (const record of records) {
    const values = valuesOf(record, field).filter((value) => wanted.includes(value))
    if (values.length === 0) nameless.push(record)
    for (const value of values) add(value, record)
  }
  // Found by a value that it does not show: certain where one record and one value are left.
  const [record, value, ...others] = [nameless[0], ...wanted.filter((asked) => !ids.has(asked))]
  if (isUnique && nameless.length === 1 && record !== undefined && value !== undefined && others.length === 0)
    add(value, record)
  return ids
}

const valuesOf = (record: VendorRecord, field: string): readonly string[] => {
  const main = record.properties?.[field] ?? ''
  const more = field === 'email' ? (record.properties?.['hs_additional_emails'] ?? '').split(';') : []
  return [main, ...more].map((value) => keptAs(field, value)).filter((value) => value !== '')
}
