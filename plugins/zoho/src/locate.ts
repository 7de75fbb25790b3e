import { type Ctx, isCrmError, type Row } from '@raccordo/core/plugin'
import { nested, queryAll, quoted } from './coql.ts'
import { markerFieldOf } from './draft.ts'
import { findByField } from './find.ts'
import type { Kind } from './kinds.ts'
import { QUERY_ROWS } from './limits.ts'
import { type ListQuery, nextPage, readList } from './list.ts'
import { compareIds } from './records.ts'
import { textOf } from './reference.ts'
import type { Settings } from './settings.ts'
import { dayIn, instantMs, instantOf, zohoTime } from './times.ts'
import type { VendorRecord } from './vendor.ts'
import { completed } from './whole.ts'

const DAY_MS = 86_400_000

/**
 * Records that a create without an answer has left behind, none of it through the search index: by the field for
 * markers where the module has one, by the e-mail address of a person, else by the reference in the text. That is
 * looked for among the records that look like the row, and then among all that were made within a day.
 */
export const locateRecord = async (ctx: Ctx<Settings>, kind: Kind, row: Row): Promise<readonly string[]> => {
  const markerField = await markerFieldOf(ctx, kind)
  if (markerField !== undefined) return byValue(ctx, kind, markerField, row.marker)
  const email = row.fields['Email']
  if (kind.bears?.(row.fields) === false && typeof email === 'string') return byValue(ctx, kind, 'Email', email.trim())
  const alike = await marked(ctx, kind, row, await lookAlikes(ctx, kind, row))
  return alike.length > 0 ? alike : marked(ctx, kind, row, await recent(ctx, kind))
}

const byValue = async (ctx: Ctx<Settings>, kind: Kind, field: string, value: string): Promise<readonly string[]> =>
  (await findByField(ctx, kind, field, [value])).get(value) ?? []

/** Oldest first. A text that the list has cut off is read whole: the reference stands at its end. */
const marked = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  row: Row,
  candidates: readonly VendorRecord[],
): Promise<readonly string[]> => {
  const whole = await completed(ctx, kind, candidates, [kind.text])
  const own = whole.filter((record) => textOf(record[kind.text]).reference.marker === row.marker)
  return [...new Set(own.map(({ id }) => String(id)))].sort(compareIds)
}

/** Records with the row's start, day, title or name. None where a query cannot compare them. */
const lookAlikes = async (ctx: Ctx<Settings>, kind: Kind, row: Row): Promise<readonly VendorRecord[]> => {
  const value = row.fields[kind.telling]
  if (kind.reading === 'list' || typeof value !== 'string' || value.trim() === '') return []
  const criteria = [`${kind.telling} = ${quoted(comparable(kind, value, ctx.account?.timeZone))}`]
  try {
    return await queryAll(ctx, kind, { columns: [kind.text], criteria, limit: QUERY_ROWS })
  } catch (error) {
    if (isCrmError(error) && REFUSALS.has(error.kind)) return []
    throw error
  }
}

const comparable = (kind: Kind, value: string, timeZone: string | undefined): string => {
  const ms = instantMs(value)
  if (ms === undefined) return value.trim()
  return kind.telling === 'Due_Date' ? dayIn(ms, timeZone) : zohoTime(ms)
}

const recent = async (ctx: Ctx<Settings>, kind: Kind): Promise<readonly VendorRecord[]> => {
  const since = zohoTime(ctx.now().getTime() - DAY_MS)
  if (kind.reading === 'list') return recentListed(ctx, kind, since)
  try {
    const criteria = [nested([`Created_Time >= ${quoted(since)}`])]
    return await queryAll(ctx, kind, { columns: [kind.text], criteria, limit: QUERY_ROWS })
  } catch (error) {
    if (isCrmError(error) && REFUSALS.has(error.kind)) return recentListed(ctx, kind, since)
    throw error
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['invalid', 'schema', 'forbidden'])

/** The newest of the list, page by page, back to a time. */
const recentListed = async (ctx: Ctx<Settings>, kind: Kind, since: string): Promise<readonly VendorRecord[]> => {
  const from = instantOf(since) ?? ''
  const records: VendorRecord[] = []
  let after: ListQuery['after']
  for (let pages = 1; ; pages += 1) {
    const columns = [kind.text, 'Created_Time']
    const list = await readList(ctx, kind, { columns, sortBy: 'Created_Time', order: 'desc', after })
    const page = list.data ?? []
    records.push(...page)
    const isPast = page.some((record) => (instantOf(record.Created_Time) ?? from) < from)
    if (isPast || list.info?.more_records !== true) return records
    after = nextPage(list, pages)
  }
}
