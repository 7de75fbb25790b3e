import { type Ctx, eachRow, type Failure, type Fields, isCrmError, type Outcome, type Row } from '@raccordo/core/plugin'
import { type Draft, markerFieldOf, newDraft } from './draft.ts'
import { fieldFact } from './fields.ts'
import { findByField } from './find.ts'
import type { Kind } from './kinds.ts'
import { paths } from './paths.ts'
import { sendRecords, unanswered } from './send.ts'
import type { Settings } from './settings.ts'
import { withStage } from './stages.ts'

interface NewRow {
  readonly row: Row
  readonly draft: Draft
}

/**
 * Adds records. The engine has looked for them before, so they are inserted: an upsert by e-mail or name would change
 * the record of somebody who was faster, without its present values having been seen. Where the module has a field for
 * markers an upsert goes by that alone, and a repetition finds what the first request has made.
 */
export const createRecords = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  rows: readonly Row[],
): Promise<readonly Outcome[]> => {
  const outcomes = new Map<Row, Outcome>()
  const fresh: NewRow[] = []
  const markerField = await markerFieldOf(ctx, kind)
  for (const row of rows) {
    const drafting = await newDraft(ctx, kind, row, markerField)
    if ('failure' in drafting) outcomes.set(row, { ok: false, ...drafting.failure })
    else fresh.push({ row, draft: { values: await withStage(ctx, kind, drafting.draft.values) } })
  }
  const { marked, plain } = await partition(ctx, kind, fresh, markerField)
  const upsert = { method: 'POST', path: paths.upsert(kind.name), idempotent: true } as const
  await settle(outcomes, marked, (records) =>
    sendRecords(ctx, kind, upsert, records, { duplicate_check_fields: markerField === undefined ? [] : [markerField] }),
  )
  const insert = { method: 'POST', path: paths.records(kind.name) } as const
  await settle(outcomes, plain, (records) => sendRecords(ctx, kind, insert, records))
  await retryForLeads(ctx, kind, fresh, outcomes)
  return Promise.all(rows.map((row) => adopted(ctx, kind, row, outcomes.get(row) ?? unanswered(), markerField)))
}

/**
 * An upsert looks through all fields with unique values, named or not: a row that has another one of those might
 * change somebody else's record, and is inserted.
 */
const partition = async (ctx: Ctx<Settings>, kind: Kind, fresh: readonly NewRow[], markerField: string | undefined) => {
  const marked: NewRow[] = []
  const plain: NewRow[] = []
  for (const entry of fresh) {
    let isAlone = markerField !== undefined
    for (const name of Object.keys(entry.draft.values))
      if (name !== markerField && (await fieldFact(ctx, kind.name, name))?.isUnique === true) isAlone = false
    if (isAlone) marked.push(entry)
    else plain.push(entry)
  }
  return { marked, plain }
}

const settle = async (
  outcomes: Map<Row, Outcome>,
  fresh: readonly NewRow[],
  send: (records: readonly Fields[]) => Promise<readonly Outcome[]>,
): Promise<void> => {
  const found = await send(fresh.map(({ draft }) => draft.values))
  for (const [index, { row }] of fresh.entries()) {
    const outcome = found[index] ?? unanswered()
    // The row's own marker was found: it was made by an earlier request of the same row.
    outcomes.set(row, outcome.ok ? { ...outcome, created: true } : outcome)
  }
}

/** A link to a contact may mean a lead; only Zoho knows which id is which. Rows that it refused for that go once more. */
const retryForLeads = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  fresh: readonly NewRow[],
  outcomes: Map<Row, Outcome>,
): Promise<void> => {
  const again = fresh.flatMap(({ row, draft }) => {
    const values = isPersonRefused(outcomes.get(row)) ? kind.forLead?.(draft.values) : undefined
    return values === undefined ? [] : [{ row, values }]
  })
  const sent = await eachRow(again, async ({ values }) => {
    const [outcome] = await sendRecords(ctx, kind, { method: 'POST', path: paths.records(kind.name) }, [values])
    return outcome ?? unanswered()
  })
  for (const [index, { row }] of again.entries()) {
    const outcome = sent[index]
    // What Zoho said first is about the link; what it says of the second try is about a guess.
    if (outcome?.ok === true || (outcome?.ok === false && outcome.kind !== 'invalid')) outcomes.set(row, outcome)
  }
}

export const isPersonRefused = (outcome: Outcome | undefined): boolean =>
  outcome?.ok === false && outcome.kind === 'invalid' && PERSON_FIELDS.has(outcome.field ?? '')
const PERSON_FIELDS: ReadonlySet<string> = new Set(['Who_Id', 'Parent_Id'])

/** A clash of unique values names the record that is there; of the row's own marker, it is the row's own record. */
const adopted = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  row: Row,
  outcome: Outcome,
  markerField: string | undefined,
): Promise<Outcome> => {
  if (outcome.ok || outcome.kind !== 'conflict') return outcome
  const existingIds = outcome.existingIds ?? (await existing(ctx, kind, row, outcome, markerField))
  const [only, ...others] = existingIds
  if (outcome.field === markerField && only !== undefined && others.length === 0)
    return { ok: true, remoteId: only, created: true }
  return existingIds.length === 0 ? outcome : { ...outcome, existingIds }
}

const existing = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  row: Row,
  { field }: Failure,
  markerField: string | undefined,
): Promise<readonly string[]> => {
  if (field === undefined) return []
  const value = field === markerField ? row.marker : row.fields[field]
  if (typeof value !== 'string' || value === '') return []
  try {
    return (await findByField(ctx, kind, field, [value])).get(value) ?? []
  } catch (error) {
    // What has been refused must be reported, whatever a read after it says.
    if (isCrmError(error)) return []
    throw error
  }
}
