import { resolve } from 'node:path'
import { crmError } from '../errors.ts'
import { discover } from './discover.ts'
import { type Importer, loadExport } from './load.ts'

/** A simulator of a provider's CRM, as its package exports it; the testkit knows its type. */
export interface InstalledSimulator {
  readonly provider: string
  readonly packageName: string
  readonly simulator: unknown
}

/**
 * Imports the simulators that installed plugins name in their manifests, for demos and tests. Faults of plugins that
 * offer none are not looked at. Throws `invalid` with every fault.
 */
export const loadSimulators = async (
  hostFile: string,
  options: { readonly only?: readonly string[] | undefined; readonly importer?: Importer | undefined } = {},
): Promise<readonly InstalledSimulator[]> => {
  const hostPackageJson = resolve(hostFile)
  const wanted = discover(hostPackageJson).manifests.filter(({ provider }) => options.only?.includes(provider) ?? true)
  const loaded = await Promise.all(
    wanted.map(async ({ packageName, provider, simulator: entry }) => {
      if (entry === undefined) return undefined
      const request = { hostPackageJson, packageName, entry, exportName: 'simulator', importer: options.importer }
      return { provider, packageName, outcome: await loadExport(request) }
    }),
  )
  const faults = loaded.flatMap((entry) => (entry && 'fault' in entry.outcome ? [entry.outcome.fault] : []))
  if (faults.length > 0) {
    const lines = faults.map(({ message, remedy }) => `- ${message}. ${remedy}.`)
    throw crmError('invalid', `A simulator cannot be used:\n${lines.join('\n')}`, { faults })
  }
  return loaded.flatMap((entry) =>
    entry && 'value' in entry.outcome
      ? [{ provider: entry.provider, packageName: entry.packageName, simulator: entry.outcome.value }]
      : [],
  )
}
