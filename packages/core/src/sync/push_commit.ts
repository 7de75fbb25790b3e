import type { Fields } from '../contract.ts'
import { appendAudit } from '../store/audit.ts'
import { addDeadLetters, type NewDeadLetter } from '../store/dead_letters.ts'
import { reserveFeed, type StoredRecord } from '../store/feed.ts'
import { addHints, type NewHint } from '../store/inbox.ts'
import { holdLease } from '../store/leases.ts'
import { putLinks } from '../store/links.ts'
import type { OutboxRow } from '../store/outbox.ts'
import { type RowResult, settleRows } from '../store/outbox_work.ts'
import { type KeptLink, lockRecords, nextRead, type RecordWrite, writeRecords } from '../store/records.ts'
import { instant } from '../store/rows.ts'
import { type AuditEntry, changesOf } from '../telemetry/audit.ts'
import type { Crm } from './crm.ts'
import type { EndedRow } from './ends.ts'
import type { Engine } from './engine.ts'
import { newId } from './identifiers.ts'
import { hashOf, stampMsOf } from './incoming.ts'
import { judgeEnd } from './outcome.ts'
import { rereadHint } from './plan.ts'
import type { Turn } from './turn.ts'

/**
 * Commits the ends of rows: outbox, links, records, feed, audit and dead letters together. Only rows that this lease
 * still has in flight count; what a successor took over is its business.
 */
export const commitEnds = async (engine: Engine, crm: Crm, turn: Turn, ended: readonly EndedRow[]): Promise<void> => {
  if (ended.length === 0) return
  const at = instant(engine.clock.wallMs())
  const settleMs = crm.provider.api.settleMs
  const judged = new Map(
    ended.map((entry) => {
      const end =
        entry.end.kind === 'failed'
          ? { ...entry.end, failure: engine.redact(crm.connection.id, entry.end.failure) }
          : entry.end
      return [entry.row.id, { entry, ...judgeEnd(entry.row, end, { settleMs, random: engine.random, at }) }] as const
    }),
  )
  await engine.database.transaction(async (tx) => {
    await holdLease(tx, turn.lease)
    const results: RowResult[] = [...judged.values()].map(({ result }) => result)
    const settled = new Set(await settleRows(tx, turn.lease, results))
    const mine = [...judged.values()].filter(({ result }) => settled.has(result.id))
    const linked = mine.flatMap(({ entry: { row, object, end } }) => {
      const externalId = end.kind === 'done' ? end.remoteId : end.kind === 'again' ? end.adopt : undefined
      return externalId === undefined ? [] : [{ type: row.type, localId: row.local_id, object, externalId }]
    })
    await putLinks(tx, crm.connection.id, lastOfEach(linked))
    await addDeadLetters(
      tx,
      crm.connection.id,
      mine.flatMap(({ entry, result, dead }) => (dead === undefined ? [] : [letterOf(crm, entry, result, dead)])),
    )
    await commitWritten(
      crm,
      tx,
      mine.map(({ entry }) => entry),
      at,
    )
  })
  for (const { entry, result, dead } of judged.values()) {
    if (result.status === 'done') engine.metrics.operation(crm.provider.id, 'push', 'ok')
    else if (result.error !== null) {
      engine.metrics.operation(crm.provider.id, 'push', 'error')
      engine.metrics.error(crm.provider.id, result.error.kind)
    }
    if (dead !== undefined) {
      engine.log.error(
        {
          connection_id: crm.connection.id,
          push_id: entry.row.id,
          correlation_id: entry.row.correlation_id,
          kind: dead.kind,
        },
        `a push became a dead letter: ${dead.error.message}`,
      )
    }
  }
}

const lastOfEach = <L extends { readonly localId: string }>(links: readonly L[]): readonly L[] => [
  ...new Map(links.map((link) => [link.localId, link])).values(),
]

const letterOf = (
  crm: Crm,
  { row, object }: EndedRow,
  result: RowResult,
  dead: { readonly kind: string; readonly error: NewDeadLetter['error'] },
): NewDeadLetter => ({
  id: newId('dl'),
  provider: crm.provider.id,
  direction: 'push',
  type: row.type,
  object,
  localId: row.local_id,
  externalId: result.externalId,
  outboxId: row.id,
  outboxSeq: row.seq,
  kind: dead.kind,
  reason: dead.error.message,
  error: dead.error,
  payload: { data: row.data, links: row.links },
  history: result.history,
  attempts: result.attempts,
  correlationId: row.correlation_id,
})

/** Brings the store up to what was written, as our own: the reading that follows will find nothing new in it. */
const commitWritten = async (
  crm: Crm,
  tx: Parameters<typeof holdLease>[0],
  mine: readonly EndedRow[],
  at: string,
): Promise<void> => {
  const connectionId = crm.connection.id
  const done = mine.filter(({ end, written }) => end.kind === 'done' && written !== undefined)
  for (const [object, rows] of Map.groupBy(done, (entry) => entry.object)) {
    const readEnd = await nextRead(tx)
    const byRemote = new Map<string, EndedRow[]>()
    for (const entry of rows) {
      const id = entry.end.kind === 'done' ? entry.end.remoteId : ''
      byRemote.set(id, [...(byRemote.get(id) ?? []), entry])
    }
    const ids = [...byRemote.keys()].sort()
    const stored = await lockRecords(tx, connectionId, object, ids)
    const head = await reserveFeed(tx, connectionId, ids.length)
    const audit: AuditEntry[] = []
    const rereads: NewHint[] = []
    const writes = ids.map((externalId, index): RecordWrite => {
      const before = stored.get(externalId)
      const entries = byRemote.get(externalId) ?? []
      let data: Fields = before?.data ?? {}
      let raw: Fields = before?.raw ?? {}
      let links: readonly KeptLink[] = before?.links ?? []
      let stamp = before?.remote_stamp?.getTime()
      for (const { row, written } of entries) {
        if (written === undefined) continue
        const empty = Object.fromEntries(written.canonicalFields.map((field) => [field, null]))
        const after: Fields = { ...empty, ...data, ...written.data }
        audit.push(
          pushEntry(
            row,
            object,
            externalId,
            written.created ? 'push.create' : 'push.update',
            changesOf(before?.data, after),
          ),
        )
        data = after
        raw = { ...raw, ...written.raw }
        links = mergeKept(links, written.links)
        stamp = Math.max(stamp ?? 0, stampMsOf(written.updatedAt) ?? 0) || undefined
      }
      const base = {
        externalId,
        basedOn: before?.version ?? 0,
        origin: 'push' as const,
        path: 'push',
        seq: head.seq + index + 1,
        fieldSeqs: before?.field_seqs ?? {},
        mappingVersion: crm.mappingVersion,
      }
      if (before !== undefined && isOvertaken(before, entries)) {
        rereads.push(rereadHint(object, externalId, readEnd, at))
        return { ...base, ...asStored(before) }
      }
      // Whether the mapping wants the record is for the reading to say.
      const isFiltered = before?.deleted_reason === 'filtered'
      return {
        ...base,
        data,
        raw,
        links,
        hash: hashOf(raw, links),
        remoteStamp: stamp === undefined ? null : instant(stamp),
        readEnd,
        deletedAt: isFiltered ? asStored(before).deletedAt : null,
        deletedReason: isFiltered ? 'filtered' : null,
        mergedInto: null,
        mergedObject: null,
      }
    })
    const [first] = rows
    await writeRecords(tx, connectionId, object, first?.row.type ?? 'contact', writes)
    await appendAudit(tx, connectionId, head, audit, at)
    await addHints(tx, connectionId, crm.provider.id, first?.row.correlation_id ?? '', rereads)
  }
}

/** Whether the record was read since our write began: that may hold the write, and what a user did behind it. */
const isOvertaken = (before: StoredRecord, entries: readonly EndedRow[]): boolean =>
  entries.some(({ written }) => written !== undefined && before.read_end > written.begin)

const asStored = (row: StoredRecord) => ({
  data: row.data,
  raw: row.raw,
  links: row.links,
  hash: row.hash,
  remoteStamp: row.remote_stamp === null ? null : instant(row.remote_stamp),
  readEnd: row.read_end,
  deletedAt: row.deleted_at === null ? null : instant(row.deleted_at),
  deletedReason: row.deleted_reason,
  mergedInto: row.merged_into,
  mergedObject: row.merged_object,
})

const mergeKept = (before: readonly KeptLink[], written: readonly KeptLink[]): readonly KeptLink[] => [
  ...before.filter(
    (link) =>
      !written.some(
        (other) =>
          (other.field !== undefined && other.field === link.field) ||
          (other.type === link.type && other.remoteId === link.remoteId),
      ),
  ),
  ...written.filter(({ remoteId }) => remoteId !== ''),
]

const pushEntry = (
  row: OutboxRow,
  object: string,
  externalId: string,
  action: string,
  changes: AuditEntry['changes'],
): AuditEntry => ({
  actor: row.actor ?? 'host',
  action,
  type: row.type,
  object,
  externalId,
  localId: row.local_id,
  changes,
  correlationId: row.correlation_id,
})
