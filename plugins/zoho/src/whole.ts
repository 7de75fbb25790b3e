import { type Ctx, isCrmError } from '@raccordo/core/plugin'
import { ask } from './ask.ts'
import { fieldFact } from './fields.ts'
import type { Kind } from './kinds.ts'
import { moduleScopes } from './oauth.ts'
import { paths } from './paths.ts'
import type { Settings } from './settings.ts'
import type { VendorRecord } from './vendor.ts'

/** Lists cut rich text off here. */
const CUT_AT = 500
/** Types of which lists bring nothing at all. */
const LEFT_OUT: ReadonlySet<string> = new Set(['subform', 'multiselectlookup', 'multiuserlookup', 'multi_user_lookup'])

/**
 * Puts in what lists leave out: the rest of a rich text, subforms, lookups of several records. Those records are read
 * one by one; all others stay as they came.
 */
export const completed = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  records: readonly VendorRecord[],
  columns: readonly string[],
): Promise<readonly VendorRecord[]> => {
  if (records.length === 0) return records
  const types = new Map<string, string>()
  for (const column of columns) types.set(column, (await fieldFact(ctx, kind.name, column))?.type ?? 'text')
  const isAlwaysOut = columns.some((column) => LEFT_OUT.has(types.get(column) ?? ''))
  // A note's text is not said to be rich, and may be.
  const rich = columns.filter((column) => types.get(column) === 'richtext' || column === 'Note_Content')
  const isCut = (record: VendorRecord): boolean =>
    rich.some((column) => typeof record[column] === 'string' && record[column].length >= CUT_AT)
  const whole: VendorRecord[] = []
  for (const record of records) {
    const found = isAlwaysOut || isCut(record) ? await readOne(ctx, kind, String(record.id)) : record
    if (found !== undefined) whole.push(found)
  }
  return whole
}

/** A single record comes whole; undefined where it went away in between. */
const readOne = async (ctx: Ctx<Settings>, kind: Kind, id: string): Promise<VendorRecord | undefined> => {
  try {
    const scopes = moduleScopes(kind.name).slice(0, 1)
    const reply = await ask(ctx, { path: paths.record(kind.name, id) }, scopes)
    return reply.body?.data?.[0]
  } catch (error) {
    if (isCrmError(error) && error.kind === 'not_found') return undefined
    throw error
  }
}
