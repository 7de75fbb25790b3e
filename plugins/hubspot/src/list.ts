import {
  type Ctx,
  isCrmError,
  type Link,
  type ObjectType,
  type Page,
  type PageRequest,
  type RemoteRecord,
} from '@raccordo/core/plugin'
import { linkedObjects } from './association-types.ts'
import type { Kind } from './kinds.ts'
import { LIST_PAGE } from './limits.ts'
import { pathsOf } from './paths.ts'
import { recordOf, stampOf, wanted } from './properties.ts'
import { readRecords } from './read.ts'
import type { Settings } from './settings.ts'
import type { VendorList, VendorRecord } from './vendor.ts'

/** Addresses of some 8,000 characters are refused with 414: longer field lists go into the body of a second call. */
const LONGEST_FIELD_LIST = 4_000

/**
 * One page of everything, from the list: in the order of ids, not through the search index. The cursor is the id that
 * HubSpot named as the next one, so no change elsewhere can move it.
 */
export const listPage = async (ctx: Ctx<Settings>, kind: Kind, page: PageRequest): Promise<Page> => {
  const properties = wanted(kind, page.fields)
  const isLong = properties.join('%2C').length > LONGEST_FIELD_LIST
  const list = await readLinked(ctx, kind, page, isLong ? [kind.changedField] : properties)
  const results = list.results ?? []
  const linksKnown = kind.linked.length === 0 || results.some((record) => record.associations !== undefined)
  const linksOf = (record: VendorRecord) => (linksKnown ? inlineLinks(kind, record) : undefined)
  const records = isLong
    ? withLinks(
        await readRecords(
          ctx,
          kind,
          results.map((record) => String(record.id)),
          page.fields,
        ),
        results,
        linksOf,
      )
    : results.map((record) => recordOf(ctx, kind, record, page.fields, linksOf(record)))
  return { records, ...nextOf(list) }
}

/** Id and stamp of everything, one page. */
export const listStamps = async (ctx: Ctx<Settings>, kind: Kind, page: Omit<PageRequest, 'fields'>) => {
  const list = await readList(ctx, kind, page, { properties: [kind.changedField] })
  const rows = (list.results ?? []).map((record) => {
    const updatedAt = stampOf(kind, record)
    return { id: String(record.id), ...(updatedAt === undefined ? {} : { updatedAt }) }
  })
  return { rows, ...nextOf(list) }
}

/** One page of what is archived: only as a whole, because archiving moves no stamp and no filter takes `archivedAt`. */
export const archivedPage = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  page: Omit<PageRequest, 'fields'>,
): Promise<Page> => {
  const list = await readList(ctx, kind, page, { properties: [kind.changedField], archived: true })
  const records = (list.results ?? []).map((record) => recordOf(ctx, kind, { ...record, archived: true }, []))
  return { records, ...nextOf(list) }
}

/**
 * The list with relations; without them where the credentials may not see what is on their other end. Nothing is said
 * of links then, and the engine asks for those of the types that are switched on.
 */
const readLinked = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  page: PageRequest,
  properties: readonly string[],
): Promise<VendorList> => {
  if (kind.linked.length === 0) return readList(ctx, kind, page, { properties })
  const associations = linkedObjects(kind)
    .map(({ object }) => object)
    .join(',')
  try {
    return await readList(ctx, kind, page, { properties, associations })
  } catch (error) {
    if (!isCrmError(error) || error.kind !== 'forbidden') throw error
    return readList(ctx, kind, page, { properties })
  }
}

interface ListQuery {
  readonly properties: readonly string[]
  readonly associations?: string
  readonly archived?: boolean
}

const readList = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  page: { readonly cursor?: string; readonly limit: number },
  query: ListQuery,
): Promise<VendorList> => {
  const reply = await ctx.call({
    path: pathsOf(ctx.settings).objects(kind.name),
    query: {
      limit: Math.min(page.limit, LIST_PAGE),
      after: page.cursor,
      properties: query.properties.join(','),
      associations: query.associations,
      archived: query.archived === true ? 'true' : 'false',
    },
  })
  return reply.body ?? {}
}

const nextOf = (list: VendorList): { next?: string } => {
  const after = list.paging?.next?.after
  return after === undefined ? {} : { next: String(after) }
}

/** The records in the order of the list, each with its relations; those that went away in between are left out. */
const withLinks = (
  records: readonly RemoteRecord[],
  listed: readonly VendorRecord[],
  linksOf: (record: VendorRecord) => readonly Link[] | undefined,
): readonly RemoteRecord[] => {
  const byId = new Map(records.map((record) => [record.id, record]))
  return listed.flatMap((source) => {
    const record = byId.get(String(source.id))
    const links = linksOf(source)
    if (record === undefined) return []
    return [links === undefined ? record : { ...record, links }]
  })
}

/** The relations that came with a record, the primary one first; undefined where HubSpot has more of them than it sent. */
const inlineLinks = (kind: Kind, record: VendorRecord): readonly Link[] | undefined => {
  const links: Link[] = []
  for (const { type, object } of linkedObjects(kind)) {
    const related = record.associations?.[object]
    if (related?.paging?.next !== undefined) return undefined
    links.push(...primaryFirst(type, related?.results ?? []))
  }
  return links
}

/** A primary company stands twice in the list: as `contact_to_company` and as `contact_to_company_unlabeled`. */
const primaryFirst = (
  type: ObjectType,
  related: readonly { id?: string | number; type?: string }[],
): readonly Link[] => {
  const isPlain = (entry: { type?: string }): boolean => entry.type?.endsWith('_unlabeled') ?? true
  const ids = [...related]
    .sort((left, right) => Number(isPlain(left)) - Number(isPlain(right)))
    .map(({ id }) => String(id))
  return [...new Set(ids)].map((remoteId) => ({ type, remoteId }))
}
