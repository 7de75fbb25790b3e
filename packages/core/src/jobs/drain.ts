import type { Drained } from '../api.ts'
import { dueWork, nextDueAt } from '../store/due.ts'
import type { Engine } from '../sync/engine.ts'
import type { StopSignals } from '../sync/turn.ts'
import { dueTerms } from './due_terms.ts'
import { doJob } from './job.ts'

const MOST_AT_ONCE = 500
/** The same things stay due where they wait for each other or for another worker: then it is not for us to go on. */
const MOST_ALIKE = 3

/**
 * Does everything that is due, one thing after another, until nothing is. What cannot be done now (another worker is
 * at it) is left. For hosts that are woken by a schedule, and for tests.
 */
export const drain = async (engine: Engine, stop: StopSignals): Promise<Drained> => {
  let turns = 0
  let before = ''
  let alike = 0
  while (!stop.soon.aborted) {
    const due = await dueWork(engine.database, MOST_AT_ONCE, dueTerms(engine))
    const now = due
      .map((each) => `${each.kind} ${each.connectionId} ${each.object} ${each.pass}`)
      .sort()
      .join('\n')
    alike = now === before ? alike + 1 : 0
    before = now
    if (due.length === 0 || alike === MOST_ALIKE) break
    for (const job of due) {
      for (let hasMore: boolean | undefined = true; hasMore === true && !stop.soon.aborted; turns += 1) {
        hasMore = await doJob(engine, job, stop)
      }
    }
  }
  const nextAt = await nextDueAt(engine.database, dueTerms(engine))
  return { turns, ...(nextAt === undefined ? {} : { nextAt }) }
}
