import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import type { Org } from './org.ts'
import { invalidParameter, modifiedSince, pageNumber, pageSize, requireModule } from './request-parts.ts'
import type { DeletedRecord } from './table.ts'
import { renderInstant } from './times.ts'
import { shownUser } from './values.ts'

const DAY_MS = 86_400_000
/** After sixty days the recycle bin deletes for ever, and after a hundred and twenty nobody remembers. */
const BIN_MS = 60 * DAY_MS
const MEMORY_MS = 120 * DAY_MS

/** What was deleted, the latest first: what comes in between two pages moves all the rest. */
export const deletedHandler =
  (org: Org) =>
  (request: SimulatorRequest): SimulatorReply => {
    const module = requireModule(org, request.params['module'])
    const { query } = request
    const type = query.get('type') ?? 'all'
    if (!['all', 'recycle', 'permanent'].includes(type)) throw invalidParameter('type')
    const size = pageSize(query)
    const page = pageNumber(query)
    const sinceMs = modifiedSince(request.headers)
    const nowMs = org.now().getTime()
    const found = [...org.tables[module].deleted.values()]
      .map((entry) => ({ ...entry, isPermanent: entry.isPermanent || nowMs - entry.deletedMs >= BIN_MS }))
      .filter((entry) => entry.visibleMs <= nowMs && nowMs - entry.deletedMs < MEMORY_MS)
      .filter((entry) => type === 'all' || (type === 'permanent') === entry.isPermanent)
      .filter((entry) => sinceMs === undefined || entry.deletedMs >= sinceMs)
      .sort((left, right) => right.deletedMs - left.deletedMs || (left.record.id < right.record.id ? 1 : -1))
    if (found.length === 0) return { status: sinceMs === undefined ? 204 : 304 }
    const shown = found.slice((page - 1) * size, page * size)
    if (shown.length === 0) return { status: 204 }
    return {
      body: {
        data: shown.map((entry) => entryBody(org, entry)),
        info: { per_page: size, count: shown.length, page, more_records: page * size < found.length },
      },
    }
  }

/** Nobody remembers names and people of what is gone for ever. */
const entryBody = (org: Org, entry: DeletedRecord): object => {
  const { record, isPermanent } = entry
  return {
    deleted_by: isPermanent ? null : shownUser(org, entry.deletedBy),
    id: record.id,
    display_name: isPermanent ? null : entry.name,
    type: isPermanent ? 'permanent' : 'recycle',
    created_by: isPermanent ? null : shownUser(org, record.createdBy),
    deleted_time: renderInstant(entry.deletedMs, record.offsetMinutes),
  }
}
