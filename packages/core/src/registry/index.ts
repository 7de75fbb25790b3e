export { type AnyProvider, capabilities, OPERATIONS, type Operation } from './capabilities.ts'
export { type MappingCheck, type ProviderCheck, providerCheck } from './check.ts'
export { discover, nearestPackageJson } from './discover.ts'
export { providerInfo } from './info.ts'
export type { Importer } from './load.ts'
export type { Manifest, ProviderFault } from './manifest.ts'
export { type InstalledProvider, type LoadOptions, loadProviders, type Registry } from './registry.ts'
export {
  type CheckedSettings,
  type SettingsCheck,
  type SettingsCompletion,
  settingsCheck,
  settingsCompletion,
} from './settings.ts'
export { type InstalledSimulator, loadSimulators } from './simulators.ts'
