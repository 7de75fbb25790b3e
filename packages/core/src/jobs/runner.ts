import type { PgBoss } from 'pg-boss'
import { dueWork } from '../store/due.ts'
import type { Engine } from '../sync/engine.ts'
import type { StopSignals } from '../sync/turn.ts'
import { dueTerms } from './due_terms.ts'
import { doJob } from './job.ts'
import { type JobData, QUEUE_NAMES, QUEUES, type QueueName } from './queues.ts'

const DUE_EVERY_MS = 1_000
const MOST_RINGS = 500

export interface Runner {
  start(): Promise<void>
  /** Begins nothing new, lets what runs end its page or batch, and answers when all has ended. */
  stop(): Promise<void>
}

/** Answers the doorbells, and rings for what has become due. */
export const createRunner = (engine: Engine, boss: PgBoss, stop: StopSignals): Runner => {
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()

  const work = async (job: JobData): Promise<void> => {
    const hasMore = await doJob(engine, job, stop)
    // Back to the end of the queue: whoever is more urgent or has waited longer comes first.
    // A bell that cannot be rung now is rung by the due-query.
    if (hasMore === true && !stop.soon.aborted) await engine.doorbell.due(job).catch(() => undefined)
  }

  /** One worker: woken by a ring, and looking for more as soon as it has ended a job. */
  const employ = async (name: QueueName): Promise<void> => {
    const id: string = await boss.work<JobData>(
      name,
      { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 5 },
      async ([job]) => {
        if (job === undefined) return
        await work(job.data)
        boss.notifyWorker(id)
      },
    )
  }

  const ringWhatIsDue = async (): Promise<void> => {
    try {
      for (const due of await dueWork(engine.database, MOST_RINGS, dueTerms(engine))) {
        if (stop.soon.aborted) return
        await engine.doorbell.due(due)
      }
    } catch (error) {
      if (!stop.soon.aborted) engine.log.warn({ err: error }, 'what is due could not be read; trying again')
    }
  }

  return {
    start: async () => {
      for (const name of QUEUE_NAMES) {
        for (let hand = 0; hand < QUEUES[name].concurrency; hand += 1) await employ(name)
      }
      const loop = (): void => {
        looking = ringWhatIsDue().finally(() => {
          if (!stop.soon.aborted) timer = setTimeout(loop, DUE_EVERY_MS)
        })
      }
      loop()
    },
    stop: async () => {
      clearTimeout(timer)
      await looking
      await Promise.all(QUEUE_NAMES.map((name) => boss.offWork(name, { wait: true })))
    },
  }
}
