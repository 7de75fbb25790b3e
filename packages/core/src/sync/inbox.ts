import { asCrmError, type CrmError, REACTIONS } from '../errors.ts'
import { batches } from '../kit/batches.ts'
import { closeHints, dueHints, failHints, type InboxRow } from '../store/inbox.ts'
import { instant } from '../store/rows.ts'
import { backoffMs } from './backoff.ts'
import { commitPage } from './commit.ts'
import { type AnyObject, type Crm, openCrm } from './crm.ts'
import type { Engine } from './engine.ts'
import { pauseForSignIn, storedError } from './failure.ts'
import type { Gone } from './plan.ts'
import { readBack } from './read_back.ts'
import { type StopSignals, type Turn, takeTurn } from './turn.ts'

const MOST_HINTS = 500
const MOST_ATTEMPTS = 5

/**
 * Works off the inbox of a connection: every record that was hinted at is read again by id, once however many hints
 * speak of it, and what the read says counts. Answers whether there is more; undefined where another worker is at it.
 */
export const runInbox = async (engine: Engine, connectionId: string, stop: StopSignals): Promise<boolean | undefined> =>
  takeTurn(engine, `inbox:${connectionId}`, stop, async (turn) => {
    const crm = await openCrm(engine, connectionId)
    while (turn.goesOn() && crm.connection.enabled && crm.connection.status === 'active') {
      const hints = await dueHints(engine.database, connectionId, MOST_HINTS)
      if (hints.length === 0) return false
      for (const [name, ofObject] of Map.groupBy(hints, ({ object }) => object)) {
        await followHints(engine, crm, name, ofObject, turn)
      }
    }
    return !turn.signal.aborted
  })

const followHints = async (engine: Engine, crm: Crm, name: string, hints: readonly InboxRow[], turn: Turn) => {
  const object = crm.objects.find((candidate) => candidate.name === name)
  const ids = hints.map(({ id }) => id)
  if (object?.read === undefined) {
    // Switched off, unknown, or not to be read by id: polling is the truth behind every hint.
    return engine.database.transaction((tx) => closeHints(tx, ids))
  }
  for (const batch of batches([...Map.groupBy(hints, ({ external_id }) => external_id)], crm.limits.read)) {
    const rows = batch.flatMap(([, ofRecord]) => ofRecord)
    try {
      await follow(engine, crm, object, rows, turn)
    } catch (error) {
      if (turn.signal.aborted) return
      const failure = asCrmError(error)
      await putOff(engine, crm, rows, failure)
      if (failure.kind === 'auth') return
    }
  }
}

const follow = async (engine: Engine, crm: Crm, object: AnyObject, hints: readonly InboxRow[], turn: Turn) => {
  const correlationId = hints[0]?.correlation_id ?? ''
  const ctx = await crm.ctx({ name: `read ${object.name}`, priority: 'webhook', signal: turn.signal, correlationId })
  const mapped = await crm.mapping(object, turn.signal)
  const ids = [...new Set(hints.map(({ external_id }) => external_id))]
  const { alive: _, gone, ...read } = await readBack(engine, crm, { object, compiled: mapped.compiled, ctx, ids })
  const page = {
    ...read,
    gone: gone.map((each): Gone => {
      const mergedInto = hints.findLast((hint) => hint.external_id === each.id)?.merged_into ?? undefined
      return mergedInto === undefined ? each : { ...each, reason: 'merged', mergedInto: { id: mergedInto } }
    }),
    direct: true,
    path: 'webhook',
    at: instant(engine.clock.wallMs()),
    correlationId,
  }
  await commitPage(engine, crm, object, mapped, page, turn.lease, (tx) =>
    closeHints(
      tx,
      hints.map(({ id }) => id),
    ),
  )
}

const putOff = async (engine: Engine, crm: Crm, hints: readonly InboxRow[], error: CrmError): Promise<void> => {
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
  await failHints(
    engine.database,
    hints.map(({ id }) => id),
    stored,
    isOver ? null : waitMs,
  )
}
