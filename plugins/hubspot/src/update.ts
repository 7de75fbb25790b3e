import { type Ctx, eachRow, type Failure, type Outcome, type Row } from '@raccordo/core/plugin'
import { associate, type Pair } from './associate.ts'
import { contextValues, rowFailure } from './errors.ts'
import type { Kind } from './kinds.ts'
import { unanswered } from './outcomes.ts'
import { pathsOf } from './paths.ts'
import { type Properties, stampOf } from './properties.ts'
import type { Settings } from './settings.ts'
import type { VendorBatch, VendorRecord } from './vendor.ts'
import { changedProperties } from './written.ts'

type LinkedRow = Row & { readonly remoteId: string }

/** Changes records by id, then links them. Both may be repeated without harm. */
export const updateRecords = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  rows: readonly LinkedRow[],
): Promise<readonly Outcome[]> => {
  const outcomes = new Map<LinkedRow, Outcome>()
  const changed: Change[] = []
  for (const row of rows) {
    const fault = kind.fault?.(row.fields)
    if (fault !== undefined) outcomes.set(row, { ok: false, ...fault })
  }
  const sound = rows.filter((row) => !outcomes.has(row))
  for (const [index, properties] of (await changedProperties(ctx, kind, sound)).entries()) {
    const row = sound[index]
    if (row === undefined) continue
    if (Object.keys(properties).length > 0) changed.push({ row, properties })
    else outcomes.set(row, { ok: true, remoteId: row.remoteId, created: false })
  }
  for (const [row, outcome] of await writeAll(ctx, kind, changed)) outcomes.set(row, outcome)
  const failures = await linkAll(ctx, kind, rows, outcomes)
  return rows.map((row) => {
    const failure = failures.get(row)
    return failure === undefined ? (outcomes.get(row) ?? unanswered()) : { ok: false, ...failure }
  })
}

interface Change {
  readonly row: LinkedRow
  readonly properties: Properties
}

/**
 * One batch; what it passes over goes by itself. A batch drops ids of merged records without a word, while a single
 * change of such an id reaches the record that took it in, or says that there is none.
 */
const writeAll = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  changes: readonly Change[],
): Promise<ReadonlyMap<LinkedRow, Outcome>> => {
  const outcomes = changes.length > 1 ? await writeBatch(ctx, kind, changes) : new Map<LinkedRow, Outcome>()
  const open = changes.filter(({ row }) => !outcomes.has(row))
  const single = await eachRow(open, (change) => writeOne(ctx, kind, change))
  for (const [index, { row }] of open.entries()) outcomes.set(row, single[index] ?? unanswered())
  return outcomes
}

const writeBatch = async (ctx: Ctx<Settings>, kind: Kind, changes: readonly Change[]) => {
  const reply = await ctx.call({
    method: 'POST',
    path: pathsOf(ctx.settings).objects(kind.name, '/batch/update'),
    idempotent: true,
    body: {
      inputs: changes.map(({ row, properties }) => ({ id: row.remoteId, properties, objectWriteTraceId: row.marker })),
    },
  })
  const { results = [], errors = [] }: VendorBatch = reply.body ?? {}
  const outcomes = new Map<LinkedRow, Outcome>()
  const byId = new Map(changes.map(({ row }) => [row.remoteId, row]))
  const byMarker = new Map(changes.map(({ row }) => [row.marker, row]))
  for (const error of errors) {
    const ids = contextValues(error, 'ids').flatMap((id) => byId.get(id) ?? [])
    const marked = contextValues(error, 'objectWriteTraceId').flatMap((marker) => byMarker.get(marker) ?? [])
    for (const row of [...marked, ...ids]) outcomes.set(row, { ok: false, ...rowFailure(error) })
  }
  for (const record of results) {
    const row = byId.get(String(record.id))
    if (row !== undefined) outcomes.set(row, updatedOutcome(kind, record))
  }
  return outcomes
}

const writeOne = async (ctx: Ctx<Settings>, kind: Kind, { row, properties }: Change): Promise<Outcome> => {
  const reply = await ctx.call({
    method: 'PATCH',
    path: pathsOf(ctx.settings).objects(kind.name, `/${encodeURIComponent(row.remoteId)}`),
    idempotent: true,
    body: { properties },
  })
  return updatedOutcome(kind, { id: row.remoteId, ...reply.body })
}

const updatedOutcome = (kind: Kind, record: VendorRecord): Outcome => {
  const updatedAt = stampOf(kind, record)
  return { ok: true, remoteId: String(record.id), created: false, ...(updatedAt === undefined ? {} : { updatedAt }) }
}

const linkAll = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  rows: readonly LinkedRow[],
  outcomes: ReadonlyMap<LinkedRow, Outcome>,
): Promise<ReadonlyMap<LinkedRow, Failure>> => {
  const rowOf = new Map<Pair, LinkedRow>()
  for (const row of rows) {
    const outcome = outcomes.get(row)
    if (outcome?.ok !== true) continue
    for (const link of row.links ?? []) rowOf.set({ id: outcome.remoteId, link }, row)
  }
  const failures = new Map<LinkedRow, Failure>()
  for (const [pair, failure] of await associate(ctx, kind, [...rowOf.keys()])) {
    const row = rowOf.get(pair)
    if (row !== undefined) failures.set(row, failure)
  }
  return failures
}
