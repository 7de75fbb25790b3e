import type { ConnectionsApi } from '../api.ts'
import type { Json } from '../contract.ts'
import { crmError, type Fault, isCrmError } from '../errors.ts'
import { type MappingSpec, validateMapping } from '../mapping/index.ts'
import type { StoredConnection } from '../store/connections.ts'
import { addLayer } from '../store/mappings.ts'
import { describeCrm } from '../sync/crm.ts'
import type { HostDeps } from './deps.ts'

type MappingsApi = Pick<ConnectionsApi, 'mapping' | 'putMapping' | 'checkMapping' | 'schema'>

/** Mappings and the live schemas that they are checked against. */
export const createMappingsApi = (
  { engine, signal }: HostDeps,
  load: (id: string) => Promise<StoredConnection>,
): MappingsApi => {
  /** Schema and grammar first; then whether it can work on this tenant's objects. */
  const check = async (id: string, spec: Json): Promise<readonly Fault[]> => {
    const faults = validateMapping(spec)
    if (faults.length > 0) return faults
    const crm = await describeCrm(engine, await load(id), spec as unknown as MappingSpec)
    const found: Fault[] = []
    for (const object of crm.objects) {
      try {
        await crm.mapping(object, signal)
      } catch (error) {
        // What this sign-in may not see is switched off by the first pass over it: nothing of it can be checked.
        if (isCrmError(error) && error.kind === 'forbidden') continue
        if (!isCrmError(error) || error.kind !== 'invalid') throw error
        found.push(...(error.faults ?? [{ message: error.message }]))
      }
    }
    return found
  }
  return {
    mapping: async (id) => {
      const { spec, origins, mappingVersion } = await describeCrm(engine, await load(id))
      return { spec: spec as unknown as Json, origins, version: mappingVersion }
    },
    checkMapping: check,
    putMapping: async (id, spec, asker = {}) => {
      const row = await load(id)
      const faults = await check(id, spec)
      const [first] = faults
      if (first !== undefined) {
        throw crmError(
          'invalid',
          `The mapping cannot be used: ${first.pointer ?? ''} ${first.message}${faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''}.`,
          {
            connectionId: id,
            faults,
            ...(first.pointer === undefined ? {} : { pointer: first.pointer }),
          },
        )
      }
      const version = await engine.database.transaction((tx) =>
        addLayer(tx, { scope: 'connection', ownerId: id, provider: row.provider, spec, actor: asker.actor ?? null }),
      )
      return { version }
    },
    schema: async (id, type) => {
      const crm = await describeCrm(engine, await load(id))
      const objects = crm.objects.filter((object) => object.type === type)
      const described: Record<string, Json> = {}
      for (const object of objects) {
        const ctx = await crm.ctx({
          name: `describe ${object.name}`,
          priority: 'webhook',
          signal,
          correlationId: 'schema',
        })
        described[object.name] = ((await object.describe?.(ctx)) ?? null) as unknown as Json
      }
      return described
    },
  }
}
