import { type Ctx, eachRow, type Fields, type Outcome, type Row } from '@raccordo/core/plugin'
import { isPersonRefused } from './create.ts'
import { changeDraft, type Draft, lookedAt } from './draft.ts'
import type { Kind } from './kinds.ts'
import { paths } from './paths.ts'
import { readRaw } from './read.ts'
import { sendRecords, unanswered } from './send.ts'
import type { Settings } from './settings.ts'
import type { VendorRecord } from './vendor.ts'

type LinkedRow = Row & { readonly remoteId: string }
interface Change {
  readonly row: LinkedRow
  readonly draft: Draft
}

/** Changes records by id. May be repeated without harm. What is fixed in a record is written around and then reported. */
export const updateRecords = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  rows: readonly LinkedRow[],
): Promise<readonly Outcome[]> => {
  const outcomes = new Map<LinkedRow, Outcome>()
  const changes: Change[] = []
  const present = await readPresent(ctx, kind, rows)
  for (const row of rows) {
    const isLookedAt = lookedAt(kind, row).length > 0
    const current = present.get(row.remoteId)
    if (isLookedAt && current === undefined) {
      outcomes.set(row, { ok: false, kind: 'not_found', message: `Zoho's ${kind.name} have no record ${row.remoteId}` })
      continue
    }
    const drafting = await changeDraft(ctx, kind, row, current)
    if ('failure' in drafting) outcomes.set(row, { ok: false, ...drafting.failure })
    else changes.push({ row, draft: drafting.draft })
  }
  for (const [row, outcome] of await writeAll(ctx, kind, changes)) outcomes.set(row, outcome)
  for (const { row, draft } of changes)
    if (draft.refusal !== undefined && outcomes.get(row)?.ok !== false)
      outcomes.set(row, { ok: false, ...draft.refusal })
  return rows.map((row) => outcomes.get(row) ?? unanswered())
}

const readPresent = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  rows: readonly LinkedRow[],
): Promise<ReadonlyMap<string, VendorRecord>> => {
  const looked = rows.filter((row) => lookedAt(kind, row).length > 0)
  if (looked.length === 0) return new Map()
  const columns = [...new Set([...looked.flatMap((row) => lookedAt(kind, row)), 'Modified_Time'])]
  const ids = looked.map(({ remoteId }) => remoteId)
  return new Map((await readRaw(ctx, kind, ids, columns)).map((record) => [String(record.id), record]))
}

const writeAll = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  changes: readonly Change[],
): Promise<ReadonlyMap<LinkedRow, Outcome>> => {
  const outcomes = new Map<LinkedRow, Outcome>()
  const write = (records: readonly Fields[]) =>
    sendRecords(ctx, kind, { method: 'PUT', path: paths.records(kind.name), idempotent: true }, records)
  const full = changes.filter(({ draft }) => Object.keys(draft.values).length > 0)
  for (const { row } of changes) outcomes.set(row, { ok: true, remoteId: row.remoteId, created: false })
  const sent = await write(full.map(({ row, draft }) => ({ id: row.remoteId, ...draft.values })))
  for (const [index, { row }] of full.entries()) outcomes.set(row, sent[index] ?? unanswered())
  const again = full.flatMap(({ row, draft }) => {
    const values = isPersonRefused(outcomes.get(row)) ? kind.forLead?.(draft.values) : undefined
    return values === undefined ? [] : [{ row, values }]
  })
  const retried = await eachRow(again, async ({ row, values }) => {
    const [outcome] = await write([{ id: row.remoteId, ...values }])
    return outcome ?? unanswered()
  })
  for (const [index, { row }] of again.entries()) if (retried[index]?.ok === true) outcomes.set(row, retried[index])
  return outcomes
}
