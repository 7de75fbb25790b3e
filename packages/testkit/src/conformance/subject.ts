import assert from 'node:assert/strict'
import { type CompiledMapping, compileMapping, type MappingSpec, type Resolver } from '@raccordo/core/mapping'
import type { Fields, Link, Outcome, PageRequest, RemoteRecord, Row } from '@raccordo/core/plugin'
import { seededRandom } from '../simulator/random.ts'
import type { TruthRecord } from '../simulator/types.ts'
import { type AnyObject, offered } from './provider.ts'
import { LINKED, type Sample, sampleMaker } from './samples.ts'
import type { World } from './world.ts'

/** More pages than any check can need: a cursor that leads in circles ends here. */
const MOST_PAGES = 100

const SAMPLE_SEED = 11

/** One object of a world, spoken of in canonical values. */
export interface Subject extends World {
  readonly object: AnyObject
  readonly mapping: CompiledMapping
  readonly resolver: Resolver
  /** Live records of this object, as the CRM holds them. */
  truth(): Promise<readonly TruthRecord[]>
  /** The live record; throws where it is gone. */
  truthOf(id: string): Promise<TruthRecord>
  /** An invented record with all that this object maps. */
  sample(): Sample
  /** A user of the CRM makes a record of the sample. */
  add(sample?: Sample, links?: readonly Link[]): Promise<string>
  /** What a record is linked with where it cannot be alone. */
  usualLinks(): Promise<readonly Link[]>
  /** The sample as a row that the plugin is given. */
  row(sample: Sample, marker?: string): Promise<Row>
  /** Canonical values as remote ones. */
  remote(
    data: Fields,
    links?: readonly Link[],
    base?: Fields,
  ): { readonly fields: Fields; readonly links: readonly Link[] }
  /** A remote record's values as canonical ones. */
  canonical(record: RemoteRecord): Fields
  /** Every page of a pull, from a cursor on. */
  pages(request?: Partial<PageRequest>): Promise<readonly (readonly RemoteRecord[])[]>
}

/** Looks at a world through one of its objects. */
export const subjectOf = async (world: World, object: AnyObject): Promise<Subject> => {
  const { provider, simulator, ctx } = world
  const { type, name, aliases } = object
  const currency = ctx.account?.currency
  const mapping = compileMapping({
    spec: provider.mapping as MappingSpec,
    object: { type, name, ...(aliases === undefined ? {} : { aliases }) },
    fields: await object.describe?.(ctx),
    ...(currency === undefined ? {} : { currency }),
  })
  const resolver = await resolverOf(world, mapping)
  const fixed = { ...firstHeld(object), ...world.options.samples?.[name] }
  const make = sampleMaker(seededRandom(SAMPLE_SEED))

  const truth = async () => (await simulator.truth(type)).filter((record) => holds(object, record.data))
  const sample = (): Sample => {
    const { token, data } = make(type, fixed)
    return { token, data: Object.fromEntries(Object.entries(data).filter(([field]) => isMapped(mapping, field))) }
  }
  const usualLinks = async (): Promise<readonly Link[]> => {
    if (type !== 'activity') return []
    for (const linked of LINKED[type]) {
      const [other] = await simulator.truth(linked)
      if (other !== undefined) return [{ type: linked, remoteId: other.id }]
    }
    return []
  }
  const remote: Subject['remote'] = (data, links = [], base = {}) => {
    const written = mapping.toRemote({ ...data, ...localReferences(mapping, links) }, resolver, base)
    assert(written.ok, `the mapping refuses a sample of ${name}: ${written.ok ? '' : JSON.stringify(written.faults)}`)
    const fields: Record<string, Fields[string]> = { ...written.fields }
    for (const link of written.links) if (link.field !== undefined) fields[link.field] = link.localId
    const inFields = new Set(written.links.flatMap((link) => (link.field === undefined ? [] : [link.type])))
    return { fields, links: links.filter((link) => !inFields.has(link.type)) }
  }

  return {
    ...world,
    object,
    mapping,
    resolver,
    truth,
    truthOf: async (id) => {
      const found = (await truth()).find((record) => record.id === id)
      assert(found !== undefined, `the CRM has no live ${name} ${id}`)
      return found
    },
    sample,
    usualLinks,
    add: async (given = sample(), links) => simulator.add(type, given.data, links ?? (await usualLinks())),
    row: async (given, marker = `marker-${given.token}`) => {
      const { fields, links } = remote(given.data, await usualLinks())
      const [key] = mapping.keys
      const value = key === undefined ? undefined : fields[key.remote]
      const keyed = key !== undefined && typeof value === 'string' ? { key: { field: key.remote, value } } : {}
      return { marker, fields, ...(links.length === 0 ? {} : { links }), ...keyed }
    },
    remote,
    canonical: (record) => {
      const result = mapping.toCanonical(record, resolver)
      assert(result.ok, `the mapping cannot read ${name} ${record.id}`)
      return result.data
    },
    pages: (request = {}) => pagesOf(world, object, { fields: mapping.remoteFields, limit: 3, ...request }),
  }
}

const pagesOf = async ({ ctx }: World, object: AnyObject, request: PageRequest) => {
  const pull = offered(object, 'pull')
  const pages: (readonly RemoteRecord[])[] = []
  let { cursor } = request
  do {
    const page = await pull(ctx, { ...request, ...(cursor === undefined ? {} : { cursor }) })
    pages.push(page.records)
    cursor = page.next
    assert(pages.length < MOST_PAGES, `${object.name} goes on after ${MOST_PAGES} pages`)
  } while (cursor !== undefined)
  return pages
}

const resolverOf = async ({ ctx }: World, mapping: CompiledMapping): Promise<Resolver> => {
  const tables = new Map(
    await Promise.all(mapping.lookupTables.map(async (table) => [table, await ctx.rows(table)] as const)),
  )
  return {
    lookup: (table, by) => tables.get(table)?.find((row) => ('id' in by ? row.id === by.id : row.key === by.key)),
  }
}

const firstHeld = (object: AnyObject): Fields =>
  Object.fromEntries(Object.entries(object.holds ?? {}).map(([field, values]) => [field, values[0]]))

const holds = (object: AnyObject, data: Fields): boolean =>
  Object.entries(object.holds ?? {}).every(([field, values]) => values.includes(String(data[field])))

const isMapped = (mapping: CompiledMapping, field: string): boolean => mapping.canonicalFields.includes(field)

/** References under the remote ids themselves, which the mapping passes on as they are. */
const localReferences = (mapping: CompiledMapping, links: readonly Link[]): Fields =>
  Object.fromEntries(
    links.map((link) => [`${link.type}_id`, link.remoteId] as const).filter(([field]) => isMapped(mapping, field)),
  )

/** Ids of what was written, in order; throws with the first failure. */
export const idsOf = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.map((outcome) => {
    assert(outcome.ok, `a row failed: ${outcome.ok ? '' : `${outcome.kind}: ${outcome.message}`}`)
    return outcome.remoteId
  })
