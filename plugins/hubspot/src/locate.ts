import type { Ctx, Row } from '@raccordo/core/plugin'
import { linkedObject } from './association-types.ts'
import { readRelated } from './associations.ts'
import { findByField } from './find.ts'
import type { Kind } from './kinds.ts'
import { newest } from './newest.ts'
import { batchRead } from './read.ts'
import { referenceOf } from './reference.ts'
import { isSameValue, keptAs } from './same.ts'
import { type Filter, searchAll } from './search.ts'
import type { Settings } from './settings.ts'
import { hasUniqueValues, REFERENCE_PROPERTY } from './unique.ts'
import type { VendorRecord } from './vendor.ts'
import { newProperties } from './written.ts'

const DAY_MS = 86_400_000

/**
 * Records that a create without an answer has left behind. An activity of a contact, company or deal is told by the
 * marker in its text; its like are read through the associations, which do not lag. Any other record is told by the
 * portal's reference property where it has one, else by the marker, the unique value (e-mail), or the values that were
 * written.
 */
export const locateRecord = async (ctx: Ctx<Settings>, kind: Kind, row: Row): Promise<readonly string[]> => {
  const related = kind.markedField === undefined ? undefined : await locateRelated(ctx, kind, kind.markedField, row)
  if (related !== undefined) return related
  if (await hasUniqueValues(ctx, kind, REFERENCE_PROPERTY)) return byUnique(ctx, kind, REFERENCE_PROPERTY, row.marker)
  if (kind.markedField !== undefined) return locateByMarker(ctx, kind, kind.markedField, row)
  const value = row.fields[kind.unique ?? '']
  if (kind.unique !== undefined && typeof value === 'string' && value !== '')
    return byUnique(ctx, kind, kind.unique, value)
  return locateByValues(ctx, kind, row)
}

const bearer =
  (markedField: string, marker: string) =>
  (record: VendorRecord): boolean =>
    referenceOf(record.properties?.[markedField]) === marker

/** Among the activities of the record that the row is linked with; undefined where it is linked with none. */
const locateRelated = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  markedField: string,
  row: Row,
): Promise<readonly string[] | undefined> => {
  const [link] = row.links ?? []
  const object = link === undefined ? undefined : linkedObject(kind, link.type)
  if (link === undefined || object === undefined) return undefined
  const related = await readRelated(ctx, object, kind.name, [link.remoteId])
  const records = await batchRead(ctx, kind, [...related.values()].flat(), [markedField])
  return idsOf(records, bearer(markedField, row.marker))
}

/** Through the index, by the place on the timeline or among what is no older than a day, and the newest of the list. */
const locateByMarker = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  markedField: string,
  row: Row,
): Promise<readonly string[]> => {
  const placedMs = instantMs(row.fields['hs_meeting_start_time'] ?? row.fields['hs_timestamp'])
  const filter: Filter =
    placedMs === undefined
      ? { propertyName: kind.createdField, operator: 'GTE', value: String(ctx.now().getTime() - DAY_MS) }
      : { propertyName: 'hs_timestamp', operator: 'EQ', value: placedMs }
  const indexed = await searchAll(ctx, kind, [filter], [markedField])
  return idsOf([...indexed, ...(await newest(ctx, kind, [markedField]))], bearer(markedField, row.marker))
}

const byUnique = async (ctx: Ctx<Settings>, kind: Kind, property: string, value: string): Promise<readonly string[]> =>
  (await findByField(ctx, kind, property, [value])).get(value) ?? []

const locateByValues = async (ctx: Ctx<Settings>, kind: Kind, row: Row): Promise<readonly string[]> => {
  // What HubSpot wanted beside the row's own values may be another's by now: a workflow moves new deals at once.
  const sent = Object.entries(await newProperties(ctx, kind, row))
  const written = sent.flatMap(([name, value]) => (value === null || !(name in row.fields) ? [] : [{ name, value }]))
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
const TELLING: ReadonlySet<string> = new Set(['name', 'domain', 'firstname', 'lastname', 'phone', 'dealname'])
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
