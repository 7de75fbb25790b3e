import {
  type Ctx,
  eachRow,
  type Failure,
  type Fields,
  isCrmError,
  type Json,
  type Outcome,
  type Row,
} from '@raccordo/core/plugin'
import { isMissingMethod } from './errors.ts'
import { kindsOf } from './fields.ts'
import { externalId, findExternalId, type LoadRow, loadRows } from './load.ts'
import type { OdooSettings } from './settings.ts'
import { withStamps } from './stamps.ts'
import { callMethod } from './transport.ts'
import { columnOf, type FieldKind, toCell, toValue } from './values.ts'

export type LinkedRow = Row & { readonly remoteId: string }

/** A model that is written by `load`. */
export interface WrittenModel {
  readonly model: string
  /** The engine's cached table of the model's fields. */
  readonly fieldTable: string
  /** What the external ids of its records begin with. */
  readonly prefix: string
  /** Context of every write: to notify nobody. */
  readonly context?: Readonly<Record<string, Json>>
  /** True where `create` and `write` cannot say what `load` can. */
  readonly isLoadOnly?: boolean
}

/** What is written for a row, in fields of the model; or why nothing is. */
export type Planned = { readonly values: Fields } | { readonly failure: Failure }

/** Makes records by `load` under external ids made of the markers, so that a repetition makes nothing twice. */
export const createRecords = (
  ctx: Ctx<OdooSettings>,
  target: WrittenModel,
  rows: readonly Row[],
  planned: readonly Planned[],
): Promise<readonly Outcome[]> =>
  writeSound(ctx, target, rows, planned, (sound, values, kinds) => {
    const load = sound.map((row, index) => ({
      id: externalId(target.prefix, row.marker),
      ...cells(values[index] ?? {}, kinds),
    }))
    const byLoad = () => loadRows(ctx, target.model, load, { ...contextOf(target), idempotent: true })
    return target.isLoadOnly === true
      ? byLoad()
      : orWithout(byLoad, () => createWithoutLoad(ctx, target, values, kinds))
  })

/** Changes records by `load` under their database ids. */
export const updateRecords = (
  ctx: Ctx<OdooSettings>,
  target: WrittenModel,
  rows: readonly LinkedRow[],
  planned: readonly Planned[],
): Promise<readonly Outcome[]> =>
  writeSound(ctx, target, rows, planned, (sound, values, kinds) => {
    const load = sound.map((row, index) => ({ '.id': row.remoteId, ...cells(values[index] ?? {}, kinds) }))
    const byLoad = () => loadRows(ctx, target.model, load, { ...contextOf(target), idempotent: false })
    return target.isLoadOnly === true
      ? byLoad()
      : orWithout(byLoad, () => updateWithoutLoad(ctx, target, sound, values, kinds))
  })

/** The record that bears the row's marker; `otherwise` where the server has no external ids to offer. */
export const locateRecord = (
  ctx: Ctx<OdooSettings>,
  { model, prefix }: WrittenModel,
  row: Row,
  otherwise: () => Promise<readonly string[]> = async () => [],
): Promise<readonly string[]> =>
  orWithout(async () => {
    const found = await findExternalId(ctx, model, externalId(prefix, row.marker))
    return found === undefined ? [] : [found]
  }, otherwise)

const contextOf = ({ context }: WrittenModel) => (context === undefined ? {} : { context })

const writeSound = async <R extends Row>(
  ctx: Ctx<OdooSettings>,
  { model, fieldTable }: WrittenModel,
  rows: readonly R[],
  planned: readonly Planned[],
  write: (
    rows: readonly R[],
    values: readonly Fields[],
    kinds: ReadonlyMap<string, FieldKind>,
  ) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> => {
  const sound = rows.flatMap((row, index) => {
    const plan = planned[index]
    return plan === undefined || 'failure' in plan ? [] : [{ row, index, values: plan.values }]
  })
  const names = new Set(sound.flatMap(({ values }) => Object.keys(values)))
  const kinds = await kindsOf(ctx, fieldTable, names)
  const written =
    sound.length === 0
      ? []
      : await write(
          sound.map(({ row }) => row),
          sound.map(({ values }) => values),
          kinds,
        )
  const outcomes = new Map(sound.map(({ index }, place) => [index, written[place]]))
  const all = rows.map((_, index): Outcome => {
    const plan = planned[index]
    if (plan !== undefined && 'failure' in plan) return { ok: false, ...plan.failure }
    return outcomes.get(index) ?? { ok: false, kind: 'bug', message: 'Odoo answered without this row.' }
  })
  return withStamps(ctx, model, all)
}

/** Runs the second way where the server (a proxy with an allow-list, an old fork) lacks the method of the first. */
const orWithout = async <T>(first: () => Promise<T>, second: () => Promise<T>): Promise<T> => {
  try {
    return await first()
  } catch (error) {
    if (!isCrmError(error) || !isMissingMethod(error.vendorCode, error.message)) throw error
    return second()
  }
}

const createWithoutLoad = async (
  ctx: Ctx<OdooSettings>,
  { model, context }: WrittenModel,
  values: readonly Fields[],
  kinds: ReadonlyMap<string, FieldKind>,
): Promise<readonly Outcome[]> => {
  const vals_list = values.map((fields) => plain(fields, kinds))
  const more = context === undefined ? {} : { context }
  const ids = await callMethod(ctx, { model, method: 'create', named: { vals_list }, ...more })
  const list = Array.isArray(ids) ? ids : [ids]
  return values.map((_, index) =>
    typeof list[index] === 'number'
      ? { ok: true, remoteId: String(list[index]), created: true }
      : { ok: false, kind: 'bug', message: 'Odoo answered without an id for this row.' },
  )
}

const updateWithoutLoad = (
  ctx: Ctx<OdooSettings>,
  { model, context }: WrittenModel,
  rows: readonly LinkedRow[],
  values: readonly Fields[],
  kinds: ReadonlyMap<string, FieldKind>,
): Promise<readonly Outcome[]> =>
  eachRow(rows, async (row) => {
    const vals = plain(values[rows.indexOf(row)] ?? {}, kinds)
    const more = context === undefined ? {} : { context }
    await callMethod(ctx, { model, method: 'write', ids: [Number(row.remoteId)], named: { vals }, ...more })
    return { ok: true, remoteId: row.remoteId, created: false }
  })

const cells = (values: Fields, kinds: ReadonlyMap<string, FieldKind>): LoadRow =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [columnOf(name, kinds.get(name)), toCell(value, kinds.get(name))]),
  )

const plain = (values: Fields, kinds: ReadonlyMap<string, FieldKind>): Record<string, Json> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toValue(value, kinds.get(name))]))
