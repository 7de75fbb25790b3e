import { emptyPushes, purgeHints, purgePushes, purgeRemoved, putChoreOff } from '../store/purge.ts'
import type { Engine } from './engine.ts'
import { type StopSignals, takeTurn } from './turn.ts'

const DAY_MS = 86_400_000
const MOST_ROWS = 2_000

/**
 * Once a day: forgets hints that were followed, pushes that ended and what is left of removed connections, each after
 * its time. Dead letters and the audit are kept. Answers whether there is more; undefined where another worker is at it.
 */
export const runPurge = async (engine: Engine, stop: StopSignals): Promise<boolean | undefined> =>
  takeTurn(engine, 'purge:', stop, async (turn) => {
    const { database, clock, retention } = engine
    const nowMs = clock.wallMs()
    const hintsBeforeMs = nowMs - retention.inboxMs
    const pushesBeforeMs = nowMs - retention.outboxMs
    const steps = [
      () => purgeHints(database, hintsBeforeMs, MOST_ROWS),
      () => purgePushes(database, pushesBeforeMs, MOST_ROWS),
      () => emptyPushes(database, pushesBeforeMs, MOST_ROWS),
    ]
    for (const step of steps) {
      while ((await step()) === MOST_ROWS) if (!turn.goesOn()) return true
    }
    await purgeRemoved(database, pushesBeforeMs)
    await putChoreOff(database, 'purge', nowMs + DAY_MS, clock.wallMs())
    return false
  })
