import { type Place, refuse } from './failures.ts'
import type { Org } from './org.ts'
import { MODULES, type ModuleName } from './schema.ts'
import { shownUser, type Values } from './values.ts'

/** Refuses values that another live record has in a unique field. */
export const refuseDoubles = (
  org: Org,
  module: ModuleName,
  values: Values,
  ownId: string | undefined,
  place: Place,
): void => {
  for (const name of uniqueFields(org, module)) {
    const holder = recordWith(org, module, name, values[name]).find((id) => id !== ownId)
    if (holder === undefined) continue
    const owner = org.tables[module].get(holder)?.ownerId ?? ''
    throw refuse(400, 'DUPLICATE_DATA', 'duplicate data', {
      api_name: name,
      json_path: `$.data[${place.index}].${name}`,
      duplicate_record: { id: holder, module: { api_name: module }, Owner: shownUser(org, owner) },
    })
  }
}

/** Fields that an administrator made unique. */
export const uniqueFields = (org: Org, module: ModuleName): readonly string[] =>
  [...org.fields[module]].filter(([, field]) => field.unique === true).map(([name]) => name)

/** Ids of the live records that have a value in a field, letter case apart; none for no value. */
export const recordWith = (org: Org, module: ModuleName, name: string, value: unknown): readonly string[] => {
  if (value === null || value === undefined || value === '') return []
  const wanted = String(value).toLowerCase()
  return org.tables[module]
    .live()
    .filter((record) => String(record.values[name] ?? '').toLowerCase() === wanted)
    .map(({ id }) => id)
}

/**
 * The fields that an upsert looks for doubles by, in their order: the module's own and every unique one, or those that
 * were named and then every other unique one. A named field that is neither is passed over.
 */
export const duplicateChecks = (
  org: Org,
  module: ModuleName,
  named: readonly string[] | undefined,
): readonly string[] => {
  const unique = uniqueFields(org, module)
  const system = MODULES[module].systemCheck
  if (named === undefined) return [...(system === undefined ? [] : [system]), ...unique]
  const known = named.filter((name) => name === system || unique.includes(name))
  return [...known, ...unique.filter((name) => !known.includes(name))]
}
