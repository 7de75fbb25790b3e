import { type Ctx, isCrmError, type Page, type PageRequest, type RemoteRecord } from '@raccordo/core/plugin'
import { ask } from './ask.ts'
import type { Kind } from './kinds.ts'
import { LIST_ROWS } from './limits.ts'
import { moduleScopes } from './oauth.ts'
import { paths } from './paths.ts'
import type { Settings } from './settings.ts'
import { instantOf, zohoTime } from './times.ts'
import type { VendorList } from './vendor.ts'

/**
 * One page of what was deleted, from a time on: Zoho knows what lies in the recycle bin for 60 days and what is gone for
 * good for 120. Losers of merges are among them, without a word of who won.
 */
export const deletedPage = async (ctx: Ctx<Settings>, kind: Kind, page: Omit<PageRequest, 'fields'>): Promise<Page> => {
  const rows = Math.min(page.limit, LIST_ROWS)
  const after = page.cursor === undefined ? {} : cursorQuery(page.cursor)
  const list = await readDeleted(ctx, kind, page.window?.from, { per_page: rows, ...after })
  const records = (list.data ?? []).map((entry): RemoteRecord => {
    const deletedAt = instantOf(entry['deleted_time']) ?? ctx.now().toISOString()
    return { id: String(entry.id), deletedAt, fields: {} }
  })
  return { records, next: list.info?.more_records === true ? nextCursor(list, page.cursor) : undefined }
}

/** Whether something was deleted since; false where the module has no such list. */
export const hasDeletedSince = async (ctx: Ctx<Settings>, kind: Kind, since: Date): Promise<boolean> => {
  const list = await readDeleted(ctx, kind, since.toISOString(), { per_page: 1 })
  return (list.data ?? []).length > 0
}

const readDeleted = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  since: string | undefined,
  query: Readonly<Record<string, string | number>>,
): Promise<VendorList> => {
  try {
    const reply = await ask(
      ctx,
      {
        path: paths.deleted(kind.name),
        query: { type: 'all', ...query },
        ...(since === undefined ? {} : { headers: { 'If-Modified-Since': zohoTime(since) } }),
      },
      moduleScopes(kind.name).slice(0, 1),
    )
    return typeof reply.body === 'object' && reply.body !== null ? reply.body : {}
  } catch (error) {
    // No document says that notes have this list. Without it the sweep finds what is gone.
    if (kind.reading === 'list' && isCrmError(error) && error.vendorCode === 'INVALID_MODULE') return {}
    throw error
  }
}

const cursorQuery = (cursor: string): Readonly<Record<string, string | number>> =>
  cursor.startsWith(TOKEN) ? { page_token: cursor.slice(TOKEN.length) } : { page: Number(cursor) }

const nextCursor = (list: VendorList, cursor: string | undefined): string => {
  const token = list.info?.next_page_token
  if (token) return `${TOKEN}${token}`
  return String((cursor === undefined ? 1 : Number(cursor)) + 1)
}
const TOKEN = 'token:'
