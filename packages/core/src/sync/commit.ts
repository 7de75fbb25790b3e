import type { CompiledMapping, Resolver } from '../mapping/index.ts'
import { appendAudit } from '../store/audit.ts'
import type { Tx } from '../store/database.ts'
import { addDeadLetters, closePulled, type NewDeadLetter } from '../store/dead_letters.ts'
import { reserveFeed, type StoredRecord } from '../store/feed.ts'
import { addHints, addHintsBesideScans } from '../store/inbox.ts'
import { type Lease, openPage } from '../store/leases.ts'
import { moveLinks } from '../store/links.ts'
import { lockRecords, type RecordWrite, touchRecords, writeRecords } from '../store/records.ts'
import { instant } from '../store/rows.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Engine } from './engine.ts'
import { newId } from './identifiers.ts'
import { mapRecords, type Unmappable } from './incoming.ts'
import { mergedAway, planPage, type ReadPage } from './plan.ts'

/** Time for whoever is changing a record to come to an end. */
export const TORN_DELAY_MS = 2_000

export interface PageResult {
  /** Records whose feed entry moved. */
  readonly changed: number
  /** Tick at which this page's read had ended: whatever begins now begins behind it. */
  readonly readEnd: number
}

/**
 * Commits one page: records, links, feed, audit, dead letters and whatever `along` adds (the cursor) together, under
 * the lease. Every record is judged against what is stored, so that pages may be repeated, overlap and race.
 */
export const commitPage = async (
  engine: Engine,
  crm: Crm,
  object: AnyObject,
  mapped: { readonly compiled: CompiledMapping; readonly resolver: Resolver },
  page: ReadPage,
  lease: Lease | undefined,
  along?: (tx: Tx, result: PageResult) => Promise<void>,
): Promise<PageResult> => {
  const connectionId = crm.connection.id
  const { incoming, unmappable } = mapRecords(page.records, mapped.compiled, mapped.resolver)
  return engine.database.transaction(async (tx) => {
    const gone = [...page.gone, ...mergedAway(incoming)]
    const ids = [...new Set([...incoming.map(({ id }) => id), ...gone.map(({ id }) => id)])].sort()
    const { readEnd, hasLetters, isKnown } = await openPage(tx, lease, connectionId, object.name, ids)
    // Whoever adds one of them meanwhile is met at the writing, and all is decided again.
    const stored = isKnown ? await lockRecords(tx, connectionId, object.name, ids) : new Map<string, StoredRecord>()
    const plan = planPage(crm, object, page, readEnd, incoming, gone, stored)

    if (plan.writes.length > 0) {
      const head = await reserveFeed(tx, connectionId, plan.writes.length)
      const writes = plan.writes.map((write, index): RecordWrite => {
        const seq = head.seq + index + 1
        const before = stored.get(write.externalId)
        const marks = (plan.fieldsChanged[index] ?? []).map((field) => [field, seq] as const)
        return { ...write, seq, fieldSeqs: { ...before?.field_seqs, ...Object.fromEntries(marks) } }
      })
      await writeRecords(tx, connectionId, object.name, object.type, writes)
      await appendAudit(tx, connectionId, head, plan.audit, instant(engine.clock.wallMs()))
    }
    await touchRecords(tx, connectionId, object.name, plan.touches)
    for (const { from, to } of plan.merges) {
      const survivor = crm.provider.objects.find(({ name }) => name === to.object)
      // A local contact cannot become a deal, whatever its lead became.
      if (survivor?.type === object.type)
        await moveLinks(tx, connectionId, object.type, { object: object.name, id: from }, to)
    }
    await addHints(tx, connectionId, crm.provider.id, page.correlationId, plan.rereads)
    await addHints(tx, connectionId, crm.provider.id, page.correlationId, plan.torn, TORN_DELAY_MS)
    await addHintsBesideScans(tx, connectionId, crm.provider.id, page.correlationId, {
      hints: plan.unknownGone,
      pass: page.path,
      // By then the page that another pass has in hand is committed.
      delayMs: 2 * engine.timing.callTimeoutMs,
    })
    await addDeadLetters(
      tx,
      connectionId,
      unmappable.map((failed) => unmappableLetter(crm, object, page, failed)),
    )
    if (hasLetters && incoming.length > 0 && plan.writes.length + plan.touches.length > 0) {
      await closePulled(
        tx,
        connectionId,
        object.name,
        incoming.map(({ id }) => id),
      )
    }
    const result = { changed: plan.writes.length, readEnd }
    await along?.(tx, result)
    return result
  })
}

const unmappableLetter = (crm: Crm, object: AnyObject, page: ReadPage, failed: Unmappable): NewDeadLetter => {
  const reason = failed.faults.map(({ pointer, message }) => `${pointer ?? ''}: ${message}`).join('; ')
  return {
    id: newId('dl'),
    provider: crm.provider.id,
    direction: 'pull',
    type: object.type,
    object: object.name,
    localId: null,
    externalId: failed.id,
    outboxId: null,
    outboxSeq: null,
    kind: 'invalid',
    reason: `The record could not be mapped: ${reason}`,
    error: { kind: 'invalid', message: reason, faults: failed.faults },
    payload: { externalId: failed.id, fields: failed.raw },
    history: [],
    attempts: 1,
    correlationId: page.correlationId,
  }
}
