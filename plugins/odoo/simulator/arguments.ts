import type { Method } from './method.ts'
import { OdooError, typeError } from './odoo-error.ts'

export interface Bound {
  readonly ids: readonly number[]
  readonly named: Readonly<Record<string, unknown>>
  readonly context: Readonly<Record<string, unknown>>
}

/** Arguments of `execute_kw`: a list, its first member the ids where the method runs on records, and keywords. */
export const bindPositional = (
  version: number,
  model: string,
  name: string,
  method: Method,
  list: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
): Bound => {
  const [first, ...others] = list
  const values = method.onRecords ? others : list
  const ids = method.onRecords ? (Array.isArray(first) ? first : [first]) : []
  const named: Record<string, unknown> = {}
  method.parameters.forEach((parameter, index) => {
    if (index < values.length) named[bare(parameter)] = values[index]
  })
  const { context, ...rest } = keywords
  const unknown = unknownArgument(method, rest)
  const owner = (kind: string) => (version >= 17 ? `${kind}.${name}()` : `${name}()`)
  if (unknown !== undefined) throw typeError(`${owner('BaseModel')} got an unexpected keyword argument '${unknown}'`)
  Object.assign(named, rest)
  const missing = missingArgument(method, named)
  if (missing !== undefined)
    throw typeError(`${owner(className(model))} missing 1 required positional argument: '${missing}'`)
  return { ids: ids as number[], named, context: asContext(context) }
}

/** Arguments of JSON-2: all by name, `ids` and `context` beside them. */
export const bindNamed = (
  model: string,
  name: string,
  method: Method,
  body: Readonly<Record<string, unknown>>,
): Bound => {
  const { ids, context, ...named } = body
  if (ids !== undefined && !method.onRecords) throw unprocessable(`cannot call ${model}.${name} with ids`)
  const missing = missingArgument(method, named)
  if (missing !== undefined) throw unprocessable(`missing a required argument: '${missing}'`)
  const unknown = unknownArgument(method, named)
  if (unknown !== undefined) throw unprocessable(`got an unexpected keyword argument '${unknown}'`)
  return { ids: Array.isArray(ids) ? ids : [], named, context: asContext(context) }
}

const unprocessable = (message: string) => new OdooError('werkzeug.exceptions.UnprocessableEntity', message)

const bare = (parameter: string): string => parameter.replace('?', '')

const unknownArgument = (method: Method, named: Readonly<Record<string, unknown>>): string | undefined => {
  const known = new Set(method.parameters.map(bare))
  return Object.keys(named).find((name) => !known.has(name))
}

const missingArgument = (method: Method, named: Readonly<Record<string, unknown>>): string | undefined =>
  method.parameters.find((parameter) => !parameter.endsWith('?') && !(parameter in named))

const asContext = (context: unknown): Readonly<Record<string, unknown>> =>
  typeof context === 'object' && context !== null ? (context as Record<string, unknown>) : {}

const className = (model: string): string =>
  model
    .split('.')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
