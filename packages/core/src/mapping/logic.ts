import { createRequire } from 'node:module'
import type { Fields, Json } from '../contract.ts'
import { CUSTOM_OPERATORS, ITEM_OPERATORS } from './operators.ts'
import { isList, isStructure, readerOf } from './remote-value.ts'
import type { Logic } from './types.ts'

interface JsonLogic {
  apply(logic: Json, data: unknown): unknown
  add_operation(name: string, operation: unknown): void
}

/**
 * A json-logic of our own. The package keeps its operators in one module-wide table, so a host that uses it too would
 * see ours; loading the module a second time gives a table that nobody else holds.
 */
const loadJsonLogic = (): JsonLogic => {
  const require = createRequire(import.meta.url)
  const path = require.resolve('json-logic-js')
  const shared = require.cache[path]
  delete require.cache[path]
  const own = require(path) as JsonLogic
  if (shared === undefined) delete require.cache[path]
  else require.cache[path] = shared
  for (const [space, members] of Object.entries(CUSTOM_OPERATORS)) own.add_operation(space, members)
  return own
}

let jsonLogic: JsonLogic | undefined

const apply = (logic: Json, data: Fields): unknown => {
  jsonLogic ??= loadJsonLogic()
  return jsonLogic.apply(logic, data)
}

const rename = (logic: Json | undefined, names: ReadonlyMap<string, string>, ofItem: boolean): Json => {
  if (isList(logic)) return logic.map((item) => rename(item, names, ofItem))
  if (!isStructure(logic)) return logic ?? null
  const [operator = ''] = Object.keys(logic)
  const value = logic[operator]
  const renamed = (name: Json | undefined): Json =>
    typeof name === 'string' ? (names.get(name) ?? name) : (name ?? null)
  if (!ofItem && operator === 'var') {
    return { var: isList(value) ? [renamed(value[0]), rename(value[1], names, ofItem)] : renamed(value) }
  }
  if (!ofItem && (operator === 'missing' || operator === 'missing_some'))
    return { [operator]: renameAll(value, renamed) }
  if (!isList(value)) return { [operator]: rename(value, names, ofItem) }
  const perItem = ITEM_OPERATORS.has(operator)
  return { [operator]: value.map((item, index) => rename(item, names, ofItem || (perItem && index === 1))) }
}

const renameAll = (value: Json | undefined, renamed: (name: Json | undefined) => Json): Json =>
  isList(value) ? value.map((item) => renameAll(item, renamed)) : renamed(value)

/** Turns a checked expression into a function. `names` gives the field for each variable. */
export const compileLogic = (logic: Logic, names: ReadonlyMap<string, string>): ((data: Fields) => unknown) => {
  const bound = rename(logic, names, false)
  if (!isStructure(bound)) return isList(bound) ? (data) => apply(bound, data) : () => bound
  const path = bound['var']
  if (typeof path === 'string') {
    const [head = '', ...nested] = path.split('.')
    const read = readerOf(head, nested)
    return (data) => read(data) ?? null
  }
  return (data) => apply(bound, data)
}
