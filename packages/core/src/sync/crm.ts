import type { Ctx, FieldInfo, Fields, Json, Limits, Order, RemoteObject } from '../contract.ts'
import { crmError } from '../errors.ts'
import { factOf } from '../http/context.ts'
import type { Priority } from '../http/ports.ts'
import {
  type CompiledMapping,
  compileMapping,
  type MappingSpec,
  mergeMappings,
  type Resolver,
} from '../mapping/index.ts'
import type { AnyProvider } from '../registry/capabilities.ts'
import { requireConnection, type StoredConnection } from '../store/connections.ts'
import { type Flag, listFlags } from '../store/flags.ts'
import { currentLayers } from '../store/mappings.ts'
import type { Engine } from './engine.ts'
import { createTables, type Tables } from './tables.ts'

export type AnyObject = RemoteObject<Fields>

/** One connection, opened for a turn of work: its provider, its objects and what is needed to map and call them. */
export interface Crm {
  readonly connection: StoredConnection
  readonly provider: AnyProvider
  readonly limits: Pick<Limits, 'page' | 'read' | 'write' | 'fields'>
  readonly tables: Tables
  /** Switches of the workspace, as they were when the turn began. */
  readonly flags: readonly Flag[]
  /** Objects that are switched on here. */
  readonly objects: readonly AnyObject[]
  readonly mappingVersion: string
  readonly spec: MappingSpec
  readonly origins: Readonly<Record<string, string>>
  /** Throws `not_found` with the names that there are. */
  object(name: string): AnyObject
  order(object: AnyObject): Order | undefined
  ctx(operation: {
    name: string
    priority: Priority
    signal: AbortSignal
    correlationId: string
    sendBy?: number
  }): Promise<Ctx<Fields>>
  /** The mapping of an object, against the tenant's live schema where it can be described. */
  mapping(
    object: AnyObject,
    signal: AbortSignal,
  ): Promise<{ readonly compiled: CompiledMapping; readonly resolver: Resolver }>
  /** The CRM's clock, epoch ms. */
  crmNowMs(): number
}

const isOn = (connection: StoredConnection, { name }: AnyObject): boolean =>
  connection.objects.includes(name) && connection.switched_off[name] === undefined

const numberOr = (value: Json | undefined, otherwise: number): number =>
  typeof value === 'number' && value > 0 ? value : otherwise

/** The vendor's sizes of pages and batches, as the connection's settings correct them. */
export const effectiveLimits = (
  provider: AnyProvider,
  settings: Fields,
): Pick<Limits, 'page' | 'read' | 'write' | 'fields'> => {
  const published = factOf<Fields, Limits>(provider.api.limits, settings)
  const own = (settings['limits'] ?? {}) as Fields
  const mostFields = typeof own['fields'] === 'number' && own['fields'] > 0 ? own['fields'] : published.fields
  return {
    page: numberOr(own['page'], published.page),
    read: numberOr(own['read'], published.read),
    write: numberOr(own['write'], published.write),
    ...(mostFields === undefined ? {} : { fields: mostFields }),
  }
}

const SCHEMA_AGE_MS = 24 * 3_600_000

/** Opens a connection for a turn of work. Throws `not_found` where it is gone. */
export const openCrm = async (engine: Engine, connectionId: string): Promise<Crm> =>
  describeCrm(engine, await requireConnection(engine.database.db, connectionId))

/** The same for a connection that is loaded already; `trialSpec` stands in the place of its own mapping layer. */
export const describeCrm = async (
  engine: Engine,
  connection: StoredConnection,
  trialSpec?: MappingSpec,
): Promise<Crm> => {
  const { provider, version } = engine.provider(connection.provider)
  const kept = await currentLayers(engine.database, connection.provider, connection.workspace_id, connection.id)
  const flags = await listFlags(engine.database.db, connection.workspace_id)
  const layers =
    trialSpec === undefined
      ? kept
      : [
          ...kept.filter(({ scope }) => scope !== 'connection'),
          { scope: 'connection' as const, version: 0, spec: trialSpec as unknown as Json },
        ]
  const { spec, origins } = mergeMappings([
    { origin: `plugin ${provider.id}`, spec: provider.mapping as MappingSpec },
    ...layers.map((layer) => ({ origin: layer.scope, spec: layer.spec as unknown as MappingSpec })),
  ])
  const mappingVersion = [`${provider.id}@${version}`, ...layers.map((l) => `${l.scope}:${l.version}`)].join(' ')
  const allObjects = provider.objects as readonly AnyObject[]
  const limits = effectiveLimits(provider, connection.settings)

  const ctx: Crm['ctx'] = async ({ name, priority, signal, correlationId, sendBy }) => {
    const made: Ctx<Fields> = await engine.createCtx(connection, {
      name,
      priority,
      signal,
      correlationId,
      ...(sendBy === undefined ? {} : { sendBy }),
      lookup: (table, key) => tables.find(table, key, made),
    })
    return made
  }
  const tables = createTables(engine, connection.id, provider)
  const compiledByObject = new Map<string, CompiledMapping>()

  const schemaOf = async (object: AnyObject, context: Ctx<Fields>): Promise<readonly FieldInfo[] | undefined> => {
    const { describe } = object
    return describe && tables.cached<FieldInfo>(`describe:${object.name}`, SCHEMA_AGE_MS, () => describe(context))
  }

  return {
    connection,
    provider,
    limits,
    tables,
    flags,
    objects: allObjects.filter((object) => isOn(connection, object)),
    mappingVersion,
    spec,
    origins,
    object: (name) => {
      const object = allObjects.find((candidate) => candidate.name === name)
      if (object !== undefined) return object
      throw crmError(
        'not_found',
        `${provider.title} has no object ${name}. It has ${allObjects.map((o) => o.name).join(', ')}.`,
      )
    },
    order: (object) => (object.order === undefined ? undefined : factOf(object.order, connection.settings)),
    ctx,
    mapping: async (object, signal) => {
      const context = await ctx({ name: `describe ${object.name}`, priority: 'delta', signal, correlationId: 'schema' })
      let compiled = compiledByObject.get(object.name)
      if (compiled === undefined) {
        const currency = connection.account?.['currency']
        compiled = compileMapping({
          spec,
          object: {
            type: object.type,
            name: object.name,
            ...(object.aliases === undefined ? {} : { aliases: object.aliases }),
          },
          fields: await schemaOf(object, context),
          ...(typeof currency === 'string' ? { currency } : {}),
        })
        compiledByObject.set(object.name, compiled)
      }
      return { compiled, resolver: await tables.resolver(compiled.lookupTables, context) }
    },
    crmNowMs: () => engine.clock.wallMs() + connection.skew_ms,
  }
}

/** Names of the objects that a request means: canonical types or remote names, all that are on if none is given. */
export const chooseObjects = (crm: Crm, wanted: readonly string[] | undefined): readonly AnyObject[] => {
  if (wanted === undefined || wanted.length === 0) return crm.objects
  return crm.objects.filter(({ name, type }) => {
    return wanted.includes(name) || wanted.includes(type)
  })
}
