import {
  batches,
  type Ctx,
  eachRow,
  type Failure,
  fail,
  isCrmError,
  type Link,
  type ObjectType,
} from '@raccordo/core/plugin'
import { rowFailure, saysNotThere } from './errors.ts'
import { type Kind, OBJECT_OF } from './kinds.ts'
import { ASSOCIATION_READ_BATCH } from './limits.ts'
import { pathsOf } from './paths.ts'
import type { Settings } from './settings.ts'

/** Ids of HubSpot's own plain association types, by the object that is written and the type it is linked with. */
const TYPE_ID: Readonly<Record<string, { readonly [T in ObjectType]?: number }>> = {
  contacts: { contact: 449, company: 279, deal: 4, activity: 193 },
  companies: { contact: 280, company: 450, deal: 342, activity: 181 },
  calls: { contact: 194, company: 182, deal: 206 },
}
/** The types that make a company (or a deal's company) the primary one. */
const PRIMARY_TYPE_IDS: readonly number[] = [1, 2, 5, 6]

/** Links as a new record takes them. */
export const inlineAssociations = (kind: Kind, links: readonly Link[]) =>
  links.map((link) => ({ to: { id: link.remoteId }, types: [associationType(kind, link.type)] }))

/** All links of records to other types, the primary one first, by as many pages as there are. Not through an index. */
export const readLinks = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  ids: readonly string[],
  types: readonly ObjectType[],
): Promise<ReadonlyMap<string, readonly Link[]>> => {
  const links = new Map<string, Link[]>(ids.map((id) => [id, []]))
  for (const type of types.filter((wanted) => TYPE_ID[kind.name]?.[wanted] !== undefined)) {
    const related = await readRelated(ctx, kind.name, OBJECT_OF[type], [...links.keys()])
    for (const [id, remoteIds] of related) links.get(id)?.push(...remoteIds.map((remoteId) => ({ type, remoteId })))
  }
  return links
}

/** Ids of the records of another object that some records are linked with. */
export const readRelated = async (
  ctx: Ctx<Settings>,
  from: string,
  to: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const related = new Map<string, { id: string; isPrimary: boolean }[]>()
  let inputs: readonly AssociationInput[] = ids.map((id) => ({ id }))
  while (inputs.length > 0) {
    const next: AssociationInput[] = []
    for (const some of batches(inputs, ASSOCIATION_READ_BATCH))
      for (const entry of await readBatch(ctx, from, to, some)) {
        const id = String(entry.from?.id)
        related.set(id, [...(related.get(id) ?? []), ...(entry.to ?? []).map(targetOf)])
        const after = entry.paging?.next?.after
        if (after !== undefined) next.push({ id, after: String(after) })
      }
    inputs = next
  }
  return new Map([...related].map(([id, targets]) => [id, primaryFirst(targets)]))
}

export interface Pair {
  readonly id: string
  readonly link: Link
}

/**
 * Links existing records; doing it twice is harmless. One batch for each type of target where there are several, and
 * one by one where HubSpot did not take a batch as a whole, so that each pair has its own outcome: undefined is done.
 */
export const associate = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  pairs: readonly Pair[],
): Promise<ReadonlyMap<Pair, Failure>> => {
  const failures = new Map<Pair, Failure>()
  for (const [type, some] of Map.groupBy(pairs, ({ link }) => link.type)) {
    if (some.length > 1 && (await associateBatch(ctx, kind, type, some))) continue
    const outcomes = await eachRow(some, async ({ id, link }) => {
      await ctx.call({
        method: 'PUT',
        path: pathsOf(ctx.settings).associate(kind.name, id, OBJECT_OF[link.type], link.remoteId),
        idempotent: true,
      })
      return { ok: true, remoteId: id, created: false }
    })
    for (const [index, pair] of some.entries()) {
      const outcome = outcomes[index]
      if (outcome?.ok === false) failures.set(pair, outcome)
    }
  }
  return failures
}

/** True where HubSpot took every pair. */
const associateBatch = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  type: ObjectType,
  pairs: readonly Pair[],
): Promise<boolean> => {
  const types = [associationType(kind, type)]
  try {
    const reply = await ctx.call({
      method: 'POST',
      path: pathsOf(ctx.settings).associationBatch(kind.name, OBJECT_OF[type], 'create'),
      idempotent: true,
      body: { inputs: pairs.map(({ id, link }) => ({ from: { id }, to: { id: link.remoteId }, types })) },
    })
    return (reply.body?.errors ?? []).length === 0
  } catch (error) {
    if (isCrmError(error) && REFUSES_ROWS.has(error.kind)) return false
    throw error
  }
}
const REFUSES_ROWS: ReadonlySet<string> = new Set(['invalid', 'not_found', 'conflict'])

type AssociationInput = { readonly id: string; readonly after?: string }
interface VendorAssociations {
  readonly from?: { readonly id?: string | number }
  readonly to?: readonly VendorTarget[]
  readonly paging?: { readonly next?: { readonly after?: string | number } }
}
interface VendorTarget {
  readonly toObjectId?: string | number
  readonly id?: string | number
  readonly associationTypes?: readonly { readonly category?: string; readonly typeId?: number }[]
}

const readBatch = async (
  ctx: Ctx<Settings>,
  from: string,
  to: string,
  inputs: readonly AssociationInput[],
): Promise<readonly VendorAssociations[]> => {
  const reply = await ctx.call({
    method: 'POST',
    path: pathsOf(ctx.settings).associationBatch(from, to, 'read'),
    idempotent: true,
    body: { inputs },
  })
  const errors: readonly Parameters<typeof saysNotThere>[0][] = reply.body?.errors ?? []
  const fault = errors.find((error) => !saysNotThere(error))
  if (fault !== undefined) {
    const { kind, message, ...more } = rowFailure(fault)
    throw fail(kind, message, more)
  }
  return reply.body?.results ?? []
}

const targetOf = (target: VendorTarget) => ({
  id: String(target.toObjectId ?? target.id),
  isPrimary: (target.associationTypes ?? []).some(
    ({ category, typeId }) => category !== 'USER_DEFINED' && PRIMARY_TYPE_IDS.includes(typeId ?? 0),
  ),
})

const primaryFirst = (targets: readonly { id: string; isPrimary: boolean }[]): readonly string[] => [
  ...new Set([...targets].sort((left, right) => Number(right.isPrimary) - Number(left.isPrimary)).map(({ id }) => id)),
]

const associationType = (kind: Kind, to: ObjectType) => {
  const associationTypeId = TYPE_ID[kind.name]?.[to]
  if (associationTypeId === undefined) throw fail('invalid', `HubSpot's ${kind.name} cannot be linked with a ${to}`)
  return { associationCategory: 'HUBSPOT_DEFINED', associationTypeId }
}
