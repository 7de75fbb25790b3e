import type { Ctx } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'
import { LIST_PAGE } from './limits.ts'
import { usualLagMs } from './order.ts'
import { pathsOf } from './paths.ts'
import { search } from './search.ts'
import type { Settings } from './settings.ts'
import type { VendorList, VendorRecord } from './vendor.ts'

/** Above the index's usual lag: a minute for clocks that differ. */
const MARGIN_MS = 60_000
/** More new records than this in the lag are left to the index. */
const MOST_PAGES = 10

/**
 * The records that the search index may not show yet: the list from the newest record on that is surely indexed. Ids
 * grow with time, although HubSpot does not promise it; where they do not, this adds nothing to a search and costs
 * two calls.
 */
export const newest = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  properties: readonly string[],
): Promise<readonly VendorRecord[]> => {
  const settledBefore = ctx.now().getTime() - usualLagMs(ctx.settings) - MARGIN_MS
  const indexed = await search(ctx, kind, {
    filters: [{ propertyName: kind.createdField, operator: 'LTE', value: String(settledBefore) }],
    properties: [kind.createdField],
    limit: 1,
    newestFirst: true,
  })
  const records: VendorRecord[] = []
  let after: string | number | undefined = indexed.results?.[0]?.id
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const reply = await ctx.call({
      path: pathsOf(ctx.settings).objects(kind.name),
      query: { limit: LIST_PAGE, after, properties: properties.join(','), archived: 'false' },
    })
    const list: VendorList = reply.body ?? {}
    records.push(...(list.results ?? []))
    after = list.paging?.next?.after
    if (after === undefined) break
  }
  return records
}
