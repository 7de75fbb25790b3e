import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { loadSimulators, type Provider } from '@raccordo/core'
import { testPostgres } from '@raccordo/testkit/database'
import {
  driveHistory,
  type History,
  inventHistory,
  judgeHistory,
  openCrashWorld,
  openWorld,
  shrinkHistory,
  type Verdict,
  type World,
} from '@raccordo/testkit/histories'
import type { SimulatorDefinition } from '@raccordo/testkit/simulator'
import { scopeOf } from './scope.ts'

/** Which histories to run. */
export interface Range {
  readonly hostPackageJson: string
  readonly provider: string
  readonly from: number
  readonly count: number
  readonly crashes: boolean
  readonly isQuiet: boolean
  /** How often a failed history is tried with fewer steps. */
  readonly shrinkTries: number
}

/** What became of one history; `smallest` is there where it failed. */
export interface Ended {
  readonly verdict: Verdict
  readonly smallest?: History
}

const MOST_WORKERS = 2

/** Runs the histories of a range one after the other and tells of each as it ends. Answers the calls by operation. */
export const runSeeds = async (range: Range, onEnd: (ended: Ended) => void): Promise<ReadonlyMap<string, number>> => {
  const installed = await loadSimulators(range.hostPackageJson)
  const found = installed.find(({ provider }) => provider === range.provider)
  if (found === undefined) throw new Error(`No provider ${range.provider} with a simulator is installed.`)
  const definition = found.simulator as SimulatorDefinition
  const providerUrl = pathToFileURL(createRequire(range.hostPackageJson).resolve(found.packageName)).href
  const { provider } = (await import(providerUrl)) as { provider: Provider }
  const scope = await scopeOf(provider, definition, range)
  const postgres = range.crashes ? await testPostgres() : undefined
  const open = async (seed: number): Promise<World> =>
    postgres === undefined
      ? openWorld(provider, definition, { seed })
      : openCrashWorld(provider, definition, {
          databaseUrl: await postgres.createDatabase(),
          providerUrl,
          workers: 1 + (seed % MOST_WORKERS),
          seed,
        })
  let world = await open(range.from)
  try {
    for (let seed = range.from; seed < range.from + range.count; seed += 1) {
      const history = inventHistory(seed, scope)
      const verdict = await runHistory(world, history)
      if (verdict.breaches.length === 0) {
        onEnd({ verdict })
        continue
      }
      await world.close()
      const smallest = await shrinkHistory(history, (candidate) => failsAlone(open, candidate), range.shrinkTries)
      onEnd({ verdict, smallest })
      world = await open(seed + 1)
    }
    return world.calls
  } finally {
    await world.close()
    await postgres?.stop()
  }
}

/** One history from its first record to its judgement; what it leaves behind does not disturb the next. */
const runHistory = async (world: World, history: History): Promise<Verdict> => {
  const stage = await driveHistory(world, history)
  const verdict = await judgeHistory(stage)
  await stage.crm.stop()
  await world.during(world.host.connections.remove(stage.connectionId))
  return verdict
}

const failsAlone = async (open: (seed: number) => Promise<World>, history: History): Promise<boolean> => {
  const world = await open(history.seed)
  try {
    return (await runHistory(world, history)).breaches.length > 0
  } finally {
    await world.close()
  }
}
