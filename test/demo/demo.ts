import type { CrmDouble, Simulator } from '@raccordo/testkit/simulator'
import { apiAt } from './api.ts'
import type { Target } from './arguments.ts'
import { invitation, leftovers } from './farewell.ts'
import { simulatedIn, type Told, travel } from './journey.ts'
import { type Output, type Printer, printerOn } from './print.ts'
import { type Stack, startStack } from './stack.ts'
import { tableOf } from './table.ts'

export interface DemoOptions {
  readonly hostPackageJson: string
  readonly targets: readonly Target[]
  readonly output: Output
  /** Ends the demo before its time, and a demo that was left running. */
  readonly signal?: AbortSignal
  /** Whether server and simulators go on until `signal` comes. */
  readonly keep?: boolean
  /** How long one step waits for the CRM, in ms. */
  readonly patienceMs?: number
  /** What is done to a simulator before it is used: a test breaks it here. Answers the handles to go on with. */
  readonly prepare?: (simulator: Simulator) => CrmDouble
}

interface OpenCrm extends Target {
  readonly double: CrmDouble
  readonly address: string
}

const PATIENCE_MS = 90_000
const POLL_SECONDS_KEPT = 15

const open = async (target: Target, prepare: DemoOptions['prepare']): Promise<OpenCrm> => {
  const { simulator, title } = target.crm
  if (target.connection === undefined) {
    const started = await simulator.start()
    return { ...target, double: prepare?.(started) ?? started, address: started.url }
  }
  if (simulator.attach === undefined)
    throw new Error(`The demo cannot drive a real ${title}: its plugin has no handles.`)
  const { settings } = target.connection
  const address = String(settings['url'] ?? settings['apiBaseUrl'])
  return { ...target, double: await simulator.attach(target.connection), address }
}

const untilAborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal === undefined || signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

const showAll = async (stack: Stack, crms: readonly OpenCrm[], options: DemoOptions, print: Printer) => {
  const { patienceMs = PATIENCE_MS, signal } = options
  const api = apiAt(stack.url, stack.adminKey)
  const told: Told[] = []
  for (const { crm, double, address, connection } of crms) {
    signal?.throwIfAborted()
    print.title(crm.title, `${connection === undefined ? 'simulated' : 'real'}, at ${address}`)
    const each = await travel({ api, crm, double, print, patienceMs })
    told.push(each)
    if (connection !== undefined) print.line(`\n${leftovers(each, address)}`)
  }
  return told
}

/**
 * Shows the main job with every target and checks it. Answers the exit status: 0 where every check held, else 1.
 * Leaves nothing behind but what it made in a real CRM, of which it says how to find it.
 */
export const runDemo = async (options: DemoOptions): Promise<number> => {
  const { targets, hostPackageJson, keep = false, prepare } = options
  const print = printerOn(options.output)
  const crms: OpenCrm[] = []
  let stack: Stack | undefined
  try {
    for (const target of targets) crms.push(await open(target, prepare))
    const startedAt = performance.now()
    stack = await startStack({
      hostPackageJson,
      pollSeconds: keep ? POLL_SECONDS_KEPT : 0,
      clients: crms.flatMap(({ crm, double }) => {
        const app = simulatedIn(double)?.oauth
        return app === undefined ? [] : [{ provider: crm.id, ...app }]
      }),
    })
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    print.line(`Server with an embedded database at ${stack.url}, ready in ${seconds} s`)
    const told = await showAll(stack, crms, options, print)
    const isRight = told.length > 0 && told.every((each) => each.isRight)
    print.line(`\n${tableOf(told)}`)
    if (!isRight) print.fault(`\nSomething is not as it should be. The server's last words:\n${stack.lastWords()}`)
    if (keep) {
      print.line(
        `\n${invitation(
          stack,
          told,
          crms.map(({ crm, address }) => `${address} (${crm.title})`),
        )}`,
      )
      await untilAborted(options.signal)
    }
    return isRight ? 0 : 1
  } catch (error) {
    if (options.signal?.aborted === true) return 1
    print.fault(error instanceof Error ? error.message : String(error))
    return 1
  } finally {
    await stack?.stop()
    await Promise.all(crms.map(({ double }) => double.stop()))
  }
}
