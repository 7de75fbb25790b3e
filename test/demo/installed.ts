import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { loadSimulators, type Provider } from '@raccordo/core'
import type { SimulatorDefinition } from '@raccordo/testkit/simulator'

/** An installed CRM that can be shown: its simulator, and what its plugin says of settings and signing in. */
export interface InstalledCrm {
  readonly id: string
  readonly title: string
  readonly simulator: SimulatorDefinition
  readonly settings: SettingsSchema
  readonly auth: Readonly<Record<string, unknown>>
  readonly objects: Provider['objects']
}

/** The parts of a provider's settings schema that flags are made from. */
export interface SettingsSchema {
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, { readonly type?: string | readonly string[] }>>
}

/** Every CRM that the host has installed and that has a simulator. */
export const installedCrms = async (hostPackageJson: string): Promise<readonly InstalledCrm[]> => {
  const found = await loadSimulators(hostPackageJson)
  const { resolve } = createRequire(hostPackageJson)
  return Promise.all(
    found.map(async ({ provider: id, packageName, simulator }) => {
      const { provider } = (await import(pathToFileURL(resolve(packageName)).href)) as { provider: Provider }
      return {
        id,
        title: provider.title,
        simulator: simulator as SimulatorDefinition,
        settings: provider.settings as SettingsSchema,
        auth: { ...provider.auth },
        objects: provider.objects,
      }
    }),
  )
}
