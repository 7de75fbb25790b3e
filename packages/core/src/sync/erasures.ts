import { asCrmError } from '../errors.ts'
import { closeHints, failHints, type InboxRow } from '../store/inbox.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Engine } from './engine.ts'
import { eraseContent, livingIds } from './erase.ts'
import { storedError } from './failure.ts'

/** How long to wait, time after time, for a record to go that the CRM says it forgets: it tells in any order. */
const PATIENCE_MS = [5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000]
/** A push that is on its way ends within about that. */
const IN_FLIGHT_MS = 30_000

const AT_ONCE_AGAIN = 'A push of the record is on its way; what it leaves is erased behind it.'
const STILL_THERE = 'The CRM said that it forgets this record and still shows it.'

/** Erases what the CRM forgot and a read has found to be gone; what lives is looked at again a few times. */
export const eraseGone = async (
  engine: Engine,
  crm: Crm,
  object: AnyObject,
  hints: readonly InboxRow[],
  alive: ReadonlySet<string>,
): Promise<void> => {
  const nowMs = engine.clock.wallMs()
  for (const [externalId, ofRecord] of Map.groupBy(hints, ({ external_id }) => external_id)) {
    const ids = ofRecord.map(({ id }) => id)
    if (!alive.has(externalId)) {
      await erase(engine, crm, object, externalId, ofRecord)
      continue
    }
    const attempts = Math.max(...ofRecord.map((hint) => hint.attempts))
    // A read for another hint's sake is no try.
    if (attempts > 0 && ofRecord.every(({ next_at }) => (next_at?.getTime() ?? 0) > nowMs)) continue
    const delayMs = PATIENCE_MS[attempts] ?? null
    const error = { kind: 'conflict' as const, message: STILL_THERE }
    await failHints(engine.database, ids, error, delayMs)
    if (delayMs === null) {
      engine.log.error({ connection_id: crm.connection.id, object: object.name, external_id: externalId }, STILL_THERE)
    }
  }
}

/**
 * The same for an object that is off, unknown or not to be read by id. Where it can be asked it is; else, and with
 * `unproved`, what the CRM told is believed.
 */
export const eraseTold = async (
  engine: Engine,
  crm: Crm,
  name: string,
  hints: readonly InboxRow[],
  signal: AbortSignal,
  { unproved = false }: { readonly unproved?: boolean } = {},
): Promise<void> => {
  if (hints.length === 0) return
  const object = (crm.provider.objects as readonly AnyObject[]).find((candidate) => candidate.name === name)
  const ids = hints.map(({ id }) => id)
  if (object === undefined) return engine.database.transaction((tx) => closeHints(tx, ids))
  try {
    const correlationId = hints[0]?.correlation_id ?? ''
    const externalIds = [...new Set(hints.map(({ external_id }) => external_id))]
    const alive = unproved ? new Set<string>() : await livingIds(crm, object, externalIds, { signal, correlationId })
    await eraseGone(engine, crm, object, hints, alive)
  } catch (error) {
    if (signal.aborted) return
    const failure = asCrmError(error)
    const delayMs = PATIENCE_MS[Math.max(...hints.map(({ attempts }) => attempts))]
    if (delayMs === undefined) return eraseTold(engine, crm, name, hints, signal, { unproved: true })
    await failHints(engine.database, ids, storedError(engine, crm.connection.id, failure), delayMs)
  }
}

const erase = async (
  engine: Engine,
  crm: Crm,
  object: AnyObject,
  externalId: string,
  hints: readonly InboxRow[],
): Promise<void> => {
  const ids = hints.map(({ id }) => id)
  const erasure = {
    connectionId: crm.connection.id,
    type: object.type,
    object: object.name,
    externalId,
    actor: 'crm:webhook',
    correlationId: hints[0]?.correlation_id ?? '',
  }
  const isComplete = await eraseContent(engine, erasure, async (tx, nothingInFlight) => {
    if (nothingInFlight) await closeHints(tx, ids)
  })
  engine.log.info(
    { connection_id: crm.connection.id, object: object.name, external_id: externalId },
    'the content of a record that the CRM forgot was erased',
  )
  if (!isComplete) await failHints(engine.database, ids, { kind: 'locked', message: AT_ONCE_AGAIN }, IN_FLIGHT_MS)
}
