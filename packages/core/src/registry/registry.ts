import { resolve } from 'node:path'
import { crmError } from '../errors.ts'
import { type AnyProvider, capabilities, type Operation } from './capabilities.ts'
import { type MappingCheck, type ProviderCheck, providerCheck } from './check.ts'
import { discover } from './discover.ts'
import { type Importer, loadExport } from './load.ts'
import type { Manifest, ProviderFault } from './manifest.ts'

export interface LoadOptions {
  readonly hostPackageJson: string
  /** Ids of installed providers to take; all, if absent. */
  readonly only?: readonly string[] | undefined
  readonly except?: readonly string[] | undefined
  /** Providers that are no installed package; `only` and `except` do not touch them. */
  readonly extra?: readonly AnyProvider[] | undefined
  readonly importer?: Importer | undefined
  readonly validateMapping?: MappingCheck | undefined
  /** Told of every provider that was taken. */
  readonly onLoaded?: ((installed: InstalledProvider) => void) | undefined
}

export interface InstalledProvider {
  readonly provider: AnyProvider
  /** Its package; "(host)" where the host gave the provider itself. */
  readonly packageName: string
  readonly version: string
  readonly manifest: Manifest
  /** Operations by the name of the remote object. */
  readonly capabilities: Readonly<Record<string, readonly Operation[]>>
}

export interface Registry {
  /** Throws `not_found` with the installed ids and how to install another. */
  get(id: string): InstalledProvider
  /** In the order of their ids. */
  list(): readonly InstalledProvider[]
}

/**
 * Finds, imports and checks the providers that the host depends on. Any fault of any of them stops the start: throws
 * one `invalid` whose `faults` name every package and its remedy. A provider that `only` or `except` leaves out is not
 * imported and its faults do not count.
 */
export const loadProviders = async (options: LoadOptions): Promise<Registry> => {
  const { importer, extra = [] } = options
  const hostPackageJson = resolve(options.hostPackageJson)
  const check = providerCheck(options.validateMapping)
  const found = discover(hostPackageJson)
  const wanted = found.manifests.filter(({ provider }) => isWanted(options, provider))
  const counting = found.faults.filter(({ provider }) => provider === undefined || isWanted(options, provider))
  const faults = [...counting, ...missing(options, wanted)]
  if (faults.length > 0) throw refusal(faults)

  const installed = await Promise.all(
    wanted.map(async (manifest) => {
      const { packageName } = manifest
      const loaded = await loadExport({ hostPackageJson, packageName, entry: '.', exportName: 'provider', importer })
      if ('fault' in loaded) return faults.push(loaded.fault)
      return accept(loaded.value, manifest, check, faults)
    }),
  )
  const given = extra.map((provider) => {
    const id = typeof provider?.id === 'string' ? provider.id : '(no id)'
    return accept(provider, { packageName: HOST, version: '0.0.0', provider: id }, check, faults)
  })
  const taken = [...installed, ...given].filter((entry) => typeof entry === 'object')
  faults.push(...doubled(taken))
  if (faults.length > 0) throw refusal(faults)
  for (const entry of taken) options.onLoaded?.(entry)
  return registryOf(taken)
}

const HOST = '(host)'

const isWanted = ({ only, except }: LoadOptions, id: string): boolean =>
  (only === undefined || only.includes(id)) && !except?.includes(id)

const missing = ({ only = [], extra = [] }: LoadOptions, wanted: readonly Manifest[]): readonly ProviderFault[] => {
  const there = new Set([...wanted.map(({ provider }) => provider), ...extra.map(({ id }) => id)])
  return only
    .filter((id) => !there.has(id))
    .map((id) => ({
      package: HOST,
      message: `providers.only names "${id}", and no installed package provides it`,
      remedy: `Install its plugin, or take "${id}" out of providers.only`,
    }))
}

const accept = (
  exported: unknown,
  manifest: Manifest,
  check: ProviderCheck,
  faults: ProviderFault[],
): InstalledProvider | undefined => {
  const { packageName, version } = manifest
  const wrong = check(exported, packageName === HOST ? undefined : manifest.provider)
  for (const fault of wrong) {
    const remedy = fault.remedy ?? `Correct it in the plugin (docs/contract.md), or leave the provider out`
    faults.push({ ...fault, package: packageName, message: `${packageName}: ${fault.message}`, remedy })
  }
  if (wrong.length > 0) return undefined
  const provider = exported as AnyProvider
  const offered = provider.objects.map((object) => [object.name, capabilities(object)] as const)
  return { provider, packageName, version, manifest, capabilities: Object.fromEntries(offered) }
}

const doubled = (taken: readonly InstalledProvider[]): readonly ProviderFault[] =>
  taken.flatMap(({ provider: { id }, packageName }, index) => {
    const first = taken.findIndex((other) => other.provider.id === id)
    if (first === index) return []
    const message = `${packageName}: the provider id "${id}" is also that of ${taken[first]?.packageName}`
    return [{ package: packageName, message, remedy: `Keep one of them, for example with providers.except: ["${id}"]` }]
  })

const refusal = (faults: readonly ProviderFault[]) => {
  const lines = faults.map(({ message, remedy }) => `- ${message}. ${remedy}.`)
  const head = faults.length === 1 ? 'A provider cannot be used' : `${faults.length} faults in the installed providers`
  return crmError('invalid', `${head}:\n${lines.join('\n')}`, { faults })
}

const registryOf = (taken: readonly InstalledProvider[]): Registry => {
  const sorted = taken.toSorted((a, b) => (a.provider.id < b.provider.id ? -1 : 1))
  const byId = new Map(sorted.map((entry) => [entry.provider.id, entry]))
  return {
    list: () => sorted,
    get: (id) => {
      const entry = byId.get(id)
      if (entry) return entry
      const ids = sorted.length === 0 ? 'none is installed' : `installed: ${[...byId.keys()].join(', ')}`
      throw crmError(
        'not_found',
        `There is no provider "${id}" (${ids}). Install its plugin, for example: npm install @raccordo/plugin-${id}`,
      )
    },
  }
}
