import { type Ctx, fail, type Page, type PageRequest } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'
import { SEARCH_PAGE } from './limits.ts'
import { pathsOf } from './paths.ts'
import { recordOf, stampOf, wanted } from './properties.ts'
import type { Settings } from './settings.ts'
import type { VendorList, VendorRecord } from './vendor.ts'

export interface Filter {
  readonly propertyName: string
  readonly operator: 'EQ' | 'IN' | 'GT' | 'GTE' | 'LT' | 'LTE'
  readonly value?: string
  readonly values?: readonly string[]
}
type Window = NonNullable<PageRequest['window']>

/** One page of what changed inside a window. */
export const windowPage = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  page: PageRequest & { readonly window: Window },
): Promise<Page> => {
  const found = await searchWindow(ctx, kind, page, wanted(kind, page.fields))
  const records = found.results.map((record) => recordOf(ctx, kind, record, page.fields))
  return {
    records,
    ...found.next,
    ...(page.cursor === undefined && found.total !== undefined ? { total: found.total } : {}),
  }
}

/** Id and stamp of what changed inside a window, one page. */
export const windowStamps = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  page: Omit<PageRequest, 'fields'> & { readonly window: Window },
) => {
  const found = await searchWindow(ctx, kind, page, [kind.changedField])
  const rows = found.results.map((record) => {
    const updatedAt = stampOf(kind, record)
    return { id: String(record.id), ...(updatedAt === undefined ? {} : { updatedAt }) }
  })
  return { rows, ...found.next }
}

/** Everything that filters find, by as many pages as it takes. Through the search index, which lags. */
export const searchAll = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  filters: readonly Filter[],
  properties: readonly string[],
): Promise<readonly VendorRecord[]> => {
  const records: VendorRecord[] = []
  let after: string | undefined
  do {
    const page = await searchPage(ctx, kind, { filters, properties, limit: SEARCH_PAGE, after })
    records.push(...page.results)
    after = page.next.next
  } while (after !== undefined)
  return records
}

const searchWindow = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  page: Omit<PageRequest, 'fields'> & { readonly window: Window },
  properties: readonly string[],
) => {
  const from = Date.parse(page.window.from)
  const to = Date.parse(page.window.to)
  const filters: readonly Filter[] = [
    { propertyName: kind.changedField, operator: 'GTE', value: String(from) },
    { propertyName: kind.changedField, operator: 'LT', value: String(to) },
  ]
  const limit = Math.min(page.limit, SEARCH_PAGE)
  const found = await searchPage(ctx, kind, { filters, properties, limit, after: page.cursor })
  // A record that changed while the scan went on shows its new stamp: it belongs to the next window.
  const isInside = (record: VendorRecord): boolean => {
    const stamp = stampOf(kind, record)
    return stamp === undefined || Date.parse(stamp) < to
  }
  return { ...found, results: found.results.filter(isInside) }
}

/**
 * One page in the order of ids behind `after`. HubSpot's own paging ends at 10,000 results and its stamps tie (a bulk
 * edit gives one millisecond to all its records), so neither serves as a cursor; ids inside fixed filters do both.
 */
const searchPage = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  query: {
    readonly filters: readonly Filter[]
    readonly properties: readonly string[]
    readonly limit: number
    readonly after: string | undefined
  },
) => {
  const behind: readonly Filter[] =
    query.after === undefined ? [] : [{ propertyName: 'hs_object_id', operator: 'GT', value: query.after }]
  const list = await search(ctx, kind, {
    filters: [...query.filters, ...behind],
    properties: query.properties,
    limit: query.limit,
  })
  const results = list.results ?? []
  const last = results.at(-1)?.id
  const total = list.total
  const isShort = results.length < query.limit && list.paging?.next === undefined && (total ?? 0) <= results.length
  if (last === undefined && !isShort)
    throw fail('unavailable', `HubSpot's search counts ${total} ${kind.name} and shows none`)
  return { results, total, next: isShort ? {} : { next: String(last) } }
}

/** One search by ids, ascending or descending. */
export const search = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  query: {
    readonly filters: readonly Filter[]
    readonly properties: readonly string[]
    readonly limit: number
    readonly newestFirst?: boolean
  },
): Promise<VendorList> => {
  const { filters, properties, limit, newestFirst } = query
  const reply = await ctx.call({
    method: 'POST',
    path: pathsOf(ctx.settings).objects(kind.name, '/search'),
    idempotent: true,
    body: {
      filterGroups: [{ filters: filters.map((filter) => ({ ...filter })) }],
      sorts: [{ propertyName: 'hs_object_id', direction: newestFirst === true ? 'DESCENDING' : 'ASCENDING' }],
      properties,
      limit,
    },
  })
  return reply.body ?? {}
}
