import type { ObjectType } from '../contract.ts'
import { batches } from '../kit/batches.ts'
import { appendAudit } from '../store/audit.ts'
import type { Tx } from '../store/database.ts'
import {
  emptyAudit,
  emptyHints,
  emptyLetters,
  emptyPushesOf,
  emptyRecords,
  heldRecords,
  lockSubject,
} from '../store/erase.ts'
import { reserveFeed } from '../store/feed.ts'
import { instant } from '../store/rows.ts'
import { erasedChanges } from '../telemetry/audit.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Engine } from './engine.ts'

const ERASED = 'The content was erased.'

/** Who has a person's content erased, and whose. */
export interface Erasure {
  readonly connectionId: string
  readonly type: ObjectType
  readonly object: string
  readonly externalId: string
  readonly actor: string
  readonly correlationId: string
}

/**
 * Removes a person's content from the store: records with those that were merged into them, pushes, dead letters, what
 * the inbox says, and the contents of the audit, whose digests stay. Tombstones keep the ids. False where a push of the
 * person is on its way: it is to be done again when that has ended.
 */
export const eraseContent = async (
  engine: Engine,
  erasure: Erasure,
  along?: (tx: Tx, isComplete: boolean) => Promise<void>,
): Promise<boolean> =>
  engine.database.transaction(async (tx) => {
    const { connectionId, type, object, externalId, actor, correlationId } = erasure
    const subject = await lockSubject(tx, connectionId, type, object, externalId)
    const inFlight = await emptyPushesOf(tx, subject, ERASED)
    await emptyLetters(tx, subject, ERASED)
    await emptyHints(tx, subject)
    await along?.(tx, inFlight === 0)
    const held = await heldRecords(tx, subject)
    const head = await reserveFeed(tx, connectionId, held.length)
    const atMs = engine.clock.wallMs()
    await emptyRecords(tx, subject, held, head.seq, atMs)
    await emptyAudit(tx, subject, erasedChanges)
    const action = `${actor.startsWith('crm:') ? 'pull' : 'host'}.erase`
    const entry = { actor, action, type, object, externalId, localId: null, changes: {}, correlationId }
    await appendAudit(tx, connectionId, head, [entry], instant(atMs))
    return inFlight === 0
  })

/** Which of the records the CRM still has, asked by id: of an object that cannot be read so, none is known to live. */
export const livingIds = async (
  crm: Crm,
  object: AnyObject,
  ids: readonly string[],
  given: { readonly signal: AbortSignal; readonly correlationId: string },
): Promise<ReadonlySet<string>> => {
  const alive = new Set<string>()
  if (object.read === undefined) return alive
  const ctx = await crm.ctx({ name: `read ${object.name}`, priority: 'webhook', ...given })
  for (const batch of batches(ids, crm.limits.read)) {
    for (const { id, deletedAt } of await object.read(ctx, batch, [])) if (deletedAt === undefined) alive.add(id)
  }
  return alive
}
