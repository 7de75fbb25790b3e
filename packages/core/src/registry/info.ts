import type { ProviderInfo } from '../api.ts'
import type { Json } from '../contract.ts'
import type { InstalledProvider } from './registry.ts'

const KINDS = ['oauth2', 'apiKey', 'password'] as const

/** What hosts, the server and the console are shown of an installed provider. */
export const providerInfo = ({
  provider,
  packageName,
  version,
  manifest,
  capabilities,
}: InstalledProvider): ProviderInfo => ({
  id: provider.id,
  title: provider.title,
  package: packageName,
  version,
  settings: provider.settings as Json,
  auth: KINDS.filter((kind) => provider.auth[kind] !== undefined),
  objects: provider.objects.map(({ name, type, onByDefault }) => ({
    name,
    type,
    onByDefault: onByDefault ?? true,
    capabilities: capabilities[name] ?? [],
  })),
  ...(provider.auth.oauth2 === undefined ? {} : { scopes: provider.auth.oauth2.scopes as Json }),
  hasSimulator: manifest.simulator !== undefined,
})
