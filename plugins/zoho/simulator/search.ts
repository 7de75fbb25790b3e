import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { missingParameter, refuse } from './failures.ts'
import { convertedFilter } from './list.ts'
import type { Org } from './org.ts'
import { listOf, pageNumber, pageSize, requireModule } from './request-parts.ts'
import type { ModuleName } from './schema.ts'
import { parseCriteria, type SearchCriteria, type SearchCriterion } from './search-criteria.ts'
import type { StoredRecord } from './table.ts'
import { parseInstant } from './times.ts'
import { comparableValue, recordBody } from './values.ts'

const WALL = 2_000

type Test = (record: StoredRecord) => boolean

/** Searches the index, which knows nothing of the latest changes while `indexLagMs` lasts. */
export const searchHandler =
  (org: Org) =>
  (request: SimulatorRequest): SimulatorReply => {
    const module = requireModule(org, request.params['module'])
    const { query } = request
    const test = testOf(org, module, query)
    const isShown = convertedFilter(query)
    const [size, page] = [pageSize(query), pageNumber(query)]
    if (page * size > WALL) throw refuse(400, 'LIMIT_EXCEEDED', 'limit exceeded', { limit: WALL })
    const found = org.tables[module].index
      .all()
      .filter((record) => module !== 'Leads' || isShown(record.values['Converted__s'] === true))
      .filter(test)
    const shown = found.slice((page - 1) * size, page * size)
    if (shown.length === 0) return { status: 204 }
    const fields = listOf(query.get('fields'))
    return {
      body: {
        data: shown.map((record) => recordBody(org, module, record, fields.length === 0 ? undefined : fields)),
        info: { per_page: size, count: shown.length, page, more_records: page * size < found.length },
      },
    }
  }

/** Of several ways to search, one counts: criteria before e-mail before phone before word. */
const testOf = (org: Org, module: ModuleName, query: URLSearchParams): Test => {
  const criteria = query.get('criteria')
  if (criteria !== null) return criteriaTest(org, module, parseCriteria(criteria))
  const ofType = (type: string) =>
    [...org.fields[module]].filter(([, field]) => field.type === type).map(([name]) => name)
  const email = query.get('email')
  if (email !== null) return anyField(ofType('email'), (value) => value.toLowerCase() === email.toLowerCase())
  const phone = query.get('phone')
  if (phone !== null) return anyField(ofType('phone'), (value) => digits(value) === digits(phone))
  const word = query.get('word')
  if (word === null || word.length < 2) throw missingParameter('criteria')
  return anyField([...org.fields[module].keys()], (value) => value.toLowerCase().includes(word.toLowerCase()))
}

const digits = (text: string): string => text.replace(/\D/g, '')

const anyField =
  (names: readonly string[], matches: (value: string) => boolean): Test =>
  (record) =>
    names.some((name) => {
      const value = record.values[name]
      return typeof value === 'string' && matches(value)
    })

const criteriaTest = (org: Org, module: ModuleName, criteria: SearchCriteria): Test => {
  if ('join' in criteria) {
    const tests = criteria.sides.map((side) => criteriaTest(org, module, side))
    return criteria.join === 'and'
      ? (record) => tests.every((test) => test(record))
      : (record) => tests.some((test) => test(record))
  }
  return criterionTest(org, module, criteria)
}

type Compare = (value: string | number, given: readonly (string | number)[]) => boolean

const OPERATORS: Readonly<Record<string, Compare>> = {
  equals: (value, [first]) => value === first,
  not_equal: (value, [first]) => value !== first,
  starts_with: (value, [first]) => String(value).startsWith(String(first)),
  contains: (value, [first]) => String(value).includes(String(first)),
  in: (value, given) => given.includes(value),
  not_in: (value, given) => !given.includes(value),
  between: (value, [low = '', high = '']) => value >= low && value <= high,
  greater_than: (value, [first = '']) => value > first,
  greater_equal: (value, [first = '']) => value >= first,
  less_than: (value, [first = '']) => value < first,
  less_equal: (value, [first = '']) => value <= first,
}

const criterionTest = (org: Org, module: ModuleName, { field, operator, values }: SearchCriterion): Test => {
  const [name = ''] = field.split('.')
  const definition = org.fields[module].get(name)
  const compare = OPERATORS[operator]
  if (definition === undefined || compare === undefined)
    throw refuse(400, 'INVALID_QUERY', 'Invalid query formed', { reason: 'criteria', api_name: field, operator })
  const isNumeric = ['integer', 'double', 'currency'].includes(definition.type)
  const read = (value: unknown): string | number => {
    if (typeof value === 'number') return value
    const text = String(value)
    if (definition.type === 'datetime') return parseInstant(text) ?? Number.NaN
    return isNumeric ? Number(text) : text.toLowerCase()
  }
  const given = values.map(read)
  return (record) => {
    const value = comparableValue(org, module, record, name)
    return value !== null && value !== undefined && compare(read(value), given)
  }
}
