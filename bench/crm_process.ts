import { fileURLToPath } from 'node:url'
import { loadSimulators } from '@raccordo/core'
import type { SimulatorDefinition } from '@raccordo/testkit/simulator'
import { beChild } from './child.ts'
import type { Connection } from './rivals.ts'

const hostPackageJson = fileURLToPath(new URL('../package.json', import.meta.url))
const CONTACTS_A_COMPANY = 10

/** A simulated CRM with contacts in it, until it is ended. */
await beChild<{ provider: string; records: number }, Connection>(async ({ provider, records }) => {
  const [found] = await loadSimulators(hostPackageJson, { only: [provider] })
  if (found === undefined) throw new Error(`${provider} is not installed, or has no simulator`)
  const crm = await (found.simulator as SimulatorDefinition).start()
  await crm.seed({ contacts: records, companies: Math.ceil(records / CONTACTS_A_COMPANY) })
  return crm.connection
})
