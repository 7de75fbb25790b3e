import { fromKysely, type PgBoss } from 'pg-boss'
import type { Database, Tx } from '../store/database.ts'
import type { Doorbell } from '../sync/engine.ts'
import { type JobData, QUEUE_OF_PASS, type QueueName } from './queues.ts'

/** Rings by pg-boss: in the given transaction, so that the ring commits with the work, or at once. */
export const createDoorbell = (boss: PgBoss, database: Database): Doorbell => {
  const ring = async (queue: QueueName, data: JobData, tx?: Tx): Promise<void> => {
    // On a database of one connection it would wait for the very transaction that it is called from.
    if (tx === undefined) database.assertOutsideTransaction('A doorbell without the transaction')
    await boss.send(queue, data, {
      singletonKey: `${data.connectionId}:${data.object}:${data.pass}`,
      ...(tx === undefined ? {} : { db: fromKysely(tx) }),
    })
  }
  return {
    scan: (connectionId, object, pass, tx) => ring(QUEUE_OF_PASS[pass], { connectionId, object, pass }, tx),
    push: (connectionId, type, tx) => ring('crm_push_outcomes', { connectionId, object: type, pass: '' }, tx),
    inbox: (connectionId, tx) => ring('crm_webhook_dispatcher', { connectionId, object: '', pass: '' }, tx),
  }
}
