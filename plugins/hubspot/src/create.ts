import { type Ctx, eachRow, fail, isCrmError, type Outcome, type Row } from '@raccordo/core/plugin'
import { inlineAssociations } from './association-types.ts'
import { findByField } from './find.ts'
import type { Kind } from './kinds.ts'
import { createdOutcome, type Draft, outcomesOfBatch, unanswered } from './outcomes.ts'
import { pathsOf } from './paths.ts'
import type { Settings } from './settings.ts'
import { hasUniqueValues, REFERENCE_PROPERTY } from './unique.ts'
import type { VendorRecord } from './vendor.ts'
import { newProperties } from './written.ts'

/**
 * Adds records. Rows that differ in what identifies them go together, each with its marker as trace id, which makes
 * HubSpot answer row by row; without one it takes all or none. Rows that nothing tells apart go one by one, because
 * HubSpot answers a batch in any order.
 */
export const createRecords = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  rows: readonly Row[],
): Promise<readonly Outcome[]> => {
  const outcomes = new Map<Row, Outcome>()
  for (const row of rows) {
    const fault = kind.fault?.(row.fields)
    if (fault !== undefined) outcomes.set(row, { ok: false, ...fault })
  }
  const bearsReference = await hasUniqueValues(ctx, kind, REFERENCE_PROPERTY)
  const sound = rows.filter((row) => !outcomes.has(row))
  const drafts = await Promise.all(sound.map((row) => draftOf(ctx, kind, row, bearsReference)))
  const { together, alone } = partition(drafts)
  if (together.length > 0)
    for (const [draft, outcome] of await createTogether(ctx, kind, together)) outcomes.set(draft.row, outcome)
  const single = await eachRow(alone, (draft) => createAlone(ctx, kind, draft))
  for (const [index, draft] of alone.entries()) outcomes.set(draft.row, single[index] ?? unanswered())
  return withExistingIds(
    ctx,
    kind,
    rows,
    rows.map((row) => outcomes.get(row) ?? unanswered()),
  )
}

const draftOf = async (ctx: Ctx<Settings>, kind: Kind, row: Row, bearsReference: boolean): Promise<Draft> => {
  const properties = await newProperties(ctx, kind, row)
  return {
    row,
    properties: bearsReference ? { ...properties, [REFERENCE_PROPERTY]: row.marker } : properties,
    identity: kind.identity(properties),
  }
}

const partition = (
  drafts: readonly Draft[],
): { readonly together: readonly Draft[]; readonly alone: readonly Draft[] } => {
  const isTold = (draft: Draft): boolean =>
    draft.identity !== undefined &&
    drafts.every(
      (other) => other === draft || (other.identity !== draft.identity && other.row.marker !== draft.row.marker),
    )
  const together = drafts.filter(isTold)
  return together.length > 1
    ? { together, alone: drafts.filter((draft) => !together.includes(draft)) }
    : { together: [], alone: drafts }
}

const createTogether = async (ctx: Ctx<Settings>, kind: Kind, drafts: readonly Draft[]) => {
  try {
    const reply = await ctx.call({
      method: 'POST',
      path: pathsOf(ctx.settings).objects(kind.name, '/batch/create'),
      body: {
        inputs: drafts.map(({ row, properties }) => ({
          properties,
          associations: inlineAssociations(kind, row.links ?? []),
          objectWriteTraceId: row.marker,
        })),
      },
    })
    return await outcomesOfBatch(ctx, kind, drafts, reply.body ?? {})
  } catch (error) {
    // The id that it may name belongs to one row of the batch, and HubSpot does not say to which.
    if (isCrmError(error) && error.kind === 'conflict') throw fail('conflict', error.message)
    throw error
  }
}

const createAlone = async (ctx: Ctx<Settings>, kind: Kind, draft: Draft): Promise<Outcome> => {
  const reply = await ctx.call({
    method: 'POST',
    path: pathsOf(ctx.settings).objects(kind.name),
    body: { properties: draft.properties, associations: inlineAssociations(kind, draft.row.links ?? []) },
  })
  const record: VendorRecord = reply.body ?? {}
  return record.id === undefined ? unanswered() : createdOutcome(kind, record)
}

/** A conflict need not name the record that is there already: it is the one that has the row's unique value. */
const withExistingIds = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  rows: readonly Row[],
  outcomes: readonly Outcome[],
): Promise<readonly Outcome[]> => {
  const { unique } = kind
  if (unique === undefined) return outcomes
  const openValue = (index: number): string | undefined => {
    const outcome = outcomes[index]
    const value = rows[index]?.fields[unique]
    const isOpen = outcome?.ok === false && outcome.kind === 'conflict' && outcome.existingIds === undefined
    return isOpen && typeof value === 'string' && value !== '' ? value : undefined
  }
  const values = rows.flatMap((_, index) => openValue(index) ?? [])
  if (values.length === 0) return outcomes
  const found = await findLeniently(ctx, kind, unique, values)
  return outcomes.map((outcome, index) => {
    const existingIds = found.get(openValue(index) ?? '')
    return existingIds === undefined ? outcome : { ...outcome, existingIds }
  })
}

/** What has been written must be reported, whatever a read after it says. */
const findLeniently = async (ctx: Ctx<Settings>, kind: Kind, field: string, values: readonly string[]) => {
  try {
    return await findByField(ctx, kind, field, values)
  } catch (error) {
    if (isCrmError(error)) return new Map<string, readonly string[]>()
    throw error
  }
}
