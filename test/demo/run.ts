import type { CrmDouble } from '@raccordo/testkit'
import { apiAt } from './api.ts'
import type { Target } from './arguments.ts'
import { createPrinter, type Printer, type Result } from './print.ts'
import { type Stack, startStack } from './stack.ts'
import { tellStory } from './story.ts'

export interface DemoOptions {
  readonly hostPackageJson: string
  readonly targets: readonly Target[]
  readonly print?: Printer
  /** Told of every CRM before it is used: a test makes it hostile here. */
  readonly onCrm?: (crm: CrmDouble) => void
  /** Runs when all is done and all is still there; `pnpm dev` waits in it. */
  readonly beforeEnd?: (running: { stack: Stack; crms: ReadonlyMap<string, CrmDouble> }) => Promise<void>
}

/** Starts the stack and tells the story with every target. True where every check held. */
export const runDemo = async (options: DemoOptions): Promise<boolean> => {
  const print = options.print ?? createPrinter()
  print.heading('Raccordo demo')
  const stack = await startStack({
    hostPackageJson: options.hostPackageJson,
    pollSeconds: options.beforeEnd === undefined ? 0 : 10,
  })
  const crms = new Map<string, CrmDouble>()
  const results: Result[] = []
  let isRight = true
  try {
    print.done(`a server with an embedded database answers at ${stack.url}`)
    const api = apiAt(stack.url, stack.adminKey)
    for (const target of options.targets) {
      try {
        const crm = await openCrm(target)
        crms.set(target.crm.id, crm)
        options.onCrm?.(crm)
        results.push(await tellStory(target, crm, api, print))
      } catch (error) {
        isRight = false
        print.failed(error instanceof Error ? error.message : String(error))
      }
    }
    if (results.length > 0) print.table(results)
    await options.beforeEnd?.({ stack, crms })
  } finally {
    for (const crm of crms.values()) await crm.stop()
    await stack.stop()
  }
  return isRight && results.length === options.targets.length
}

const openCrm = async ({ crm, connection }: Target): Promise<CrmDouble> => {
  if (connection === undefined) return crm.simulator.start({ seed: 1 })
  if (crm.simulator.attach !== undefined) return crm.simulator.attach(connection)
  throw new Error(`The plugin of ${crm.title} cannot drive a real CRM: leave the address out to use its simulator.`)
}
