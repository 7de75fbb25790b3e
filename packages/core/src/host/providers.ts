import type { ProvidersApi } from '../api.ts'
import type { Json } from '../contract.ts'
import { providerInfo, type Registry } from '../registry/index.ts'

/** What is installed. */
export const createProvidersApi = (registry: Registry): ProvidersApi => ({
  list: () => registry.list().map(providerInfo),
  get: (id) => providerInfo(registry.get(id)),
  defaultMapping: (id) => registry.get(id).provider.mapping as Json,
})
