import type { Ctx } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'
import type { Settings } from './settings.ts'

/**
 * A portal that has a text property of this name with unique values makes every create exact: the marker stands in it
 * and is read back straight from the records. Portals without one do with what their records have.
 */
export const REFERENCE_PROPERTY = 'raccordo_ref'

/** The lookup table that tells of an object's unique properties. */
export const uniqueTable = (object: string): string => `unique_${object}`

/** True where HubSpot keeps records apart by the property: by itself, or because the portal has defined it so. */
export const hasUniqueValues = async (ctx: Ctx<Settings>, kind: Kind, property: string): Promise<boolean> => {
  if (property === kind.unique) return true
  const row = await ctx.lookup(uniqueTable(kind.name), kind.name)
  return row?.label?.split(',').includes(property) ?? false
}
