import { syntaxError, type Token, tokensOf } from './coql-tokens.ts'
import { limitExceeded, refuse } from './failures.ts'

export type Operator =
  | '='
  | '!='
  | '>='
  | '<='
  | '>'
  | '<'
  | 'in'
  | 'not in'
  | 'like'
  | 'not like'
  | 'between'
  | 'not between'
  | 'is null'
  | 'is not null'
export interface Criterion {
  readonly column: string
  readonly operator: Operator
  readonly values: readonly string[]
}
export type Criteria = Criterion | { readonly join: 'and' | 'or'; readonly sides: readonly [Criteria, Criteria] }

export interface Query {
  readonly columns: readonly string[]
  readonly module: string
  readonly criteria: Criteria
  readonly order: readonly { readonly column: string; readonly isDescending: boolean }[]
  readonly offset: number
  readonly limit: number
}

const MOST = { columns: 50, criteria: 25, order: 10, rows: 2_000, reach: 100_000, values: 50 }

/** Reads a query. WHERE is obligatory, and more than two criteria stand in pairs of brackets. */
export const parseQuery = (text: string): Query => {
  const tokens = tokensOf(text)
  let position = 0
  let criteriaCount = 0
  const peek = (): Token | undefined => tokens[position]
  const fail = (): Error => syntaxError(peek()?.value ?? '', peek()?.column ?? text.length)
  const isNext = (value: string): boolean => {
    const token = peek()
    return token !== undefined && token.kind !== 'text' && token.value.toLowerCase() === value
  }
  const accept = (value: string): boolean => {
    if (!isNext(value)) return false
    position += 1
    return true
  }
  const expect = (value: string): void => {
    if (!accept(value)) throw fail()
  }
  const take = (...kinds: readonly Token['kind'][]): string => {
    const token = peek()
    if (token === undefined || !kinds.includes(token.kind)) throw fail()
    position += 1
    return token.value
  }
  const list = <T>(item: () => T): readonly T[] => {
    const items = [item()]
    while (accept(',')) items.push(item())
    return items
  }

  const value = (): string => take('text', 'number', 'word')
  const values = (): readonly string[] => {
    expect('(')
    const given = list(value)
    expect(')')
    if (given.length > MOST.values) throw limitExceeded({ limit: MOST.values, clause: 'where' })
    return given
  }
  const criterion = (): Criterion => {
    criteriaCount += 1
    const column = take('word', 'text')
    if (accept('is')) {
      const isNegated = accept('not')
      expect('null')
      return { column, operator: isNegated ? 'is not null' : 'is null', values: [] }
    }
    const isNegated = accept('not')
    const named = (operator: 'in' | 'like' | 'between'): Operator => (isNegated ? `not ${operator}` : operator)
    if (accept('in')) return { column, operator: named('in'), values: values() }
    if (accept('like')) return { column, operator: named('like'), values: [value()] }
    if (accept('between')) {
      const low = value()
      expect('and')
      return { column, operator: named('between'), values: [low, value()] }
    }
    const sign = isNegated ? '' : take('sign')
    if (!['=', '!=', '<>', '>=', '<=', '>', '<'].includes(sign)) throw fail()
    return { column, operator: sign === '<>' ? '!=' : (sign as Operator), values: [value()] }
  }
  const operand = (): Criteria => {
    if (!accept('(')) return criterion()
    const inner = pair()
    expect(')')
    return inner
  }
  /** One criterion or two; a third side by side with them is an error. */
  const pair = (): Criteria => {
    const left = operand()
    const join = accept('and') ? 'and' : accept('or') ? 'or' : undefined
    return join === undefined ? left : { join, sides: [left, operand()] }
  }

  expect('select')
  const columns = list(() => take('word', 'text'))
  expect('from')
  const module = take('word').replace(/^!/, '')
  expect('where')
  const criteria = pair()
  const orderColumn = () => {
    const column = take('word', 'text')
    const isDescending = accept('desc')
    if (!isDescending) accept('asc')
    return { column, isDescending }
  }
  const orderClause = () => {
    if (!accept('order')) return []
    expect('by')
    return list(orderColumn)
  }
  const order = orderClause()
  let [offset, limit] = [0, 200]
  if (accept('limit')) {
    limit = Number(take('number'))
    if (accept(',')) [offset, limit] = [limit, Number(take('number'))]
  }
  if (accept('offset')) offset = Number(take('number'))
  if (position < tokens.length) throw fail()

  if (columns.length > MOST.columns) throw limitExceeded({ limit: MOST.columns, clause: 'select' })
  if (criteriaCount > MOST.criteria) throw limitExceeded({ limit: MOST.criteria, clause: 'where' })
  if (order.length > MOST.order) throw limitExceeded({ limit: MOST.order, clause: 'order by' })
  if (limit > MOST.rows) throw limitExceeded({ limit: MOST.rows, clause: 'limit' })
  if (offset + limit > MOST.reach) throw limitExceeded({ limit: MOST.reach, clause: 'offset' })
  requireOnce(columns, 'select')
  requireOnce(
    order.map(({ column }) => column),
    'order by',
  )
  return { columns, module, criteria, order, offset, limit }
}

const requireOnce = (columns: readonly string[], clause: string): void => {
  const twice = columns.find((column, index) => columns.indexOf(column) !== index)
  if (twice !== undefined) throw refuse(400, 'DUPLICATE_DATA', 'duplicate columns', { column_name: twice, clause })
}
