import { asCrmError, type CrmError, REACTIONS } from '../errors.ts'
import { batches } from '../kit/batches.ts'
import { closeHints, dueHints, failHints, type InboxRow } from '../store/inbox.ts'
import { instant } from '../store/rows.ts'
import { backoffMs } from './backoff.ts'
import { commitPage } from './commit.ts'
import { type AnyObject, type Crm, openCrm } from './crm.ts'
import type { Engine } from './engine.ts'
import { eraseGone, eraseTold } from './erasures.ts'
import { pauseForSignIn, storedError } from './failure.ts'
import { workingSwitches } from './flags.ts'
import type { Gone } from './plan.ts'
import { pollInstead } from './polled_hints.ts'
import { readBack } from './read_back.ts'
import { type StopSignals, type Turn, takeTurn } from './turn.ts'

/** Records that are looked at together. */
const MOST_RECORDS = 500
const MOST_ATTEMPTS = 5
/**
 * Under load the inbox is looked at no more often than this, so that what comes meanwhile is read in full batches. A
 * single hint never waits, and nor does the first of many.
 */
const GATHER_MS = 300

/**
 * Works off the inbox of a connection: every record that was hinted at is read again by id, once however many hints
 * speak of it, and what the read says counts. Answers whether there is more; undefined where another worker is at it.
 */
export const runInbox = async (engine: Engine, connectionId: string, stop: StopSignals): Promise<boolean | undefined> =>
  takeTurn(engine, `inbox:${connectionId}`, stop, async (turn) => {
    const crm = await openCrm(engine, connectionId)
    while (turn.goesOn()) {
      // A connection that may not work now has nothing to do at once, however much waits for it.
      if ((await workingSwitches(engine, connectionId)) === undefined) return false
      const hints = await dueHints(engine.database, connectionId, MOST_RECORDS)
      if (hints.length === 0) return false
      for (const [name, ofObject] of Map.groupBy(hints, ({ object }) => object)) {
        await followHints(engine, crm, name, ofObject, turn)
      }
      if (hints.length > 1 && turn.goesOn()) await gather(engine, stop)
    }
    return !turn.signal.aborted
  })

const gather = ({ clock }: Engine, { soon }: StopSignals): Promise<void> =>
  clock.sleep(GATHER_MS, soon).catch(() => undefined)

const followHints = async (engine: Engine, crm: Crm, name: string, hints: readonly InboxRow[], turn: Turn) => {
  const object = crm.objects.find((candidate) => candidate.name === name)
  if (object?.read === undefined) {
    // Switched off, unknown, or not to be read by id: polling is the truth behind every hint, but nothing polls for what a person wants forgotten.
    const [told, others] = [hints.filter(isErasure), hints.filter((hint) => !isErasure(hint))]
    await engine.database.transaction(async (tx) => {
      if (object !== undefined) await pollInstead(engine, tx, crm, object, others)
      await closeHints(tx, idsOf(others))
    })
    return eraseTold(engine, crm, name, told, turn.signal)
  }
  for (const batch of batches([...Map.groupBy(hints, ({ external_id }) => external_id)], crm.limits.read)) {
    const rows = batch.flatMap(([, ofRecord]) => ofRecord)
    try {
      await follow(engine, crm, object, rows, turn)
    } catch (error) {
      if (turn.signal.aborted) return
      const failure = asCrmError(error)
      await putOff(engine, crm, object, rows, failure, turn)
      if (failure.kind === 'auth') return
    }
  }
}

const isErasure = ({ op }: InboxRow): boolean => op === 'erase'

const idsOf = (hints: readonly InboxRow[]): readonly number[] => hints.map(({ id }) => id)

const follow = async (engine: Engine, crm: Crm, object: AnyObject, hints: readonly InboxRow[], turn: Turn) => {
  const correlationId = hints[0]?.correlation_id ?? ''
  const ctx = await crm.ctx({ name: `read ${object.name}`, priority: 'webhook', signal: turn.signal, correlationId })
  const mapped = await crm.mapping(object, turn.signal)
  // The survivor of a merge has changed too, whether or not the CRM says so.
  const ids = [...new Set(hints.flatMap(({ external_id, merged_into }) => [external_id, merged_into ?? external_id]))]
  const { alive, gone, ...read } = await readBack(engine, crm, { object, compiled: mapped.compiled, ctx, ids })
  const page = {
    ...read,
    gone: gone.map((each): Gone => {
      const mergedInto = hints.findLast(
        (hint) => hint.external_id === each.id && hint.merged_into !== null,
      )?.merged_into
      return mergedInto == null ? each : { ...each, reason: 'merged', mergedInto: { id: mergedInto } }
    }),
    direct: true,
    path: 'webhook',
    at: instant(engine.clock.wallMs()),
    correlationId,
  }
  const others = hints.filter((hint) => !isErasure(hint))
  await commitPage(engine, crm, object, mapped, page, turn.lease, (tx) => closeHints(tx, idsOf(others)))
  await eraseGone(engine, crm, object, hints.filter(isErasure), alive)
}

const putOff = async (
  engine: Engine,
  crm: Crm,
  object: AnyObject,
  hints: readonly InboxRow[],
  error: CrmError,
  turn: Turn,
): Promise<void> => {
  const reaction = REACTIONS[error.kind]
  const attempt = Math.max(...hints.map(({ attempts }) => attempts)) + 1
  const stored = storedError(engine, crm.connection.id, error)
  engine.metrics.error(crm.provider.id, error.kind)
  if (reaction.leadsTo === 'reconnect') await pauseForSignIn(engine, crm.connection.id, error.message)
  const isOver = !reaction.retryable && error.kind !== 'auth' && attempt >= MOST_ATTEMPTS
  const waitMs = backoffMs({
    attempt,
    baseMs: Math.max(reaction.waitMs, 1_000),
    retryAfterMs: error.retryAfterMs,
    random: engine.random,
  })
  const told = isOver ? hints.filter(isErasure) : []
  await failHints(engine.database, idsOf(hints.filter((hint) => !told.includes(hint))), stored, isOver ? null : waitMs)
  // The CRM will not say whether it has the record; that it is to be forgotten, it has said.
  await eraseTold(engine, crm, object.name, told, turn.signal, { unproved: true })
}
