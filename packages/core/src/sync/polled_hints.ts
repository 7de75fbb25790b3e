import { findCursor, pendingRun, requestPass } from '../store/cursors.ts'
import type { Tx } from '../store/database.ts'
import type { InboxRow } from '../store/inbox.ts'
import type { Pass } from '../store/schema.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Engine } from './engine.ts'
import { newId } from './identifiers.ts'
import { passesOf } from './scan.ts'
import { deltaWindow } from './window.ts'

/**
 * Asks for the pass that brings what hints speak of, at an object that cannot be read by id: a poll where the change lies
 * in its next window, else everything. The hints have nothing more to say then.
 */
export const pollInstead = async (
  engine: Engine,
  tx: Tx,
  crm: Crm,
  object: AnyObject,
  hints: readonly InboxRow[],
): Promise<void> => {
  const offered = passesOf(object)
  const pass = (await isInNextWindow(crm, tx, object, hints)) ? 'delta' : 'backfill'
  const wanted: Pass | undefined = offered.includes(pass) ? pass : offered.find((other) => other === 'backfill')
  if (hints.length === 0 || wanted === undefined) return
  const connectionId = crm.connection.id
  const runId = (await pendingRun(tx, connectionId, wanted)) ?? newId('run')
  // One that is under way may have passed the record by.
  await requestPass(tx, connectionId, { objects: [object.name], pass: wanted, runId, resumed: false, forced: false })
  await engine.doorbell.scan(connectionId, object.name, wanted, tx)
}

const isInNextWindow = async (crm: Crm, tx: Tx, object: AnyObject, hints: readonly InboxRow[]): Promise<boolean> => {
  const order = crm.order(object)
  const delta = await findCursor(tx, { connectionId: crm.connection.id, object: object.name, pass: 'delta' })
  if (order === undefined || delta?.watermark == null) return false
  const window = deltaWindow(delta.watermark, order, crm.crmNowMs())
  const from = window === undefined ? delta.watermark.getTime() : Date.parse(window.from)
  return hints.every(({ at }) => at.getTime() >= from)
}
