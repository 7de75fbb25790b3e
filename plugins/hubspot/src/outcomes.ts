import { type Ctx, isCrmError, type Outcome, type Row } from '@raccordo/core/plugin'
import { contextValues, rowFailure } from './errors.ts'
import type { Kind } from './kinds.ts'
import { type Properties, stampOf } from './properties.ts'
import { batchRead } from './read.ts'
import type { Settings } from './settings.ts'
import type { VendorBatch, VendorError, VendorRecord } from './vendor.ts'

/** A row as it is sent. */
export interface Draft {
  readonly row: Row
  readonly properties: Properties
  /** What tells it from the other rows of its batch; undefined where nothing does. */
  readonly identity: string | undefined
}

export const createdOutcome = (kind: Kind, record: VendorRecord): Outcome => {
  const updatedAt = stampOf(kind, record)
  return { ok: true, remoteId: String(record.id), created: true, ...(updatedAt === undefined ? {} : { updatedAt }) }
}

/** A row that an answer says nothing of may have been written. */
export const unanswered = (): Outcome => ({
  ok: false,
  kind: 'unavailable',
  message: 'HubSpot answered and said nothing of this row',
  unknownOutcome: true,
})

/**
 * Which row each part of a batch answer is about. HubSpot answers in any order: an error names the trace id of its
 * row, a new record its trace id or else the values that identify it, which are read where the answer leaves them out.
 */
export const outcomesOfBatch = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  drafts: readonly Draft[],
  body: VendorBatch,
): Promise<ReadonlyMap<Draft, Outcome>> => {
  const outcomes = new Map<Draft, Outcome>()
  const byMarker = new Map(drafts.map((draft) => [draft.row.marker, draft]))
  const byIdentity = new Map(drafts.map((draft) => [draft.identity, draft]))
  const rowOf = (record: VendorRecord): Draft | undefined =>
    byMarker.get(record.objectWriteTraceId ?? '') ?? byIdentity.get(kind.identity(record.properties ?? {}) ?? '')

  const nameless: VendorError[] = []
  for (const error of body.errors ?? []) {
    const named = contextValues(error, 'objectWriteTraceId').flatMap((marker) => byMarker.get(marker) ?? [])
    if (named.length === 0) nameless.push(error)
    for (const draft of named) outcomes.set(draft, { ok: false, ...rowFailure(error) })
  }
  const unplaced: VendorRecord[] = []
  for (const record of body.results ?? []) {
    const draft = rowOf(record)
    if (draft === undefined) unplaced.push(record)
    else outcomes.set(draft, createdOutcome(kind, record))
  }
  for (const record of await readIdentities(ctx, kind, drafts, unplaced)) {
    const draft = rowOf(record)
    if (draft !== undefined) outcomes.set(draft, createdOutcome(kind, record))
  }
  const open = drafts.filter((draft) => !outcomes.has(draft))
  for (const draft of open) outcomes.set(draft, leftOver(nameless, open.length))
  return outcomes
}

/** Rows that nothing was said of: refused, where as many errors of one kind name no row; else unknown. */
const leftOver = (nameless: readonly VendorError[], openCount: number): Outcome => {
  const failures = nameless.map(rowFailure)
  const [first] = failures
  const isCertain = failures.length === openCount && failures.every((failure) => failure.kind === first?.kind)
  return isCertain && first !== undefined ? { ok: false, ...first } : unanswered()
}

const readIdentities = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  drafts: readonly Draft[],
  records: readonly VendorRecord[],
): Promise<readonly VendorRecord[]> => {
  if (records.length === 0) return []
  const properties = [...new Set(drafts.flatMap((draft) => Object.keys(draft.properties)))]
  try {
    return await batchRead(
      ctx,
      kind,
      records.map((record) => String(record.id)),
      properties,
    )
  } catch (error) {
    // The records are there: rows that stay open are looked for again by their markers.
    if (isCrmError(error)) return []
    throw error
  }
}
