import { fromKysely, type PgBoss } from 'pg-boss'
import type { Database, Tx } from '../store/database.ts'
import type { Doorbell } from '../sync/engine.ts'
import { type JobData, queueOf } from './queues.ts'

/** Rings by pg-boss: in the given transaction, so that the ring commits with the work, or at once. */
export const createDoorbell = (boss: PgBoss, database: Database): Doorbell => {
  const ring = async (data: JobData, tx?: Tx): Promise<void> => {
    // On a database of one connection it would wait for the very transaction that it is called from.
    if (tx === undefined) database.assertOutsideTransaction('A doorbell without the transaction')
    await boss.send(queueOf(data), data, {
      singletonKey: `${data.kind}:${data.connectionId}:${data.object}:${data.pass}`,
      ...(tx === undefined ? {} : { db: fromKysely(tx) }),
    })
  }
  return {
    scan: (connectionId, object, pass, tx) => ring({ kind: 'scan', connectionId, object, pass }, tx),
    push: (connectionId, type, tx) => ring({ kind: 'push', connectionId, object: type, pass: '' }, tx),
    inbox: (connectionId, tx) => ring({ kind: 'inbox', connectionId, object: '', pass: '' }, tx),
    channel: (connectionId, tx) => ring({ kind: 'channel', connectionId, object: '', pass: '' }, tx),
    due: (work) => ring(work),
  }
}
