import type { Ctx, Page, PageRequest } from '@raccordo/core/plugin'
import { cursorText, parseCursor } from './cursor.ts'
import { deletedPage } from './deleted.ts'
import type { Kind } from './kinds.ts'
import { LIST_ROWS } from './limits.ts'
import { listPage } from './list.ts'
import { recordOf } from './records.ts'
import type { Settings } from './settings.ts'

/** Marks the place behind the deleted leads, where the converted ones begin. */
const CONVERTED = 'converted:'

/**
 * Deleted leads, and then those that were converted since: Zoho keeps them out of both of its lists unless they are
 * asked for. Without a window only deleted ones, because a sweep reads by id whatever it misses.
 */
export const deletedAndConvertedPage = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  page: Omit<PageRequest, 'fields'>,
): Promise<Page> => {
  const { cursor, window } = page
  if (cursor === undefined || !cursor.startsWith(CONVERTED)) {
    const deleted = await deletedPage(ctx, kind, page)
    return window === undefined || deleted.next !== undefined ? deleted : { ...deleted, next: CONVERTED }
  }
  const inner = cursor.slice(CONVERTED.length)
  const at = inner === '' ? undefined : parseCursor(inner)
  const place = at?.way === 'list' ? at.place : undefined
  const span = {
    from: window?.from,
    to: window?.to,
    limit: Math.min(page.limit, LIST_ROWS),
    converted: 'true' as const,
  }
  const { records, next } = await listPage(ctx, kind, [...(kind.always ?? []), 'Modified_Time'], span, place)
  const gone = records.map((record) => recordOf(kind, record, [], undefined)).filter(({ deletedAt }) => deletedAt)
  const following = next === undefined ? undefined : `${CONVERTED}${cursorText({ way: 'list', place: next })}`
  return { records: gone, next: following }
}
