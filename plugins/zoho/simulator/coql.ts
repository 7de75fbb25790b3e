import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { type Column, columnNamed, invalidQuery } from './coql-columns.ts'
import { testOf } from './coql-criteria.ts'
import { parseQuery, type Query } from './coql-parse.ts'
import { refuse } from './failures.ts'
import type { Org } from './org.ts'
import { requireModule } from './request-parts.ts'
import { type ModuleName, moduleNamed } from './schema.ts'
import type { StoredRecord } from './table.ts'

/** Answers a query. Rows bear the asked columns and the id, and no page says how many there are. */
export const queryHandler =
  (org: Org) =>
  (request: SimulatorRequest): SimulatorReply => {
    const text: unknown = request.json()?.select_query
    if (typeof text !== 'string')
      throw refuse(400, 'MANDATORY_NOT_FOUND', 'required field not found', {
        api_name: 'select_query',
        json_path: '$.select_query',
      })
    const query = parseQuery(text)
    const module = queriedModule(org, query)
    const apiVersion = Number(/^v(\d+)/.exec(request.params['version'] ?? '')?.[1] ?? 8)
    const columnOf = (name: string) => columnNamed(org, module, name, apiVersion)
    const columns = query.columns.map(columnOf)
    const test = testOf(query.criteria, columnOf)
    const view = org.knobs.queriesLag ? org.tables[module].index : org.tables[module].reads
    const isHidden = (record: StoredRecord): boolean =>
      module === 'Leads' && !org.chosen.queriesConvertedLeads && record.values['Converted__s'] === true
    const found = ordered(
      view.all().filter((record) => !isHidden(record) && test(record)),
      query,
      columnOf,
    )
    const rows = found.slice(query.offset, query.offset + query.limit)
    if (rows.length === 0) return { status: 204 }
    return {
      body: {
        data: rows.map((record) => rowBody(record, columns)),
        info: { count: rows.length, more_records: query.offset + rows.length < found.length },
      },
    }
  }

const queriedModule = (org: Org, query: Query): ModuleName => {
  const named = moduleNamed(query.module)
  if (named === undefined || (named === 'Notes' && !org.chosen.queriesNotes))
    throw invalidQuery('module given seems to be invalid', { module: query.module })
  return requireModule(org, named)
}

const rowBody = (record: StoredRecord, columns: readonly Column[]): object => ({
  ...Object.fromEntries(columns.map((column) => [column.name, column.shown(record)])),
  id: record.id,
})

/** By id where the query names no order; records without a value come first. */
const ordered = (
  records: readonly StoredRecord[],
  query: Query,
  columnOf: (name: string) => Column,
): readonly StoredRecord[] => {
  if (query.order.length === 0) return records
  const keys = query.order.map(({ column, isDescending }) => ({
    column: columnOf(column),
    sign: isDescending ? -1 : 1,
  }))
  return [...records].sort((left, right) => {
    for (const { column, sign } of keys) {
      const difference = compare(column.compared(left), column.compared(right))
      if (difference !== 0) return sign * difference
    }
    return compare(left.id, right.id)
  })
}

const compare = (left: unknown, right: unknown): number => {
  if (left === right) return 0
  if (left === null || left === undefined) return -1
  if (right === null || right === undefined) return 1
  return left < right ? -1 : 1
}
