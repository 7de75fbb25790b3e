import { type Ctx, type Failure, fail, isCrmError, type Json, type Outcome } from '@raccordo/core/plugin'
import { isConflict } from './errors.ts'
import type { OdooSettings } from './settings.ts'
import { callMethod } from './transport.ts'

/** One row for `load`: cells by column. */
export type LoadRow = Readonly<Record<string, string>>

export interface LoadOptions {
  /** True where every row names its record by an external id, or says all of it: repeating it does no harm. */
  readonly idempotent: boolean
  /** What the model is told besides: to notify nobody. */
  readonly context?: Readonly<Record<string, Json>>
}

/**
 * Times in the cells are UTC, whatever the user's own zone: `load` would read them in that zone. Archived records count
 * too, or their `.id` would be unknown.
 */
const context = { tz: 'UTC', active_test: false }

/**
 * Writes rows with Odoo's `load` and tells each row's fate. A row with an external id in its column `id` is created or,
 * if it exists, updated: repeating it does no harm. `load` saves nothing if any row is bad, so the bad rows are set
 * apart, with the message that Odoo gives for each, and the others go again. A row has its outcome at its own place.
 */
export const loadRows = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  rows: readonly LoadRow[],
  options: LoadOptions,
): Promise<readonly Outcome[]> => {
  const outcomes = new Map<number, Outcome>()
  for (const group of groupByColumns(rows)) await loadGroup(ctx, model, rows, group, options, outcomes)
  return rows.map(
    (_, index) => outcomes.get(index) ?? { ok: false, kind: 'bug', message: 'Odoo answered without this row.' },
  )
}

/** Absent fields must stay as they are, and a column of `load` says something of every row: rows with the same columns go together. */
const groupByColumns = (rows: readonly LoadRow[]): Iterable<number[]> => {
  const groups = new Map<string, number[]>()
  rows.forEach((row, index) => {
    const columns = Object.keys(row).sort().join()
    groups.set(columns, [...(groups.get(columns) ?? []), index])
  })
  return groups.values()
}

const loadGroup = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  rows: readonly LoadRow[],
  group: readonly number[],
  { idempotent, context: more }: LoadOptions,
  outcomes: Map<number, Outcome>,
): Promise<void> => {
  let open = [...group]
  while (open.length > 0) {
    const columns = Object.keys(rows[open[0] ?? 0] ?? {}).sort()
    const data = open.map((index) => columns.map((column) => rows[index]?.[column] ?? ''))
    const answer = readAnswer(
      await callMethod(ctx, {
        model,
        method: 'load',
        named: { fields: columns, data },
        context: { ...context, ...more },
        idempotent,
      }),
    )
    if (answer.ids.length === open.length) {
      open.forEach((index, place) => {
        outcomes.set(index, {
          ok: true,
          remoteId: String(answer.ids[place]),
          created: rows[index]?.['.id'] === undefined,
        })
      })
      return
    }
    const faults = blamed(answer.faults, open.length)
    if (faults.size === 0) throw fail('invalid', answer.faults[0]?.failure.message ?? 'Odoo saved none of these rows.')
    for (const [place, failure] of faults) outcomes.set(open[place] ?? -1, { ok: false, ...failure })
    open = open.filter((_, place) => !faults.has(place))
  }
}

interface Fault {
  /** Place of the row in the call. */
  readonly place: number
  readonly failure: Failure
}

const readAnswer = (answer: unknown): { readonly ids: readonly number[]; readonly faults: readonly Fault[] } => {
  const { ids, messages } = (answer ?? {}) as { ids?: unknown; messages?: unknown }
  const list = Array.isArray(messages) ? messages : []
  const texts = list.map((message) => String(message?.message ?? '').trim())
  const conflict = texts.find(isConflict)
  // It stands among the faults of rows, yet nothing is wrong with the row: another call was writing the same record.
  if (conflict !== undefined) throw fail('locked', conflict)
  const faults = list.flatMap((message, index): Fault[] =>
    typeof message?.record === 'number' && message.type !== 'warning'
      ? [{ place: message.record, failure: failureOfRow(texts[index] ?? '', message.field) }]
      : [],
  )
  return { ids: Array.isArray(ids) ? ids : [], faults }
}

const failureOfRow = (message: string, field: unknown): Failure => {
  const named = typeof field === 'string' && field !== '.id' ? { field } : {}
  if (field === '.id' || /Record does not exist or has been deleted/.test(message))
    return { kind: 'not_found', message, ...named }
  return { kind: /^You are not allowed to/.test(message) ? 'forbidden' : 'invalid', message, ...named }
}

/**
 * The rows that are at fault. What went wrong with the batch as a whole is reported under its first row as well (seen
 * on Odoo 19), so a first row that only repeats another row's message is taken as sound and goes again.
 */
const blamed = (faults: readonly Fault[], count: number): ReadonlyMap<number, Failure> => {
  const byPlace = new Map<number, Failure>()
  // The first message of a row tells the cause: an unknown `.id` is followed by what a record without an id lacks.
  for (const { place, failure } of faults) if (place < count && !byPlace.has(place)) byPlace.set(place, failure)
  const ofFirst = faults.filter(({ place }) => place === 0)
  const [only] = ofFirst
  const isEcho =
    ofFirst.length === 1 && faults.some(({ place, failure }) => place > 0 && failure.message === only?.failure.message)
  if (isEcho) byPlace.delete(0)
  return byPlace
}

/** The external id of a local record: Odoo keeps it in `ir.model.data`, unique and out of the users' sight. */
export const externalId = (object: string, marker: string): string =>
  `${MODULE}.${object}_${marker.replace(/[^A-Za-z0-9-]/g, (character) => `_${character.codePointAt(0)?.toString(16)}_`)}`

const MODULE = '__raccordo__'

/**
 * Id of the record that bears an external id. `ir.model.data` itself is closed to plain users in Odoo 19, but this
 * method of it is not.
 */
export const findExternalId = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  id: string,
): Promise<string | undefined> => {
  const named: Record<string, Json> = { module: MODULE, xml_id: id.slice(MODULE.length + 1) }
  const call = { model: 'ir.model.data', method: 'check_object_reference', named, context: { active_test: false } }
  const found = await unlessUnknown(() => callMethod(ctx, { ...call, idempotent: true }))
  return Array.isArray(found) && found[0] === model && typeof found[1] === 'number' ? String(found[1]) : undefined
}

/** An unknown external id is a ValueError; one whose record is gone or hidden is an AccessError. */
const unlessUnknown = async (look: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await look()
  } catch (error) {
    const code = isCrmError(error) ? error.vendorCode : undefined
    if (code === 'builtins.ValueError' || code === 'odoo.exceptions.AccessError') return undefined
    throw error
  }
}
