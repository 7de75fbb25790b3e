import { type Environment, modelNamed, rowOf } from './environment.ts'
import { readCell } from './load-cells.ts'
import type { Model } from './models.ts'
import { OdooError, valueError } from './odoo-error.ts'
import { LOADED } from './partners.ts'
import type { Values } from './store.ts'
import { create, write } from './write.ts'

export interface LoadMessage {
  readonly rows: { readonly from: number; readonly to: number }
  readonly record: number
  readonly type: 'error'
  readonly message: string
  readonly field?: string
  readonly [more: string]: unknown
}

interface Prepared {
  readonly index: number
  readonly externalId: string | undefined
  /** Record to update: by external id or database id. */
  readonly target: number | undefined
  readonly values: Values
}

/**
 * Odoo's import: rows are created or updated by external id (`id`) or database id (`.id`). Nothing is saved if any row
 * is bad, and each bad row has a message; the answer is a success for HTTP and for JSON-RPC all the same.
 */
export const load = (
  env: Environment,
  modelName: string,
  fields: readonly string[],
  data: readonly (readonly unknown[])[],
) => {
  const model = modelNamed(env, modelName)
  for (const field of fields) requireColumn(env, model, field)
  const messages: LoadMessage[] = []
  const savepoint = env.store.savepoint()
  const ids = data.flatMap((cells, index) =>
    saveRow(env, model, prepare(env, model, fields, cells, index, messages), messages),
  )
  if (messages.length === 0) return { ids, messages, nextrow: 0 }
  savepoint.rollback()
  return { ids: false, messages, nextrow: 0 }
}

const requireColumn = (env: Environment, model: Model, column: string): void => {
  const name = column.split('/')[0] ?? ''
  if (name === 'id' || name === '.id' || model.fields[name] !== undefined) return
  throw env.version >= 17 ? valueError(`Invalid field name '${name}'`) : new OdooError('builtins.KeyError', name)
}

const prepare = (
  env: Environment,
  model: Model,
  fields: readonly string[],
  cells: readonly unknown[],
  index: number,
  messages: LoadMessage[],
): Prepared => {
  const complain = (message: string, field: string, more: Record<string, unknown> = {}): undefined => {
    messages.push({ rows: { from: index, to: index }, type: 'error', record: index, field, message, ...more })
    return undefined
  }
  let externalId: string | undefined
  let target: number | undefined
  const values: Values = {}
  for (const [place, column] of fields.entries()) {
    const cell = cells[place]
    if (column === 'id') externalId = cell === '' ? undefined : qualified(String(cell))
    else if (column === '.id') {
      target = visible(env, model.name, Number(cell))
      if (target === undefined) complain(`Unknown database identifier '${cell}'`, '.id')
    } else readCell(env, model, column, cell, values, complain)
  }
  return { index, externalId, target, values }
}

const qualified = (name: string): string => (name.includes('.') ? name : `__import__.${name}`)

/** The search for `.id` leaves archived records out, unless the context asks for them. */
const visible = (env: Environment, model: string, id: number): number | undefined => {
  const values = rowOf(env, model, id)
  if (values === undefined) return undefined
  return values['active'] === false && env.context['active_test'] !== false ? undefined : id
}

/**
 * Saves a row by itself. What a user's error stopped was first tried with the whole batch, and then it is reported under
 * the batch's first row too, whichever row was at fault.
 */
const saveRow = (env: Environment, model: Model, row: Prepared, messages: LoadMessage[]): number[] => {
  const savepoint = env.store.savepoint()
  try {
    return [save(env, model.name, row)]
  } catch (error) {
    if (!(error instanceof OdooError)) throw error
    savepoint.rollback()
    const own = faultOf(row.index, error)
    const ofBatch = faultOf(0, error)
    const isFirst = !messages.some(({ field }) => field === undefined)
    if (error.isUserError && isFirst && !isSame(ofBatch)(own)) messages.unshift(ofBatch)
    messages.push(own)
    return []
  }
}

const isSame =
  (left: LoadMessage) =>
  (right: LoadMessage): boolean =>
    left.record === right.record && left.message === right.message

const faultOf = (index: number, error: OdooError): LoadMessage => ({
  rows: { from: index, to: index },
  record: index,
  type: 'error',
  message:
    error.isUserError || error.rowMessage !== undefined
      ? (error.rowMessage ?? error.message)
      : `Unknown error during import: <class '${error.exception.replace('builtins.', '')}'>: ${error.message}`,
  ...(error.field === undefined ? {} : { field: error.field }),
  ...(error.isUserError || error.rowMessage !== undefined ? {} : { moreinfo: 'Resolve other errors first' }),
})

const save = (env: Environment, model: string, { externalId, target, values }: Prepared): number => {
  const bound = externalId === undefined ? undefined : env.store.externalId(externalId)
  if (bound !== undefined && bound.model !== model)
    throw new OdooError(
      'odoo.exceptions.ValidationError',
      `For external id ${externalId} when trying to create/update a record of model ${model} found record of different model ${bound.model} (${bound.id})`,
    )
  const existing = bound?.id ?? target
  if (existing !== undefined) {
    write(env, model, [existing], values)
    return existing
  }
  const loading = { ...env, context: { ...env.context, [LOADED]: true } }
  const [id = 0] = create(loading, model, [values])
  if (externalId !== undefined) env.store.bindExternalId(externalId, { model, id })
  return id
}
