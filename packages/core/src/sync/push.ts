import type { ObjectType } from '../contract.ts'
import { asCrmError, REACTIONS } from '../errors.ts'
import { failureOf } from '../kit/rows.ts'
import { holdLease } from '../store/leases.ts'
import { putOffPushes } from '../store/outbox.ts'
import { type ClaimTerms, claimRows, claimUnsettled } from '../store/outbox_work.ts'
import { createRows } from './create.ts'
import { type Crm, openCrm } from './crm.ts'
import { again, type EndedRow } from './ends.ts'
import type { Engine } from './engine.ts'
import { pauseForSignIn } from './failure.ts'
import { pausedReason, pausedTypeReason, workingSwitches } from './flags.ts'
import { type Addressed, addressRows } from './prepare.ts'
import { commitEnds } from './push_commit.ts'
import { type StopSignals, type Turn, takeTurn } from './turn.ts'
import { settleUnknown } from './unknown.ts'
import { updateRows } from './update.ts'

/** Time that a write may wait for its turn at the rate limiter, and be retried, before its last moment to be sent. */
const SEND_SLACK_MS = 15_000

/** How soon a row that waits for a flag is looked at again by itself; switching on brings it at once. */
const PAUSED_LOOK_MS = 60_000

/** A batch in hand: what writing it needs. */
export interface PushBatch {
  readonly engine: Engine
  readonly crm: Crm
  readonly turn: Turn
  readonly terms: ClaimTerms
}

/**
 * Works off the outbox of one type at one connection until its turn ends. Answers whether more is due; undefined where
 * another worker has it. Never throws for what a CRM does.
 */
export const runPush = async (
  engine: Engine,
  connectionId: string,
  type: ObjectType,
  stop: StopSignals,
): Promise<boolean | undefined> =>
  takeTurn(engine, `push:${connectionId}:${type}`, stop, async (turn) => {
    const crm = await openCrm(engine, connectionId)
    const { settleMs } = crm.provider.api
    const terms: ClaimTerms = { lease: turn.lease, callBudgetMs: engine.timing.callTimeoutMs + SEND_SLACK_MS, settleMs }
    for (;;) {
      // A lost sign-in, a switched-off connection or a flag stops the loop, not only the next turn.
      const switches = await workingSwitches(engine, connectionId)
      if (switches === undefined) return false
      const batch: PushBatch = { engine, crm: { ...crm, flags: switches.flags }, turn, terms }
      if (pausedTypeReason(batch.crm, type) !== undefined) {
        await putOffPushes(engine.database, connectionId, type, PAUSED_LOOK_MS)
        return false
      }
      // Out of time with work at hand; where nothing can be claimed, what is due waits for something else.
      if (!turn.goesOn()) return !turn.signal.aborted
      const settled = await settleOnce(batch, type)
      const written = await writeOnce(batch, type)
      if (settled + written === 0) return false
    }
  })

const settleOnce = async (batch: PushBatch, type: ObjectType): Promise<number> => {
  const { engine, crm, turn, terms } = batch
  const rows = await engine.database.transaction(async (tx) => {
    await holdLease(tx, turn.lease)
    return claimUnsettled(tx, crm.connection.id, type, terms, crm.limits.write)
  })
  if (rows.length > 0) await commitAndReact(batch, await settleUnknown(batch, rows))
  return rows.length
}

const writeOnce = async (batch: PushBatch, type: ObjectType): Promise<number> => {
  const { engine, crm, turn, terms } = batch
  const rows = await engine.database.transaction(async (tx) => {
    await holdLease(tx, turn.lease)
    return claimRows(tx, crm.connection.id, type, terms, crm.limits.write)
  })
  if (rows.length === 0) return 0
  const { addressed, refused } = await addressRows(engine, crm, rows, turn.signal).catch((error: unknown) => ({
    addressed: [],
    refused: rows.map((row) => ({
      row,
      failure: { ...failureOf(asCrmError(error)), notSent: asCrmError(error).retryable },
    })),
  }))
  await commitAndReact(
    batch,
    refused.map(({ row, failure }) => ({ row, end: { kind: 'failed', failure }, object: type })),
  )
  const isPaused = ({ object }: Addressed): boolean => pausedReason(crm, object, 'push') !== undefined
  await commitAndReact(
    batch,
    addressed.filter(isPaused).map((target) => again(target, { delayMs: PAUSED_LOOK_MS })),
  )
  const open = addressed.filter((target) => !isPaused(target))
  for (const [, targets] of Map.groupBy(open, ({ object }) => object.name)) {
    await writeGroup(
      batch,
      targets.filter(({ remoteId }) => remoteId !== undefined),
      updateRows,
    )
    await writeGroup(
      batch,
      targets.filter(({ remoteId }) => remoteId === undefined),
      createRows,
    )
  }
  return rows.length
}

const writeGroup = async (
  batch: PushBatch,
  targets: readonly Addressed[],
  write: (batch: PushBatch, targets: readonly Addressed[]) => Promise<readonly EndedRow[]>,
): Promise<void> => {
  if (targets.length === 0) return
  await commitAndReact(batch, await write(batch, targets))
}

/** Commits the ends of rows, and does what they mean for the connection as a whole. */
const commitAndReact = async ({ engine, crm, turn }: PushBatch, ended: readonly EndedRow[]): Promise<void> => {
  await commitEnds(engine, crm, turn, ended)
  const failures = ended.flatMap(({ end }) => (end.kind === 'failed' || end.kind === 'unsettled' ? [end.failure] : []))
  const lost = failures.find(({ kind }) => REACTIONS[kind].leadsTo === 'reconnect')
  if (lost !== undefined) await pauseForSignIn(engine, crm.connection.id, lost.message)
  if (failures.some(({ kind }) => REACTIONS[kind].leadsTo === 'refresh-schema')) await crm.tables.forgetSchemas()
}
