import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type Boundary, createHost, type Provider } from '@raccordo/core'
import pg from 'pg'
import { seededRandom } from '../simulator/random.ts'
import type { SimulatorDefinition } from '../simulator/types.ts'
import { createVirtualTime } from './time.ts'
import { setTimeSql, virtualTimeSql, virtualUrl } from './virtual_database.ts'
import { hostOptions, quietLog, START_MS, simulatorsIn, type World } from './world.ts'

/** What goes to a worker process. */
export type ToWorker =
  | { readonly say: 'time'; readonly nowMs: number }
  | { readonly say: 'drain' }
  | { readonly say: 'wake'; readonly sleep: number }
  | { readonly say: 'die'; readonly boundary: Boundary; readonly after: number }
/** What comes from one. */
export type FromWorker =
  | { readonly say: 'ready' }
  | { readonly say: 'drained'; readonly nextAt: number | undefined }
  | { readonly say: 'called'; readonly operation: string }
  | { readonly say: 'sleep'; readonly sleep: number; readonly ms: number }
  | { readonly say: 'awake'; readonly sleep: number }

/** A machine with two cores may leave a process alone for so long. */
const QUIET_MS = 40

/**
 * A world on a Postgres of its own whose work is done by real processes, which can be killed. `databaseUrl` names an
 * empty database; `providerUrl` is the module that exports the provider.
 */
export const openCrashWorld = async (
  provider: Provider,
  definition: SimulatorDefinition,
  options: {
    readonly databaseUrl: string
    readonly providerUrl: string
    readonly workers: number
    readonly seed?: number
  },
): Promise<World> => {
  const random = seededRandom(options.seed ?? 1)
  const ticker = new pg.Client({ connectionString: options.databaseUrl })
  await ticker.connect()
  await ticker.query(virtualTimeSql(START_MS))
  let lastWordMs = performance.now()
  const workers: Worker[] = []
  const time = createVirtualTime({
    startMs: START_MS,
    onMove: async (nowMs) => {
      await ticker.query(setTimeSql(nowMs))
      for (const worker of workers) worker.tell({ say: 'time', nowMs })
    },
    isBusy: () => simulators.isBusy() || performance.now() - lastWordMs < QUIET_MS,
  })
  const simulators = simulatorsIn(time, definition, random)
  const calls = new Map<string, number>()
  const url = virtualUrl(options.databaseUrl)
  const host = await createHost({
    databaseUrl: url,
    ...hostOptions({ provider, clock: time.clock(), random, log: quietLog(() => undefined) }),
  })
  await host.start()
  const seeds = seededRandom((options.seed ?? 1) + 99)
  const hire = () =>
    startWorker({
      args: [url, options.providerUrl, String(Math.floor(seeds() * 1e9))],
      time,
      onWord: (word) => {
        lastWordMs = performance.now()
        if (word.say === 'called') calls.set(word.operation, (calls.get(word.operation) ?? 0) + 1)
      },
    })
  for (let hand = 0; hand < options.workers; hand += 1) workers.push(await hire())

  /** One worker drains; where it dies of it, its successor does. */
  const drainWith = async (index: number): Promise<number | undefined> => {
    for (;;) {
      const worker = workers[index]
      const drained = await worker?.drain()
      if (drained !== 'died') return drained
      workers[index] = await hire()
    }
  }
  let turn = 0
  return {
    provider,
    definition,
    time,
    host,
    calls,
    work: async () => {
      const ends = await time.whileWorking(Promise.all(workers.map((_, index) => drainWith(index))))
      const next = ends.filter((end) => end !== undefined)
      return next.length === 0 ? undefined : new Date(Math.min(...next))
    },
    crash: (boundary, after) => {
      turn += 1
      workers[turn % workers.length]?.tell({ say: 'die', boundary, after })
    },
    during: (work) => time.whileWorking(work),
    openSimulator: simulators.open,
    close: async () => {
      for (const worker of workers) await worker.end()
      await time.whileWorking(host.stop())
      await ticker.end()
    },
  }
}

interface Worker {
  tell(word: ToWorker): void
  drain(): Promise<number | undefined | 'died'>
  end(): Promise<void>
}

const startWorker = async (given: {
  readonly args: readonly string[]
  readonly time: World['time']
  readonly onWord: (word: FromWorker) => void
}): Promise<Worker> => {
  const { time, onWord } = given
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const child: ChildProcess = fork(new URL(`./worker_process.${extension}`, import.meta.url), [...given.args])
  const asleep = new Map<number, () => void>()
  let onDrained: ((end: number | undefined | 'died') => void) | undefined
  let isAlive = true
  const tell = (word: ToWorker): void => {
    if (isAlive && child.connected) child.send(word, () => undefined)
  }
  child.on('exit', () => {
    isAlive = false
    for (const callOff of asleep.values()) callOff()
    onDrained?.('died')
  })
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('A worker ended before it was ready.')))
    child.on('message', (word: FromWorker) => {
      onWord(word)
      if (word.say === 'ready') resolve()
      if (word.say === 'drained') onDrained?.(word.nextAt)
      if (word.say === 'awake') asleep.get(word.sleep)?.()
      if (word.say === 'sleep') {
        const { sleep } = word
        asleep.set(
          sleep,
          time.schedule(word.ms, () => tell({ say: 'wake', sleep })),
        )
      }
    })
  })
  await ready
  tell({ say: 'time', nowMs: time.nowMs() })
  return {
    tell,
    drain: () =>
      new Promise((resolve) => {
        if (!isAlive) return resolve('died')
        onDrained = (end) => {
          onDrained = undefined
          resolve(end)
        }
        tell({ say: 'drain' })
      }),
    end: async () => {
      if (!isAlive) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
