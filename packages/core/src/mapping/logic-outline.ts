import type { Json } from '../contract.ts'
import type { Fault } from '../errors.ts'
import { suggestion } from './nearest.ts'
import { ITEM_OPERATORS, operatorNames } from './operators.ts'
import { pointerTo } from './pointer.ts'
import { isList, isStructure } from './remote-value.ts'
import type { Logic } from './types.ts'

/** What an expression says of itself before it runs. */
export interface LogicOutline {
  readonly faults: readonly Fault[]
  /** Names that `var`, `missing` and `missing_some` take from the record, in order of appearance. */
  readonly variables: readonly string[]
}

type Operands = readonly (Json | undefined)[]

/** The operands that are names of the record's fields, and those that are expressions again. */
const named = (operator: string, operands: Operands): { names: Operands; rest: Operands } | undefined => {
  if (operator === 'var') return { names: operands.slice(0, 1), rest: operands.slice(1) }
  if (operator === 'missing') return { names: isList(operands[0]) ? operands[0] : operands, rest: [] }
  if (operator === 'missing_some') return { names: isList(operands[1]) ? operands[1] : [], rest: operands.slice(0, 1) }
  return undefined
}

/** Checks operators and names of an expression; `pointer` is where it stands in the spec. */
export const outlineLogic = (logic: Logic, pointer: string): LogicOutline => {
  const faults: Fault[] = []
  const variables = new Set<string>()
  const known = operatorNames()

  const take = (names: Operands, at: string): void => {
    for (const name of names) {
      if (typeof name === 'string' && name !== '') variables.add(name)
      else {
        const remedy = 'Name one field as text, so that it is known which fields a pull must ask for.'
        faults.push({ pointer: at, message: 'A field is wanted here, by a constant name', remedy })
      }
    }
  }

  const walkAll = (nodes: Operands, at: string, ofItem: (index: number) => boolean): void => {
    for (const [index, node] of nodes.entries()) walk(node, at + pointerTo(index), ofItem(index))
  }

  const walk = (node: Json | undefined, at: string, ofItem: boolean): void => {
    if (isList(node)) walkAll(node, at, () => ofItem)
    if (!isStructure(node)) return
    const operators = Object.keys(node)
    const [operator] = operators
    if (operator === undefined || operators.length > 1) {
      const message = `An expression has one operator, this one has ${operators.length}`
      faults.push({ pointer: at, message, remedy: 'Nest operators: { "and": [ … , … ] }.' })
      return
    }
    const inner = at + pointerTo(operator)
    if (!known.includes(operator)) {
      faults.push({ pointer: inner, message: `"${operator}" is no operator`, remedy: suggestion(operator, known) })
      return
    }
    const value = node[operator]
    const operands = isList(value) ? value : [value]
    const names = ofItem ? undefined : named(operator, operands)
    if (names === undefined)
      walkAll(operands, inner, (index) => ofItem || (index === 1 && ITEM_OPERATORS.has(operator)))
    else {
      take(names.names, inner)
      walkAll(names.rest, inner, () => false)
    }
  }

  walk(logic, pointer, false)
  return { faults, variables: [...variables] }
}
