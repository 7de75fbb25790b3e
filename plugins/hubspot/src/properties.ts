import type { Ctx, Fields, Json, Link, RemoteRecord } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'
import { withoutReference } from './reference.ts'
import type { Settings } from './settings.ts'
import type { VendorRecord } from './vendor.ts'

/** Property values as HubSpot keeps them: text, or null where there is none. */
export type Properties = { readonly [name: string]: string | null }

/** Values to write: everything is text, an empty one clears. */
export const propertiesOf = (fields: Fields): Properties =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, textOf(value)]])),
  )

const textOf = (value: Json): string => {
  if (value === null) return ''
  if (Array.isArray(value)) return value.map((item) => textOf(item)).join(';')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** What must be asked for so that a record has the wanted fields, its stamp and the ids that were merged into it. */
export const wanted = (kind: Kind, fields: readonly string[]): readonly string[] => [
  ...new Set([...fields.flatMap((field) => kind.sources?.[field] ?? field), kind.changedField, 'hs_merged_object_ids']),
]

/** A record as the contract has it, with the wanted fields alone. */
export const recordOf = (
  ctx: Ctx<Settings>,
  kind: Kind,
  record: VendorRecord,
  fields: readonly string[],
  links?: readonly Link[],
): RemoteRecord => {
  const properties = record.properties ?? {}
  const read = unmarked(kind, kind.onRead?.(ctx, properties) ?? properties)
  const updatedAt = stampOf(kind, record)
  const mergedIds = mergedIdsOf(record)
  return {
    id: String(record.id),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    ...(record.archived === true ? { deletedAt: instant(record.archivedAt) ?? updatedAt ?? '' } : {}),
    fields: Object.fromEntries(fields.map((field) => [field, read[field] ?? null])),
    ...(links === undefined ? {} : { links }),
    ...(mergedIds.length === 0 ? {} : { mergedIds }),
  }
}

const unmarked = ({ markedField }: Kind, properties: Properties): Properties =>
  markedField === undefined || properties[markedField] === undefined
    ? properties
    : { ...properties, [markedField]: withoutReference(properties[markedField]) }

/** When the record last changed: the property that searches go by, or what stands beside the properties. */
export const stampOf = (kind: Kind, record: VendorRecord): string | undefined =>
  instant(record.properties?.[kind.changedField]) ?? instant(record.updatedAt)

export const mergedIdsOf = (record: VendorRecord): readonly string[] =>
  (record.properties?.['hs_merged_object_ids'] ?? '').split(';').filter((id) => id !== '' && id !== String(record.id))

/** ISO text or epoch milliseconds as ISO text in UTC; undefined for anything else. */
const instant = (value: string | null | undefined): string | undefined => {
  if (value === null || value === undefined || value === '') return undefined
  const ms = /^\d+$/.test(value) ? Number(value) : Date.parse(value)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
