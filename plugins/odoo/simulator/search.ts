import { canRead } from './access.ts'
import { documentModel } from './activities.ts'
import { valueOfField } from './computed.ts'
import { compileDomain } from './domain.ts'
import { type Environment, modelNamed } from './environment.ts'
import { maySeeMessage } from './messages.ts'
import type { Model } from './models.ts'
import { OdooError, userError, valueError } from './odoo-error.ts'
import type { Values } from './store.ts'

export interface SearchOptions {
  readonly offset?: unknown
  readonly limit?: unknown
  readonly order?: unknown
}

/** Ids that match, in the order asked for or the model's own, which is seldom by id. */
export const search = (env: Environment, modelName: string, domain: unknown, options: SearchOptions = {}): number[] => {
  const model = modelNamed(env, modelName)
  const test = compileDomain(env, model, domain)
  const order = readOrder(model, options.order)
  if (typeof options.limit === 'number' && options.limit < 0)
    throw new OdooError('psycopg2.errors.InvalidRowCountInLimitClause', 'LIMIT must not be negative\n')
  const found = [...env.store.table(modelName)].filter(([id, values]) => test(id, values))
  const sorted =
    order.length === 1 && order[0]?.field === 'id' ? byId(found, order[0].descending) : sort(env, model, found, order)
  const offset = Number(options.offset ?? 0)
  const limit = typeof options.limit === 'number' && options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY
  const page = sorted.slice(offset, offset + limit)
  return page.filter(([, values]) => isVisible(env, modelName, values)).map(([id]) => id)
}

/** Messages and activities of documents that the user may not see drop out of a page that has been cut already. */
const isVisible = (env: Environment, modelName: string, values: Values): boolean => {
  if (env.isAdmin) return true
  if (modelName === 'mail.message') return maySeeMessage(env, values, (document) => canRead(env, document))
  if (modelName !== 'mail.activity' || values['user_id'] === env.uid) return true
  const document = documentModel(env, values)
  return document !== false && canRead(env, document)
}

interface OrderTerm {
  readonly field: string
  readonly descending: boolean
}

const readOrder = (model: Model, order: unknown): readonly OrderTerm[] => {
  const text = typeof order === 'string' && order !== '' ? order : model.order
  return text.split(',').map((term) => {
    const found = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(term)
    if (found === null)
      throw userError(
        `Invalid "order" specified (${text}). A valid "order" specification is a comma-separated list of valid field names (optionally followed by asc/desc for the direction)`,
      )
    const field = found[1] ?? 'id'
    if (model.fields[field] === undefined) throw valueError(`Invalid field '${field}' on model '${model.name}'`)
    return { field, descending: found[2]?.toLowerCase() === 'desc' }
  })
}

type Found = [number, Values]

const byId = (found: Found[], descending: boolean): Found[] =>
  found.sort(([left], [right]) => (descending ? right - left : left - right))

const sort = (env: Environment, model: Model, found: Found[], order: readonly OrderTerm[]): Found[] => {
  const keyed = found.map((entry) => ({
    entry,
    keys: order.map(({ field }) => {
      const definition = model.fields[field]
      return definition === undefined ? '' : valueOfField(env, model.name, entry[0], entry[1], field, definition)
    }),
  }))
  keyed.sort((left, right) => {
    for (const [index, { descending }] of order.entries()) {
      const sign = compare(left.keys[index], right.keys[index])
      if (sign !== 0) return descending ? -sign : sign
    }
    return left.entry[0] - right.entry[0]
  })
  return keyed.map(({ entry }) => entry)
}

const compare = (left: unknown, right: unknown): number => {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (left === right) return 0
  return String(left) < String(right) ? -1 : 1
}
