import { asCrmError } from '../errors.ts'
import { failureOf } from '../kit/rows.ts'
import type { OutboxRow } from '../store/outbox.ts'
import { done, type EndedRow, ended as end } from './ends.ts'
import { type Addressed, addressRows, mapRow } from './prepare.ts'
import type { PushBatch } from './push.ts'
import { readContext, writtenOf } from './write_call.ts'

/**
 * Rows whose outcome is unknown, after the CRM has had its time to finish what nobody waited for. A create is looked
 * for by its marker: one record is adopted, none means that it goes again, several adopt the oldest and are reported.
 * An update goes again, and reads before it writes. What was never announced was never sent.
 */
export const settleUnknown = async (batch: PushBatch, rows: readonly OutboxRow[]): Promise<readonly EndedRow[]> => {
  const ended: EndedRow[] = []
  const creates = rows.filter(({ operation }) => operation === 'create')
  for (const row of rows) {
    const kind = row.operation === null ? 'again' : 'repeat'
    if (row.operation !== 'create') ended.push({ row, object: row.object ?? row.type, end: { kind } })
  }
  if (creates.length === 0) return ended
  const { engine, crm, turn } = batch
  let addressing: Awaited<ReturnType<typeof addressRows>>
  try {
    addressing = await addressRows(engine, crm, creates, turn.signal)
  } catch (error) {
    const failure = failureOf(asCrmError(error))
    return [
      ...ended,
      ...creates.map((row): EndedRow => ({ row, object: row.object ?? row.type, end: { kind: 'unsettled', failure } })),
    ]
  }
  const { addressed, refused } = addressing
  // The object was switched off or the mapping changed meanwhile: going again says it with the usual words.
  ended.push(...refused.map(({ row }): EndedRow => ({ row, object: row.object ?? row.type, end: { kind: 'repeat' } })))
  for (const target of addressed) ended.push(await settleCreate(batch, target))
  return ended
}

const settleCreate = async (batch: PushBatch, target: Addressed): Promise<EndedRow> => {
  const { row, object, remoteId } = target
  const repeat = end(target, { kind: 'repeat' })
  // Linked meanwhile by the host, or by a worker whose answer came after all: an update brings the rest.
  if (remoteId !== undefined || object.locate === undefined) return repeat
  const mapped = mapRow(target, row.data, batch.crm.connection.id)
  if ('failure' in mapped) return repeat
  try {
    const ids = await object.locate(await readContext(batch, [target], 'locate'), mapped.row)
    const [oldest, ...others] = [...ids].sort(byAge)
    if (oldest === undefined) return repeat
    if (others.length > 0) reportDuplicate(batch, target, oldest, others)
    // When it was made nobody knows: whatever was read of it since counts more than what was sent.
    const written = writtenOf(target, row.data, mapped.row, { created: true }, 0)
    return done(target, oldest, [], written)
  } catch (error) {
    const failure = failureOf(asCrmError(error))
    // Still unknown: it must be looked for again, whatever kept us from looking.
    return end(target, { kind: 'unsettled', failure })
  }
}

/** Ids grow with time in every CRM that numbers its records; where they do not, any order is as good. */
const byAge = (left: string, right: string): number => left.length - right.length || (left < right ? -1 : 1)

const reportDuplicate = (
  { engine, crm }: PushBatch,
  { row, object }: Addressed,
  oldest: string,
  others: readonly string[],
) => {
  engine.metrics.operation(crm.provider.id, 'duplicate', 'error')
  engine.log.error(
    {
      connection_id: crm.connection.id,
      push_id: row.id,
      correlation_id: row.correlation_id,
      object: object.name,
      adopted: oldest,
      duplicates: others,
    },
    `the CRM holds ${others.length + 1} records for one push; the oldest was adopted`,
  )
}
