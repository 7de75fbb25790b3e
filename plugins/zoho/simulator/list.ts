import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { refuse } from './failures.ts'
import type { Org } from './org.ts'
import type { PageTokens } from './page-tokens.ts'
import {
  invalidParameter,
  listOf,
  modifiedSince,
  pageNumber,
  pageSize,
  requireFields,
  requireModule,
} from './request-parts.ts'
import type { ModuleName } from './schema.ts'
import type { StoredRecord } from './table.ts'
import { renderInstant } from './times.ts'
import { listedBody, recordBody } from './values.ts'
import { externalId } from './write-requests.ts'

const PAGE_WALL = 2_000
const TOKEN_WALL = 100_000
const SORTS: Readonly<Record<string, (record: StoredRecord) => number | string>> = {
  id: ({ id }) => id,
  Created_Time: ({ createdMs }) => createdMs,
  Modified_Time: ({ modifiedMs }) => modifiedMs,
}

/** Lists of records, and single ones. */
export const listHandlers = (org: Org, tokens: PageTokens) => ({
  list: (request: SimulatorRequest): SimulatorReply => {
    const module = requireModule(org, request.params['module'])
    if (module === 'Notes' && !org.knobs.isAdministrator)
      throw refuse(403, 'NOT_SUPPORTED', 'only administrators can get the notes', {})
    const { query } = request
    const fields = requireFields(query)
    const size = pageSize(query)
    const sinceMs = modifiedSince(request.headers)
    const records = sorted(chosen(org, module, query, sinceMs), query)
    const token = query.get('page_token')
    if (token !== null && query.has('page'))
      throw refuse(400, 'AMBIGUITY_DURING_PROCESSING', 'page and page_token cannot be combined', {
        ambiguity_due_to: [{ param_name: 'page' }, { param_name: 'page_token' }],
      })
    const signature = signatureOf(module, request)
    const start = token === null ? pageStart(pageNumber(query), size) : tokens.startOf(token, signature, org.me.id)
    if (start + size > TOKEN_WALL)
      throw refuse(400, 'PAGINATION_LIMIT_EXCEEDED', 'the limit of records is exceeded', { limit: TOKEN_WALL })
    // Where nothing at all has changed the answer is 304; a page behind the last one is 204. Both are empty.
    if (records.length === 0 && sinceMs !== undefined) return { status: 304 }
    const page = records.slice(start, start + size)
    if (page.length === 0) return { status: 204 }
    const isLast = start + size >= records.length
    const next = isLast ? undefined : tokens.issue(start + size, signature, org.me.id)
    const previous = start === 0 ? undefined : tokens.issue(Math.max(0, start - size), signature, org.me.id)
    return {
      body: {
        data: page.map((record) => listedBody(org, module, record, fields)),
        info: {
          call: false,
          per_page: size,
          next_page_token: next?.token ?? null,
          count: page.length,
          sort_by: query.get('sort_by') ?? 'id',
          page: Math.floor(start / size) + 1,
          previous_page_token: previous?.token ?? null,
          page_token_expiry: next === undefined ? null : renderInstant(next.expiresMs, 330),
          sort_order: query.get('sort_order') ?? 'desc',
          email: false,
          more_records: !isLast,
        },
      },
    }
  },
  one: (request: SimulatorRequest): SimulatorReply => {
    const module = requireModule(org, request.params['module'])
    const id = externalId(org, module, request, request.params['id'] ?? '')
    if (!/^\d{1,19}$/.test(id))
      throw refuse(400, 'INVALID_DATA', 'the id given seems to be invalid', { resource_path_index: 1 })
    const record = org.tables[module].reads.get(id)
    if (record === undefined) return { status: 204 }
    const fields = listOf(request.query.get('fields'))
    return { body: { data: [recordBody(org, module, record, fields.length === 0 ? undefined : fields)] } }
  },
})

const pageStart = (page: number, size: number): number => {
  if (page * size > PAGE_WALL)
    throw refuse(400, 'DISCRETE_PAGINATION_LIMIT_EXCEEDED', 'use page_token to get records beyond the limit', {
      limit: PAGE_WALL,
      param_name: 'page',
    })
  return (page - 1) * size
}

/** Everything that a token is bound to: all parameters but those that move it, and the bound in time. */
const signatureOf = (module: ModuleName, request: SimulatorRequest): string => {
  const query = [...request.query].filter(([name]) => name !== 'page' && name !== 'page_token').sort()
  return JSON.stringify([module, query, request.headers['if-modified-since'] ?? null])
}

const chosen = (
  org: Org,
  module: ModuleName,
  query: URLSearchParams,
  sinceMs: number | undefined,
): readonly StoredRecord[] => {
  const ids = query.has('ids') ? new Set(listOf(query.get('ids'))) : undefined
  if (ids !== undefined && ids.size > 100)
    throw refuse(400, 'LIMIT_EXCEEDED', 'limit exceeded', { limit: 100, param_name: 'ids' })
  const wanted = convertedFilter(query)
  return org.tables[module].reads
    .all()
    .filter(
      (record) =>
        (ids === undefined || ids.has(record.id)) &&
        (sinceMs === undefined || record.modifiedMs >= sinceMs) &&
        (module !== 'Leads' || wanted(record.values['Converted__s'] === true)),
    )
}

/** Converted leads are hidden unless they are asked for. */
export const convertedFilter = (query: URLSearchParams): ((isConverted: boolean) => boolean) => {
  const converted = query.get('converted') ?? 'false'
  if (converted === 'both') return () => true
  if (converted !== 'true' && converted !== 'false') throw invalidParameter('converted')
  return (isConverted) => String(isConverted) === converted
}

const sorted = (records: readonly StoredRecord[], query: URLSearchParams): readonly StoredRecord[] => {
  const key = SORTS[query.get('sort_by') ?? 'id']
  if (key === undefined) throw invalidParameter('sort_by')
  const order = query.get('sort_order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') throw invalidParameter('sort_order')
  const sign = order === 'asc' ? 1 : -1
  return [...records].sort((left, right) => {
    const [one, other] = [key(left), key(right)]
    if (one !== other) return one < other ? -sign : sign
    return left.id < right.id ? -sign : sign
  })
}
