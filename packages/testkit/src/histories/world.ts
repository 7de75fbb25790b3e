import { type Boundary, createHost, type Host, type HostOptions, type Provider, TOKENS } from '@raccordo/core'
import { seededRandom } from '../simulator/random.ts'
import type { Simulator, SimulatorDefinition } from '../simulator/types.ts'
import { createVirtualTime, type VirtualClock, type VirtualTime } from './time.ts'
import { openVirtualPglite } from './virtual_database.ts'

/** A host in a virtual time, in which any number of histories happen one after the other. */
export interface World {
  readonly provider: Provider
  readonly definition: SimulatorDefinition
  readonly time: VirtualTime
  readonly host: Host
  /** Calls to the CRM by operation (`pull contacts`), since the world began. */
  readonly calls: ReadonlyMap<string, number>
  /** Does what is due, letting time pass where the work waits for it; answers when there will be more. */
  work(): Promise<Date | undefined>
  /** The process that works dies at the boundary after that many others, and another one takes its place. Absent where nothing can die. */
  crash?(boundary: Boundary, after: number): void
  /** Runs something that may wait for time. */
  during<T>(work: Promise<T>): Promise<T>
  /** A new simulator in this time. `onRequest` stands before every call. */
  openSimulator(options: {
    readonly seed: number
    readonly skewMs: number
    onRequest(): Promise<void>
  }): Promise<Simulator>
  close(): Promise<void>
}

/** Seconds between polls that nobody asks for: far enough apart that a day of them is soon over. */
export const POLL_SECONDS = 900
export const START_MS = Date.UTC(2026, 0, 5, 8, 0, 0)
const FASTEST_CALL_MS = 15
const SLOWEST_CALL_MS = 250
const KEY = Buffer.alloc(32, 7).toString('base64').replaceAll('+', '-').replaceAll('/', '_')

/** What every host of a world has. */
export const hostOptions = (given: {
  readonly provider: Provider
  readonly clock: VirtualClock
  readonly random: () => number
  readonly log: ReturnType<typeof quietLog>
}): HostOptions => ({
  encryptionKeys: [KEY],
  providers: { only: [], extra: [given.provider] },
  pollSeconds: POLL_SECONDS,
  allowPrivateHosts: true,
  works: false,
  logLevel: 'silent',
  configure: (parts) => {
    parts.provide(TOKENS.clock, () => given.clock)
    parts.provide(TOKENS.random, () => given.random)
    parts.provide(TOKENS.log, () => given.log)
  },
})

/** Simulators in a virtual time: calls take a while, and somebody may act before each. */
export const simulatorsIn = (time: VirtualTime, definition: SimulatorDefinition, random: () => number) => {
  let underWay = 0
  const open: World['openSimulator'] = ({ seed, skewMs, onRequest }) =>
    definition.start({
      seed,
      now: () => new Date(time.nowMs() + skewMs),
      schedule: time.schedule,
      onRequest: async () => {
        underWay += 1
        try {
          await time.elapse(Math.round(FASTEST_CALL_MS + random() * (SLOWEST_CALL_MS - FASTEST_CALL_MS)))
          await onRequest()
        } finally {
          underWay -= 1
        }
      },
    })
  return { open, isBusy: () => underWay > 0 }
}

/** Opens a world for a provider: an embedded database and a host that works when it is told to. */
export const openWorld = async (
  provider: Provider,
  definition: SimulatorDefinition,
  options: { readonly seed?: number } = {},
): Promise<World> => {
  const random = seededRandom(options.seed ?? 1)
  const database = await openVirtualPglite(START_MS)
  const time = createVirtualTime({
    startMs: START_MS,
    onMove: database.setTime,
    isBusy: () => simulators.isBusy() || database.isBusy(),
  })
  const simulators = simulatorsIn(time, definition, random)
  const calls = new Map<string, number>()
  const log = quietLog((operation) => calls.set(operation, (calls.get(operation) ?? 0) + 1))
  const host = await createHost({
    database: { pglite: database.pglite },
    ...hostOptions({ provider, clock: time.clock(), random, log }),
  })
  await host.start()
  return {
    provider,
    definition,
    time,
    host,
    calls,
    work: async () => (await time.whileWorking(host.drain())).nextAt,
    during: (work) => time.whileWorking(work),
    openSimulator: simulators.open,
    close: async () => {
      await time.whileWorking(host.stop())
      await database.pglite.close()
    },
  }
}

/** Counts the calls that the engine tells its log of, and says nothing. */
export const quietLog = (onCall: (operation: string) => void) => ({
  debug: (fields: object, message: string) => {
    if (message === 'called the CRM' && 'operation' in fields) onCall(String(fields.operation))
  },
  info: () => undefined,
  warn: () => undefined,
  error: (fields: object, message: string) => {
    if (process.env['RACCORDO_HISTORY_LOG'] !== undefined) console.error(message, fields)
  },
})
