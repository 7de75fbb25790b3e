import { type Ctx, isCrmError, type Page, type PageRequest } from '@raccordo/core/plugin'
import { changedIn, query } from './coql.ts'
import { type Cursor, cursorText, parseCursor } from './cursor.ts'
import { requireKnown } from './fields.ts'
import type { Kind } from './kinds.ts'
import { LIST_ROWS, QUERY_ROWS } from './limits.ts'
import { listPage } from './list.ts'
import { readRaw } from './read.ts'
import { columnsOf, recordOf, stampOf } from './records.ts'
import type { Settings } from './settings.ts'
import type { VendorRecord } from './vendor.ts'
import { completed } from './whole.ts'

interface RawPage {
  readonly records: readonly VendorRecord[]
  readonly next: Cursor | undefined
}

/** One page of what changed in a window, or of everything. */
export const pullPage = async (ctx: Ctx<Settings>, kind: Kind, page: PageRequest): Promise<Page> => {
  const { records, next } = await readPage(ctx, kind, page, columnsOf(kind, page.fields))
  return {
    records: records.map((record) => recordOf(kind, record, page.fields, ctx.account?.timeZone)),
    next: next === undefined ? undefined : cursorText(next),
  }
}

/** Id and stamp alone, of what is a record of this module still. */
export const stampsPage = async (ctx: Ctx<Settings>, kind: Kind, page: Omit<PageRequest, 'fields'>) => {
  const columns = [...(kind.gone === undefined ? [] : (kind.always ?? [])), 'Modified_Time']
  const asked = kind.reading === 'ids' ? { ...kind, reading: 'query' as const } : kind
  const { records, next } = await readPage(ctx, asked, page, columns)
  const live = records.filter((record) => kind.gone?.(record) === undefined)
  return {
    rows: live.map((record) => {
      const updatedAt = stampOf(record)
      return { id: String(record.id), ...(updatedAt === undefined ? {} : { updatedAt }) }
    }),
    ...(next === undefined ? {} : { next: cursorText(next) }),
  }
}

/**
 * A page by the way that the cursor is on. Where Zoho refuses a query for its columns, the ids are asked for alone and
 * the list brings the values; where it takes no query for the module at all, the list serves for both.
 */
const readPage = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  page: Omit<PageRequest, 'fields'>,
  columns: readonly string[],
): Promise<RawPage> => {
  const cursor = page.cursor === undefined ? start(kind) : parseCursor(page.cursor)
  if (cursor.way === 'list') return readListed(ctx, kind, page, columns, cursor)
  try {
    return await (cursor.way === 'query' ? readQueried : readNamed)(ctx, kind, page, columns, cursor)
  } catch (error) {
    if (!isCrmError(error) || !REFUSALS.has(error.kind)) throw error
    if (error.vendorCode === 'LIMIT_EXCEEDED' && (cursor.rows ?? QUERY_ROWS) > LIST_ROWS)
      return readPage(ctx, kind, { ...page, cursor: cursorText({ ...cursor, rows: LIST_ROWS }) }, columns)
    if (error.kind !== 'forbidden') await requireKnown(ctx, kind.name, mappedColumns(kind, columns))
    // A scan that changes its way begins anew: what comes twice does no harm.
    const other: Cursor =
      cursor.way === 'query' && error.kind !== 'forbidden' ? { ...cursor, way: 'ids' } : { way: 'list' }
    return readPage(ctx, kind, { ...page, cursor: cursorText(other) }, columns)
  }
}

/** Columns that a mapping has asked for: those of the plugin's own may be missing without anybody being at fault. */
const mappedColumns = (kind: Kind, columns: readonly string[]): readonly string[] => {
  const own = new Set([...(kind.always ?? []), ...Object.values(kind.columns ?? {}).flat()])
  return columns.filter((column) => !own.has(column))
}

const REFUSALS: ReadonlySet<string> = new Set(['invalid', 'schema', 'forbidden'])

const start = (kind: Kind): Cursor => ({ way: kind.reading })

/** Documents name 2,000 rows and, in places, 200: a page that is too large for this server is asked for smaller. */
const rowsOf = (page: { readonly limit: number }, cursor: Cursor & { readonly rows?: number | undefined }): number =>
  Math.min(page.limit, cursor.rows ?? QUERY_ROWS)

type KeysetCursor = Extract<Cursor, { readonly way: 'query' | 'ids' }>
type Way<C> = (
  ctx: Ctx<Settings>,
  kind: Kind,
  page: Omit<PageRequest, 'fields'>,
  columns: readonly string[],
  cursor: C,
) => Promise<RawPage>

const readQueried: Way<KeysetCursor> = async (ctx, kind, page, columns, cursor) => {
  const { records, isMore } = await query(ctx, kind, {
    columns,
    criteria: changedIn(page.window),
    after: cursor.after,
    limit: rowsOf(page, cursor),
  })
  return { records: await completed(ctx, kind, records, columns), next: isMore ? behind(cursor, records) : undefined }
}

const readNamed: Way<KeysetCursor> = async (ctx, kind, page, columns, cursor) => {
  const { records, isMore } = await query(ctx, kind, {
    columns: [],
    criteria: changedIn(page.window),
    after: cursor.after,
    limit: rowsOf(page, cursor),
  })
  const ids = records.map(({ id }) => String(id))
  const to = page.window === undefined ? undefined : new Date(page.window.to).toISOString()
  const values = await readRaw(ctx, kind, ids, columns)
  // What changed since the query belongs to the next window.
  const inside = values.filter((record) => to === undefined || (stampOf(record) ?? '') < to)
  return { records: inside, next: isMore ? behind(cursor, records) : undefined }
}

const readListed: Way<Extract<Cursor, { readonly way: 'list' }>> = async (ctx, kind, page, columns, cursor) => {
  const stretch = { from: page.window?.from, to: page.window?.to, limit: page.limit }
  const { records, next } = await listPage(ctx, kind, columns, stretch, cursor.place)
  return {
    records: await completed(ctx, kind, records, columns),
    next: next === undefined ? undefined : { way: 'list', place: next },
  }
}

const behind = (cursor: KeysetCursor, records: readonly VendorRecord[]): KeysetCursor => ({
  ...cursor,
  after: String(records.at(-1)?.id),
})
