import type { SimulatorHandler } from '@raccordo/testkit/simulator'
import { recordBody } from './answers.ts'
import { refuse } from './failures.ts'
import { compileFilters, sorterOf } from './filters.ts'
import type { Portal } from './portal.ts'
import { SCHEMAS } from './schema.ts'
import { liveRecord, requireObject } from './write.ts'

const DEFAULT_LIMIT = 10
const MOST_LIMIT = 200
const MOST_RESULTS = 10_000

export interface SearchOptions {
  /** Whether results show the record as it is now, or as the index knows it. */
  readonly answersFrom: 'record' | 'index'
}

/** `POST …/search`: through the index, which lags; 10,000 results and no more. */
export const searchHandler =
  (portal: Portal, options: SearchOptions): SimulatorHandler =>
  (request) => {
    const object = requireObject(request.params['type'] ?? '')
    const body = request.json() ?? {}
    const limit = body.limit === undefined ? DEFAULT_LIMIT : Number(body.limit)
    if (!(limit >= 0 && limit <= MOST_LIMIT))
      throw refuse(400, 'VALIDATION_ERROR', `limit must be at most ${MOST_LIMIT}`)
    const start = offsetOf(body.after)
    const filters = compileFilters(body.filterGroups, portal.properties[object], SCHEMAS[object])
    const term = typeof body.query === 'string' ? body.query.toLowerCase() : ''
    const found = portal.indexes[object]
      .visible(filters.aboveId)
      .filter(
        (record) =>
          filters.takes(record) && (term === '' || mentions(record.properties, SCHEMAS[object].defaults, term)),
      )
      .flatMap((record) => (options.answersFrom === 'index' ? record : (liveRecord(portal, object, record.id) ?? [])))
    const sorted = sorterOf(body.sorts, SCHEMAS[object].createdField)(found)
    const page = sorted.slice(start, Math.min(start + limit, MOST_RESULTS))
    const next = start + page.length
    const asked: readonly string[] = Array.isArray(body.properties) ? body.properties.map(String) : []
    return {
      body: {
        total: sorted.length,
        results: page.map((record) => recordBody(portal, object, record, asked)),
        ...(next < sorted.length ? { paging: { next: { after: String(next) } } } : {}),
      },
    }
  }

/** HubSpot's cursor of a search is a number of results to pass over. */
const offsetOf = (after: unknown): number => {
  if (after === undefined || after === null || after === '') return 0
  if (!/^\d+$/.test(String(after)))
    throw refuse(400, 'VALIDATION_ERROR', 'Invalid input JSON: Cannot deserialize value of type `int` from String')
  const offset = Number(after)
  if (offset >= MOST_RESULTS)
    throw refuse(400, 'VALIDATION_ERROR', `Paging through more than ${MOST_RESULTS} results is not supported`)
  return offset
}

const mentions = (properties: Readonly<Record<string, string>>, names: readonly string[], term: string): boolean =>
  names.some((name) => properties[name]?.toLowerCase().includes(term))
