import type { Ctx, Row } from '@raccordo/core/plugin'
import { readRelated } from './associations.ts'
import { referenceOf } from './calls.ts'
import { findByField } from './find.ts'
import { CALLS, type Kind, OBJECT_OF } from './kinds.ts'
import { newest } from './newest.ts'
import { propertiesOf } from './properties.ts'
import { batchRead } from './read.ts'
import { isSameValue, keptAs } from './same.ts'
import { type Filter, searchAll } from './search.ts'
import type { Settings } from './settings.ts'
import { hasUniqueValues, REFERENCE_PROPERTY } from './unique.ts'
import type { VendorRecord } from './vendor.ts'

const DAY_MS = 86_400_000

/**
 * Records that a create without an answer has left behind. By the portal's reference property where it has one, else
 * by the unique value (e-mail), else by the values that were written, among what is no older than a day.
 */
export const locateRecord = async (ctx: Ctx<Settings>, kind: Kind, row: Row): Promise<readonly string[]> => {
  if (await hasUniqueValues(ctx, kind, REFERENCE_PROPERTY)) return byUnique(ctx, kind, REFERENCE_PROPERTY, row.marker)
  const value = row.fields[kind.unique ?? '']
  if (kind.unique !== undefined && typeof value === 'string' && value !== '')
    return byUnique(ctx, kind, kind.unique, value)
  return locateByValues(ctx, kind, row)
}

/**
 * Calls that bear the row's marker. Those of the contact, company or deal that the row is linked with are read through
 * their associations, which do not lag; a call that is linked with nothing through the index and the newest of the list.
 */
export const locateCall = async (ctx: Ctx<Settings>, row: Row): Promise<readonly string[]> => {
  const bearsMarker = (record: VendorRecord): boolean => referenceOf(record.properties?.['hs_call_body']) === row.marker
  const [link] = row.links ?? []
  if (link !== undefined) {
    const related = await readRelated(ctx, OBJECT_OF[link.type], CALLS.name, [link.remoteId])
    return idsOf(await batchRead(ctx, CALLS, [...related.values()].flat(), ['hs_call_body']), bearsMarker)
  }
  const at = instantMs(row.fields['hs_timestamp'])
  const filters: readonly Filter[] =
    at === undefined ? [] : [{ propertyName: 'hs_timestamp', operator: 'EQ', value: at }]
  const indexed = filters.length === 0 ? [] : await searchAll(ctx, CALLS, filters, ['hs_call_body'])
  return idsOf([...indexed, ...(await newest(ctx, CALLS, ['hs_call_body']))], bearsMarker)
}

const byUnique = async (ctx: Ctx<Settings>, kind: Kind, property: string, value: string): Promise<readonly string[]> =>
  (await findByField(ctx, kind, property, [value])).get(value) ?? []

const locateByValues = async (ctx: Ctx<Settings>, kind: Kind, row: Row): Promise<readonly string[]> => {
  const written = Object.entries(propertiesOf(row.fields)).flatMap(([name, value]) =>
    value === null || value === '' ? [] : [{ name, value }],
  )
  const properties = [...written.map(({ name }) => name), kind.createdField]
  const since = ctx.now().getTime() - DAY_MS
  const isRecent = (record: VendorRecord): boolean => {
    const createdAt = record.properties?.[kind.createdField] ?? record.createdAt
    return typeof createdAt === 'string' && Date.parse(createdAt) >= since
  }
  const matches = (record: VendorRecord): boolean =>
    isRecent(record) && written.every(({ name, value }) => isSameValue(name, value, record.properties?.[name]))
  const told = written.filter(({ name }) => TELLING.has(name)).slice(0, MOST_FILTERS)
  const filters: readonly Filter[] = [
    { propertyName: kind.createdField, operator: 'GTE', value: String(since) },
    ...told.map(({ name, value }) => ({ propertyName: name, operator: 'EQ' as const, value: keptAs(name, value) })),
  ]
  const indexed = told.length === 0 ? [] : await searchAll(ctx, kind, filters, properties)
  return idsOf([...indexed, ...(await newest(ctx, kind, properties))], matches)
}
const TELLING: ReadonlySet<string> = new Set(['name', 'domain', 'firstname', 'lastname', 'phone'])
/** HubSpot takes six filters in a group; created-since and the id keyset are two of them. */
const MOST_FILTERS = 4

/** Oldest first. */
const idsOf = (records: readonly VendorRecord[], isWanted: (record: VendorRecord) => boolean): readonly string[] =>
  [...new Set(records.filter(isWanted).map((record) => String(record.id)))].sort(
    (left, right) => Number(left) - Number(right),
  )

const instantMs = (value: unknown): string | undefined => {
  const ms = typeof value === 'number' ? value : /^\d+$/.test(String(value)) ? Number(value) : Date.parse(String(value))
  return Number.isNaN(ms) ? undefined : String(ms)
}
