import { fromPglite, PgBoss } from 'pg-boss'
import type { Database } from '../store/database.ts'
import type { Log } from '../sync/engine.ts'
import { QUEUE_NAMES, QUEUE_OPTIONS } from './queues.ts'

/** pg-boss on the host's own database, in a schema of its own. */
export const createBoss = (database: Database, log: Log): PgBoss => {
  const shared = {
    schema: 'pgboss',
    schedule: false,
    useListenNotify: true,
    // The doorbells are few and short-lived; nobody reads statistics about them.
    monitorVacuum: false,
    openTelemetry: { enabled: false },
  }
  const boss =
    database.pglite === undefined
      ? new PgBoss({ ...shared, connectionString: database.url ?? '', application_name: 'raccordo-jobs', max: 4 })
      : new PgBoss({ ...shared, db: fromPglite(database.pglite), backend: 'pglite' })
  // A lost connection is reported here and mended by pg-boss; the due-query finds whatever a ring would have said.
  boss.on('error', (error) => log.warn({ error: { message: error.message } }, 'the job queue reported a fault'))
  return boss
}

/** Starts pg-boss (which migrates its schema) and makes the queues that are missing. */
export const startBoss = async (boss: PgBoss): Promise<void> => {
  await boss.start()
  const existing = new Set((await boss.getQueues()).map(({ name }) => name))
  for (const name of QUEUE_NAMES) if (!existing.has(name)) await boss.createQueue(name, QUEUE_OPTIONS)
}
