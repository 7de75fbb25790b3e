import type { Order } from '../contract.ts'
import { crmError } from '../errors.ts'
import type { Priority } from '../http/ports.ts'
import type { CompiledMapping, Resolver } from '../mapping/index.ts'
import { type CursorKey, findCursor, openScan, type StoredCursor } from '../store/cursors.ts'
import type { Tx } from '../store/database.ts'
import { holdLease } from '../store/leases.ts'
import { nextRead } from '../store/records.ts'
import type { Pass } from '../store/schema.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Engine } from './engine.ts'
import { newId } from './identifiers.ts'
import type { Turn } from './turn.ts'
import { deltaWindow, settleWindow, type Window } from './window.ts'

/** One pass over one object, opened for a turn: what every step of it needs. */
export interface Scan {
  readonly engine: Engine
  readonly crm: Crm
  readonly object: AnyObject
  readonly key: CursorKey
  readonly row: StoredCursor
  readonly window: Window | undefined
  readonly order: Order | undefined
  readonly mapped: { readonly compiled: CompiledMapping; readonly resolver: Resolver }
  readonly turn: Turn
  readonly correlationId: string
}

/** The steps of a pass over an object, in their order; what the object cannot do is left out. */
export const stepsOf = (pass: Pass, object: AnyObject): readonly Step[] => {
  const steps: Record<Pass, readonly Step[]> = {
    backfill: ['pull'],
    delta: ['pull', ...(object.deleted?.scope === 'window' ? (['deleted'] as const) : [])],
    settle: ['stamps'],
    sweep: ['stamps', ...(object.deleted === undefined ? [] : (['deleted'] as const)), 'unseen'],
  }
  return steps[pass]
}

export type Step = 'pull' | 'deleted' | 'stamps' | 'unseen'

/** Whether a pass makes sense for an object, by what the plugin offers. */
export const passesOf = (object: AnyObject): readonly Pass[] => [
  ...(object.pull === undefined ? [] : (['backfill'] as const)),
  ...(object.pull === undefined || object.order === undefined ? [] : (['delta'] as const)),
  ...(object.stamps === undefined || object.order === undefined || object.read === undefined
    ? []
    : (['settle'] as const)),
  ...(object.stamps === undefined || object.read === undefined ? [] : (['sweep'] as const)),
]

export const PRIORITY_OF: Readonly<Record<Pass, Priority>> = {
  backfill: 'backfill',
  delta: 'delta',
  settle: 'delta',
  sweep: 'sweep',
}

/** When a pass is due (again) by itself; null where only a request brings it. */
export const nextDue = ({ timing, clock }: Engine, order: Order | undefined, pass: Pass): Date | null => {
  const { pollMs, sweepMs } = timing
  const waits: Readonly<Record<Pass, number>> = {
    backfill: 0,
    delta: pollMs,
    settle: pollMs === 0 ? 0 : Math.max(order?.lateMs.worst ?? 0, pollMs),
    sweep: pollMs === 0 ? 0 : sweepMs,
  }
  return waits[pass] === 0 ? null : new Date(clock.wallMs() + waits[pass])
}

/** The window of a new scan; 'nothing' where no time has passed that could be asked for. */
const windowFor = async (
  engine: Engine,
  crm: Crm,
  object: AnyObject,
  row: StoredCursor,
): Promise<Window | undefined | 'nothing'> => {
  const order = crm.order(object)
  if (row.pass === 'backfill' || row.pass === 'sweep') return undefined
  if (order === undefined) throw crmError('bug', `${object.name} has no order, so it cannot be asked for what changed.`)
  const watermark = row.watermark ?? new Date(crm.crmNowMs())
  if (row.pass === 'delta') return deltaWindow(watermark, order, crm.crmNowMs()) ?? 'nothing'
  const delta = await findCursor(engine.database.db, {
    connectionId: crm.connection.id,
    object: object.name,
    pass: 'delta',
  })
  return settleWindow(delta?.watermark ?? watermark, watermark, order) ?? 'nothing'
}

const keptWindow = (row: StoredCursor): Window | undefined =>
  row.window_from === null || row.window_to === null
    ? undefined
    : { from: row.window_from.toISOString(), to: row.window_to.toISOString() }

/**
 * Goes on with the pass where it stands, or opens a new scan: its window is frozen and persisted before the first
 * page is asked for. Answers undefined where there is nothing to ask.
 */
export const openPass = async (
  engine: Engine,
  crm: Crm,
  object: AnyObject,
  pass: Pass,
  turn: Turn,
): Promise<Scan | undefined> => {
  const key: CursorKey = { connectionId: crm.connection.id, object: object.name, pass }
  const read = async (tx?: Tx): Promise<StoredCursor> => {
    const row = await findCursor(tx ?? engine.database.db, key)
    if (row === undefined) throw crmError('bug', `${object.name} has no cursor for ${pass}.`)
    return row
  }
  let row = await read()
  if (row.state !== 'running') {
    const window = await windowFor(engine, crm, object, row)
    if (window === 'nothing') return undefined
    const runSeq = pass === 'sweep' ? await nextRead(engine.database.db) : null
    row = await engine.database.transaction(async (tx) => {
      await holdLease(tx, turn.lease)
      await openScan(tx, key, { window, step: stepsOf(pass, object)[0] ?? 'pull', runSeq })
      return read(tx)
    })
  }
  return {
    engine,
    crm,
    object,
    key,
    row,
    window: keptWindow(row),
    order: crm.order(object),
    mapped: await crm.mapping(object, turn.signal),
    turn,
    correlationId: row.run_id ?? newId('scan'),
  }
}
