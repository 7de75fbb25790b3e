import type { Ctx, Fields, Row } from '../contract.ts'
import { holdLease } from '../store/leases.ts'
import { noteOperations } from '../store/outbox_work.ts'
import { type KeptLink, nextRead } from '../store/records.ts'
import type { Written } from './ends.ts'
import type { Addressed } from './prepare.ts'
import type { PushBatch } from './push.ts'

/** A write that the outbox knows of. */
export interface Announced {
  /** Tick from before the write: what was read later may hold its effect, and whatever followed it. */
  readonly begin: number
  open(): Promise<Ctx<Fields>>
}

/**
 * Says in the outbox what is about to be done, and only then gives what opens a context to do it with: after a crash a successor
 * knows that the CRM may have been told, and until when.
 */
export const announce = async (
  batch: PushBatch,
  targets: readonly Addressed[],
  operation: 'create' | 'update',
): Promise<Announced> => {
  const { engine, turn, terms } = batch
  // Taken before the database takes its own: our deadline is never later than the one that others wait for.
  const sendBy = engine.clock.monotonicMs() + terms.callBudgetMs
  const begin = await engine.database.transaction(async (tx) => {
    await holdLease(tx, turn.lease)
    await noteOperations(
      tx,
      terms,
      targets.map(({ row, object, remoteId }) => ({
        id: row.id,
        operation,
        object: object.name,
        externalId: remoteId ?? null,
      })),
    )
    return nextRead(tx)
  })
  return { begin, open: () => writeContext(batch, targets, operation, sendBy) }
}

/** A context for the reads that come before a write. */
export const readContext = (batch: PushBatch, targets: readonly Addressed[], operation: string): Promise<Ctx<Fields>> =>
  writeContext(batch, targets, operation, undefined)

const writeContext = (
  { crm, turn }: PushBatch,
  targets: readonly Addressed[],
  operation: string,
  sendBy: number | undefined,
): Promise<Ctx<Fields>> =>
  crm.ctx({
    name: `${operation} ${targets[0]?.object.name ?? ''}`,
    priority: 'push',
    signal: turn.signal,
    correlationId: targets[0]?.row.correlation_id ?? '',
    ...(sendBy === undefined ? {} : { sendBy }),
  })

const REFERENCE_FIELDS = ['contact_id', 'company_id', 'deal_id']

/** What a successful write put into the CRM, as the store keeps it. */
export const writtenOf = (
  target: Addressed,
  patch: Fields,
  row: Row,
  outcome: { readonly updatedAt?: string; readonly created: boolean },
  begin: number,
): Written => {
  const data = Object.fromEntries(Object.entries(patch).filter(([field]) => !REFERENCE_FIELDS.includes(field)))
  const links: KeptLink[] = REFERENCE_FIELDS.flatMap((field): KeptLink[] => {
    const type = field.slice(0, -3) as KeptLink['type']
    const value = patch[field]
    // An empty id marks a reference that was cleared.
    if (value === null) return [{ type, remoteId: '', field }]
    const remoteId = typeof value === 'string' ? target.references.get(`${type}:${value}`)?.externalId : undefined
    return remoteId === undefined ? [] : [{ type, remoteId, field }]
  })
  const named = target.row.links.map(({ object, externalId }): KeptLink => {
    const field = `${object}_id`
    const fills = target.compiled.canonicalFields.includes(field) && !links.some((link) => link.field === field)
    return { type: object, remoteId: externalId, ...(fills ? { field } : {}) }
  })
  return {
    data,
    raw: row.fields,
    links: [...links, ...named],
    begin,
    updatedAt: outcome.updatedAt,
    created: outcome.created,
    canonicalFields: target.compiled.canonicalFields,
  }
}
