import type { Ctx, Row } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'
import { type Properties, propertiesOf } from './properties.ts'
import { batchRead } from './read.ts'
import { withReference } from './reference.ts'
import type { Settings } from './settings.ts'

/** What a row of a new record sets in HubSpot: its own values, and what HubSpot wants where it says nothing. */
export const newProperties = async (ctx: Ctx<Settings>, kind: Kind, row: Row): Promise<Properties> => {
  const marked = kind.markedField === undefined ? {} : { [kind.markedField]: '' }
  const given = withoutEmpty(propertiesOf(row.fields))
  const complete = { ...kind.initial?.(ctx), ...marked, ...given }
  const written = await kind.onWrite?.(ctx, complete, { isNew: true, current: {} })
  return withoutEmpty(marking(kind, written ?? complete, row.marker))
}

/** What the rows of a change set in HubSpot, in their order. What a row leaves open is read from its record first. */
export const changedProperties = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  rows: readonly (Row & { readonly remoteId: string })[],
): Promise<readonly Properties[]> => {
  const given = rows.map(({ fields }) => propertiesOf(fields))
  const open = rows.filter((_, index) => (kind.needs?.(given[index] ?? {}) ?? []).length > 0)
  const needed = [...new Set(given.flatMap((properties) => kind.needs?.(properties) ?? []))]
  const ids = [...new Set(open.map(({ remoteId }) => remoteId))]
  const records = ids.length === 0 ? [] : await batchRead(ctx, kind, ids, needed)
  const current = new Map(records.map((record) => [String(record.id), record.properties ?? {}]))
  return Promise.all(
    rows.map(async (row, index) => {
      const properties = given[index] ?? {}
      const writing = { isNew: false, current: current.get(row.remoteId) ?? {} }
      return marking(kind, (await kind.onWrite?.(ctx, properties, writing)) ?? properties, row.marker)
    }),
  )
}

/** Every write of the text that bears the marker writes the marker again. */
const marking = ({ markedField }: Kind, properties: Properties, marker: string): Properties => {
  const text = markedField === undefined ? undefined : properties[markedField]
  if (markedField === undefined || text === undefined) return properties
  return { ...properties, [markedField]: withReference(text ?? '', marker) }
}

/** Nothing is left out of a new record by leaving out what would only clear it, and `""` is no value of a picklist. */
const withoutEmpty = (properties: Properties): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== '' && value !== null))
