import { asCrmError, type CrmError, REACTIONS } from '../errors.ts'
import { switchObjectOff } from '../store/connections.ts'
import { advanceScan, failScan, findCursor, finishScan, repeatScan } from '../store/cursors.ts'
import type { Tx } from '../store/database.ts'
import { holdLease } from '../store/leases.ts'
import { markSeen } from '../store/records.ts'
import type { Pass, StoredError } from '../store/schema.ts'
import { backoffMs } from './backoff.ts'
import { warnOfFuture } from './clock_alarm.ts'
import { commitPage } from './commit.ts'
import { brakeReason, stampsStep, unseenStep } from './compare.ts'
import { type Crm, openCrm } from './crm.ts'
import type { Engine } from './engine.ts'
import { pauseForSignIn, storedError } from './failure.ts'
import { mayPull, pausedReason } from './flags.ts'
import { mustRepeat } from './guard.ts'
import { nextDue, openPass, type Scan, type Step, stepsOf } from './scan.ts'
import { deletedStep, pullStep, type StepPage } from './steps.ts'
import { type StopSignals, takeTurn } from './turn.ts'

const STEPS: Readonly<Record<Step, (scan: Scan, cursor: string | undefined) => Promise<StepPage>>> = {
  pull: pullStep,
  deleted: deletedStep,
  stamps: stampsStep,
  unseen: unseenStep,
}

/**
 * Works on one pass over one object until its turn ends. Answers whether there is more to do at once; undefined where
 * another worker has it. Never throws for what a CRM does: failures are kept at the cursor.
 */
export const runPass = async (
  engine: Engine,
  connectionId: string,
  objectName: string,
  pass: Pass,
  stop: StopSignals,
): Promise<boolean | undefined> =>
  takeTurn(engine, `scan:${connectionId}:${objectName}:${pass}`, stop, async (turn) => {
    const crm = await openCrm(engine, connectionId)
    if (!crm.connection.enabled || crm.connection.status !== 'active') return false
    const object = crm.objects.find(({ name }) => name === objectName)
    if (object === undefined || pausedReason(crm, object, 'pull') !== undefined) return false
    const key = { connectionId, object: objectName, pass }
    const startedMs = engine.clock.monotonicMs()
    try {
      const scan = await openPass(engine, crm, object, pass, turn)
      if (scan === undefined) {
        await engine.database.transaction(async (tx) => {
          await holdLease(tx, turn.lease)
          await finishScan(tx, key, { watermark: null, nextAt: nextDue(engine, crm.order(object), pass) })
        })
        return false
      }
      const isDone = await runScan(scan)
      return !isDone
    } catch (error) {
      if (turn.signal.aborted) return false
      await reactTo(engine, crm, key, asCrmError(error))
      return false
    } finally {
      engine.metrics.duration(crm.provider.id, objectName, pass, (engine.clock.monotonicMs() - startedMs) / 1000)
    }
  })

/** Page after page; the next one is on its way while one is committed. True where the scan ended. */
const runScan = async (scan: Scan): Promise<boolean> => {
  const steps = stepsOf(scan.key.pass, scan.object)
  let step = (scan.row.step ?? steps[0]) as Step
  let cursor = scan.row.cursor ?? undefined
  let ahead: Promise<StepPage> | undefined
  let tick: number | undefined
  let guardFromMs = scan.row.guard_from?.getTime() ?? scan.engine.clock.wallMs()
  let repeats = scan.row.restarts
  let hasWarned = false
  for (let pages = 0; ahead !== undefined || scan.turn.goesOn(); pages += 1) {
    // The first page was asked for by what has just been read of the switches.
    if (pages > 0 && !(await mayPull(scan.engine, scan.crm, scan.object))) return false
    if (step === 'unseen' && cursor === undefined) {
      const reason = await brakeReason(scan)
      if (reason !== undefined) return brake(scan, reason)
    }
    const read = await (ahead ?? STEPS[step](scan, cursor))
    ahead = undefined
    const isRepeated = step === 'pull' && read.next === undefined && (await mustRepeat(scan, guardFromMs, repeats))
    const following = read.next === undefined ? steps[steps.indexOf(step) + 1] : step
    const nextStep = isRepeated ? step : following
    if (step === 'pull' && read.next !== undefined && scan.turn.goesOn()) {
      ahead = pullStep(scan, read.next, tick)
      // Where the commit below fails, nobody waits for this page any more.
      ahead.catch(() => undefined)
    }
    const { page } = read
    if (!hasWarned) hasWarned = warnOfFuture(scan, page)
    const count = page.records.length + page.gone.length
    const result = await commitPage(
      scan.engine,
      scan.crm,
      scan.object,
      scan.mapped,
      page,
      scan.turn.lease,
      async (tx, { changed }) => {
        if (read.seen !== undefined && scan.row.run_seq !== null)
          await markSeen(tx, scan.key.connectionId, scan.object.name, read.seen, scan.row.run_seq)
        await advanceScan(tx, scan.key, {
          step: nextStep ?? step,
          cursor: read.next ?? null,
          records: read.seen?.length ?? count,
          changed,
          total: read.total,
        })
        if (isRepeated) await repeatScan(tx, scan.key, step)
        if (nextStep === undefined) await end(scan, tx)
      },
    )
    tick = result.readEnd
    scan.engine.metrics.operation(scan.crm.provider.id, scan.key.pass, 'ok')
    if (nextStep === undefined) return true
    step = nextStep
    cursor = read.next
    if (isRepeated) {
      repeats += 1
      guardFromMs = scan.engine.clock.wallMs()
    }
  }
  return false
}

const end = async (scan: Scan, tx: Tx, error?: StoredError): Promise<void> => {
  await finishScan(tx, scan.key, {
    watermark: scan.window === undefined ? null : new Date(scan.window.to),
    nextAt: nextDue(scan.engine, scan.order, scan.key.pass),
    ...(error === undefined ? {} : { error }),
  })
}

const brake = async (scan: Scan, reason: string): Promise<true> => {
  scan.engine.log.error({ connection_id: scan.key.connectionId, object: scan.object.name }, reason)
  await scan.engine.database.transaction(async (tx) => {
    await holdLease(tx, scan.turn.lease)
    await end(scan, tx, { kind: 'invalid', message: reason })
  })
  return true
}

/** After so many lost places in a row a scan will not come to its end this way. */
const MOST_LOSSES = 6

/** What a failed page leads to; the place of the scan is kept unless the CRM has forgotten it. */
const reactTo = async (
  engine: Engine,
  crm: Crm,
  key: { readonly connectionId: string; readonly object: string; readonly pass: Pass },
  error: CrmError,
): Promise<void> => {
  const { connectionId, object } = key
  const stored = storedError(engine, connectionId, error)
  const reaction = REACTIONS[error.kind]
  engine.metrics.operation(crm.provider.id, key.pass, 'error')
  engine.metrics.error(crm.provider.id, error.kind)
  engine.log.warn({ connection_id: connectionId, object, pass: key.pass, error: stored }, 'a pass was interrupted')
  const later = (ms: number) => new Date(engine.clock.wallMs() + ms)
  if (reaction.leadsTo === 'switch-off-object') {
    await switchObjectOff(engine.database.db, connectionId, object, stored.message)
    return failScan(engine.database, key, { error: stored, nextAt: null, state: 'off' })
  }
  if (reaction.leadsTo === 'reconnect') {
    await pauseForSignIn(engine, connectionId, error.message)
    return failScan(engine.database, key, { error: stored, nextAt: later(0) })
  }
  if (reaction.leadsTo === 'refresh-schema') await crm.tables.forgetSchemas()
  const row = await findCursor(engine.database.db, key)
  const restart = reaction.leadsTo === 'restart-scan'
  const losses = (row?.lost_cursors ?? 0) + 1
  if (restart && losses >= MOST_LOSSES) {
    const message = `The CRM has forgotten the place of this scan ${losses} times in a row; it is given up. ${stored.message}`
    const nextAt = nextDue(engine, orderOf(crm, object), key.pass)
    const error = { ...stored, message, isFinal: true }
    return failScan(engine.database, key, { error, nextAt, state: 'idle', restart })
  }
  const waitMs = backoffMs({
    // Pages that came in between are no progress where the scan begins anew.
    attempt: restart ? losses : (row?.failures ?? 0) + 1,
    baseMs: Math.max(reaction.waitMs, 1_000),
    retryAfterMs: error.retryAfterMs,
    random: engine.random,
  })
  await failScan(engine.database, key, { error: stored, nextAt: later(waitMs), restart })
}

const orderOf = (crm: Crm, name: string) => {
  const object = crm.objects.find((candidate) => candidate.name === name)
  return object && crm.order(object)
}
