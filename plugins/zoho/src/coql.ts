import { type Ctx, fail } from '@raccordo/core/plugin'
import { ask } from './ask.ts'
import type { Kind } from './kinds.ts'
import { moduleScopes, SCOPES } from './oauth.ts'
import { paths } from './paths.ts'
import { compareIds } from './records.ts'
import type { Settings } from './settings.ts'
import { zohoTime } from './times.ts'
import type { VendorList, VendorRecord } from './vendor.ts'

export interface Query {
  readonly columns: readonly string[]
  /** All must hold. */
  readonly criteria: readonly string[]
  /** Only records with a higher id. */
  readonly after?: string | undefined
  readonly limit: number
}

/** One page in the order of ids, and whether there are more behind it. */
export interface Found {
  readonly records: readonly VendorRecord[]
  readonly isMore: boolean
}

/** Any record has a higher id: a query must have a criterion. */
const FIRST_ID = '0'

/**
 * Asks in Zoho's query language, in the order of ids. Ids serve as the cursor where neither an offset does, which ends at
 * 100,000 and moves with every deletion, nor stamps, of which a mass update gives thousands of records the same.
 */
export const query = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  { columns, criteria, after, limit }: Query,
): Promise<Found> => {
  const where = nested([...criteria, `id > ${quoted(after ?? FIRST_ID)}`])
  const text = `select ${['id', ...columns].join(', ')} from ${kind.name} where ${where} order by id asc limit ${limit}`
  const reply = await ask(ctx, { method: 'POST', path: paths.query, idempotent: true, body: { select_query: text } }, [
    SCOPES.query,
    SCOPES.fields,
    ...moduleScopes(kind.name).slice(0, 1),
  ])
  const list: VendorList = typeof reply.body === 'object' && reply.body !== null ? reply.body : {}
  const records = (list.data ?? []).filter(({ id }) => after === undefined || compareIds(String(id), after) > 0)
  const isMore = list.info?.more_records ?? records.length >= limit
  if (records.length === 0 && isMore)
    throw fail('unavailable', `Zoho says that there are more ${kind.name} and shows none`)
  return { records, isMore }
}

/** Every record that meets the criteria, page by page. */
export const queryAll = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  asked: Omit<Query, 'after'>,
): Promise<readonly VendorRecord[]> => {
  const all: VendorRecord[] = []
  for (let after: string | undefined; ; ) {
    const { records, isMore } = await query(ctx, kind, { ...asked, after })
    all.push(...records)
    after = records.at(-1)?.id === undefined ? undefined : String(records.at(-1)?.id)
    if (!isMore || after === undefined) return all
  }
}

/** Criteria on what changed in a window. */
export const changedIn = (window: { readonly from: string; readonly to: string } | undefined): readonly string[] =>
  window === undefined
    ? []
    : [`Modified_Time >= ${quoted(zohoTime(window.from))}`, `Modified_Time < ${quoted(zohoTime(window.to))}`]

/** Zoho takes more than two criteria only in nested pairs. */
export const nested = (criteria: readonly string[], join: 'and' | 'or' = 'and'): string =>
  criteria.reduce((joined, criterion, index) => (index === 0 ? criterion : `(${joined} ${join} ${criterion})`), '')

/** A text in quotes: in double ones where it has single ones of its own, else with those doubled. */
export const quoted = (text: string): string => {
  if (!text.includes("'")) return `'${text}'`
  return text.includes('"') ? `'${text.replaceAll("'", "''")}'` : `"${text}"`
}
