import { type Column, invalidQuery } from './coql-columns.ts'
import type { Criteria, Criterion, Operator } from './coql-parse.ts'
import type { StoredRecord } from './table.ts'
import { isDay, parseInstant } from './times.ts'

type Test = (record: StoredRecord) => boolean

const NULLS: readonly Operator[] = ['is null', 'is not null']
const TEXT: readonly Operator[] = [...NULLS, '=', '!=', 'like', 'not like', 'in', 'not in']
const ORDERED: readonly Operator[] = [
  ...NULLS,
  '=',
  '!=',
  '>=',
  '>',
  '<=',
  '<',
  'between',
  'not between',
  'in',
  'not in',
]
const RELATION: readonly Operator[] = [...NULLS, '=', '!=', 'in', 'not in']

/** Long texts are no criteria; what a type does not list here has the comparisons of a text. */
const OPERATORS: Readonly<Record<string, readonly Operator[]>> = {
  textarea: NULLS,
  boolean: ['='],
  lookup: RELATION,
  multi_module_lookup: RELATION,
  ownerlookup: RELATION,
  bigint: ORDERED,
  integer: ORDERED,
  double: ORDERED,
  currency: ORDERED,
  date: ORDERED,
  datetime: ORDERED,
}

/** Turns criteria into a test of records. Throws where a column, an operator or a value does not fit. */
export const testOf = (criteria: Criteria, columnOf: (name: string) => Column): Test => {
  if ('join' in criteria) {
    const [left, right] = criteria.sides.map((side) => testOf(side, columnOf))
    if (left === undefined || right === undefined) return () => false
    return criteria.join === 'and'
      ? (record) => left(record) && right(record)
      : (record) => left(record) || right(record)
  }
  return criterionTest(criteria, columnOf(criteria.column))
}

const criterionTest = ({ operator, values }: Criterion, column: Column): Test => {
  if (!(OPERATORS[column.type] ?? TEXT).includes(operator))
    throw invalidQuery('operator given seems to be invalid', { column_name: column.name, operator })
  const read = (record: StoredRecord) => comparable(column.type, column.compared(record))
  if (operator === 'is null') return (record) => read(record) === null
  if (operator === 'is not null') return (record) => read(record) !== null
  if (operator === 'like' || operator === 'not like') {
    const matches = likePattern(values[0] ?? '')
    return (record) => {
      const text = read(record)
      return (typeof text === 'string' && matches.test(text)) === (operator === 'like')
    }
  }
  const given = values.map((value) => givenValue(column, value))
  const [first, second] = given
  return (record) => {
    const value = read(record)
    if (operator === '!=') return value !== first
    if (operator === 'not in') return !given.includes(value)
    if (value === null || first === undefined || first === null) return false
    if (operator === '=') return value === first
    if (operator === 'in') return given.includes(value)
    if (operator === '>') return value > first
    if (operator === '>=') return value >= first
    if (operator === '<') return value < first
    if (operator === '<=') return value <= first
    const isBetween = value >= first && second !== undefined && second !== null && value <= second
    return operator === 'between' ? isBetween : !isBetween
  }
}

type Comparable = string | number | bigint | boolean | null

/** Letter case does not matter, ids are numbers, and an empty text is no value. */
const comparable = (type: string, value: unknown): Comparable => {
  if (value === null || value === undefined || value === '') return null
  if (type === 'bigint' || (OPERATORS[type] === RELATION && /^\d+$/.test(String(value)))) return BigInt(String(value))
  if (typeof value === 'string') return value.toLowerCase()
  return typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value).toLowerCase()
}

const givenValue = (column: Column, text: string): Comparable => {
  const wrong = (): Error =>
    invalidQuery('value given seems to be invalid', { column_name: column.name, expected_data_type: column.type })
  const { type } = column
  if (type === 'datetime') {
    const atMs = parseInstant(text)
    if (atMs === undefined) throw wrong()
    return atMs
  }
  if (type === 'date' && !isDay(text)) throw wrong()
  if (type === 'boolean') {
    if (!/^(true|false)$/i.test(text)) throw wrong()
    return text.toLowerCase() === 'true'
  }
  if (type === 'integer' || type === 'double' || type === 'currency') {
    if (text.trim() === '' || Number.isNaN(Number(text))) throw wrong()
    return Number(text)
  }
  if (type === 'bigint' || OPERATORS[type] === RELATION) {
    if (!/^\d{1,19}$/.test(text)) throw wrong()
    return BigInt(text)
  }
  return text.toLowerCase()
}

const likePattern = (text: string): RegExp =>
  new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '[\\s\\S]*')}$`, 'i')
