import { batches, type Ctx } from '@raccordo/core/plugin'
import { domainOf, websitesOf } from './accounts.ts'
import { queryAll, quoted } from './coql.ts'
import type { Kind } from './kinds.ts'
import { IN_VALUES, QUERY_ROWS } from './limits.ts'
import type { Settings } from './settings.ts'
import type { VendorRecord } from './vendor.ts'

/**
 * Ids by the value of a field, by query: the search of Zoho's is an index, and does not show yet what has just been made.
 * Letter case does not matter. Leads that were converted are not among them.
 */
export const findByField = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  field: string,
  values: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const { column, variantsOf, keyOf } = FINDERS[field] ?? plainFinder(field)
  const variants = [...new Set(values.flatMap((value) => variantsOf(value.trim())))].filter((value) => value !== '')
  const ids = new Map<string, Set<string>>()
  for (const some of batches(variants, IN_VALUES)) {
    const columns = [column, ...(kind.gone === undefined ? [] : (kind.always ?? []))]
    const criteria = [`${column} in (${some.map(quoted).join(', ')})`]
    for (const record of await queryAll(ctx, kind, { columns, criteria, limit: QUERY_ROWS })) {
      if (kind.gone?.(record) !== undefined) continue
      const key = keyOf(record[column])
      ids.set(key, (ids.get(key) ?? new Set()).add(String(record.id)))
    }
  }
  return new Map(
    values.flatMap((value) => {
      const found = ids.get(keyOf(value))
      return found === undefined ? [] : [[value, [...found]] as const]
    }),
  )
}

interface Finder {
  readonly column: string
  /** Every way in which the CRM may have the value. */
  variantsOf(value: string): readonly string[]
  /** What values that mean the same have in common. */
  keyOf(value: VendorRecord[string]): string
}

const folded = (value: unknown): string =>
  String(value ?? '')
    .trim()
    .toLowerCase()

const plainFinder = (field: string): Finder => ({
  column: field,
  variantsOf: (value) => [value, value.toLowerCase()],
  keyOf: folded,
})

const FINDERS: Readonly<Record<string, Finder>> = {
  domain: { column: 'Website', variantsOf: websitesOf, keyOf: (value) => domainOf(value) ?? folded(value) },
}
