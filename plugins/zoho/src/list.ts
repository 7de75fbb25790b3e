import type { Ctx } from '@raccordo/core/plugin'
import { ask } from './ask.ts'
import { hasDeletedSince } from './deleted.ts'
import type { Kind } from './kinds.ts'
import { LIST_ROWS } from './limits.ts'
import { moduleScopes } from './oauth.ts'
import { paths } from './paths.ts'
import { compareIds, distinct, stampOf } from './records.ts'
import type { Settings } from './settings.ts'
import { zohoTime } from './times.ts'
import type { VendorList, VendorRecord } from './vendor.ts'

export interface ListQuery {
  readonly columns: readonly string[]
  readonly sortBy?: 'Modified_Time' | 'Created_Time'
  readonly order?: 'asc' | 'desc'
  /** Records that changed at that instant or later. */
  readonly since?: string | undefined
  readonly ids?: readonly string[]
  /** Which leads: Zoho hides converted ones from whoever does not ask. */
  readonly converted?: 'both' | 'true' | undefined
  /** Where the page before has said that this one is. */
  readonly after?: { readonly token: string } | { readonly page: number } | undefined
}

/** One page of the list. Nothing changed is 304 and nothing there is 204: both are an empty page without a body. */
export const readList = async (ctx: Ctx<Settings>, kind: Kind, query: ListQuery): Promise<VendorList> => {
  const { columns, sortBy, order, since, ids, after } = query
  const reply = await ask(
    ctx,
    {
      path: paths.records(kind.name),
      query: {
        fields: columns.join(','),
        per_page: LIST_ROWS,
        sort_by: sortBy,
        sort_order: order,
        ids: ids?.join(','),
        converted: kind.name === 'Leads' ? (query.converted ?? 'both') : undefined,
        // Never both: Zoho calls that ambiguous.
        page_token: after !== undefined && 'token' in after ? after.token : undefined,
        page: after !== undefined && 'page' in after ? after.page : undefined,
      },
      ...(since === undefined ? {} : { headers: { 'If-Modified-Since': zohoTime(since) } }),
    },
    moduleScopes(kind.name).slice(0, 1),
  )
  return typeof reply.body === 'object' && reply.body !== null ? reply.body : {}
}

/** Where a list has come to: everything up to this stamp, and of this stamp everything up to this id. */
export interface Place {
  readonly stamp: string
  readonly id: string
}

export interface ListPage {
  readonly records: readonly VendorRecord[]
  readonly next: Place | undefined
}

export interface Span {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly limit: number
  readonly converted?: ListQuery['converted']
}

/**
 * One page of the list in the order of (stamp, id). Zoho sorts by stamp alone and pages by offset, which skips a record
 * when one before it goes; so every page begins anew at the stamp that the last one ended with, and of a stamp that
 * many records share all are read before any is given.
 */
export const listPage = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  columns: readonly string[],
  page: Span,
  place: Place | undefined,
): Promise<ListPage> => {
  const to = page.to === undefined ? undefined : new Date(page.to).toISOString()
  const isWanted = (record: VendorRecord): boolean => {
    const stamp = stampOf(record) ?? ''
    if (to !== undefined && stamp >= to) return false
    return (
      place === undefined ||
      stamp > place.stamp ||
      (stamp === place.stamp && compareIds(String(record.id), place.id) > 0)
    )
  }
  for (let tries = 1; ; tries += 1) {
    const beganAt = ctx.now()
    const { converted } = page
    const read = await readWhole(ctx, kind, columns, { since: place?.stamp ?? page.from, to, converted, isWanted })
    // Of several pages by offset one may have lost a record to a deletion: then they are read again.
    const isSafe = read.pages === 1 || tries === MOST_TRIES || !(await hasDeletedSince(ctx, kind, beganAt))
    if (!isSafe) continue
    const records = read.wanted.slice(0, page.limit)
    const isMore = !read.isEnd || read.wanted.length > records.length
    return { records, next: isMore ? placeOf(records.at(-1)) : undefined }
  }
}
const MOST_TRIES = 3

interface Stretch {
  readonly since: string | undefined
  readonly to: string | undefined
  readonly converted: ListQuery['converted']
  isWanted(record: VendorRecord): boolean
}

/** Reads on until there are wanted records whose stamp is complete, or the end has come. */
const readWhole = async (ctx: Ctx<Settings>, kind: Kind, columns: readonly string[], stretch: Stretch) => {
  const { since, to, converted, isWanted } = stretch
  const read: VendorRecord[] = []
  let after: ListQuery['after']
  for (let pages = 1; ; pages += 1) {
    const list = await readList(ctx, kind, { columns, sortBy: 'Modified_Time', order: 'asc', since, converted, after })
    read.push(...(list.data ?? []))
    const ordered = [...distinct(read)].sort(byStamp)
    const last = stampOf(ordered.at(-1) ?? {}) ?? ''
    const isEnd = list.info?.more_records !== true || (to !== undefined && last >= to)
    const whole = isEnd ? ordered : ordered.filter((record) => (stampOf(record) ?? '') < last)
    const wanted = whole.filter(isWanted)
    if (isEnd || wanted.length > 0) return { wanted, isEnd, pages }
    after = nextPage(list, pages)
  }
}

/** The token of the next page, or its number where Zoho gives none: it refuses numbers behind 2,000 records. */
export const nextPage = (list: VendorList, pages: number): ListQuery['after'] => {
  const token = list.info?.next_page_token
  return token ? { token } : { page: pages + 1 }
}

const placeOf = (record: VendorRecord | undefined): Place | undefined =>
  record === undefined ? undefined : { stamp: stampOf(record) ?? '', id: String(record.id) }

const byStamp = (left: VendorRecord, right: VendorRecord): number => {
  const [one, other] = [stampOf(left) ?? '', stampOf(right) ?? '']
  if (one !== other) return one < other ? -1 : 1
  return compareIds(String(left.id), String(right.id))
}
