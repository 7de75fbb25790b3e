import { batches, type Ctx, fail, type Link, type ObjectType } from '@raccordo/core/plugin'
import { linkedObject, PRIMARY_TYPE_IDS } from './association-types.ts'
import { rowFailure, saysNotThere } from './errors.ts'
import type { Kind } from './kinds.ts'
import { ASSOCIATION_READ_BATCH } from './limits.ts'
import { pathsOf } from './paths.ts'
import type { Settings } from './settings.ts'

/** All links of records to other types, the primary one first, by as many pages as there are. Not through an index. */
export const readLinks = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  ids: readonly string[],
  types: readonly ObjectType[],
): Promise<ReadonlyMap<string, readonly Link[]>> => {
  const links = new Map<string, Link[]>(ids.map((id) => [id, []]))
  for (const type of types) {
    const object = linkedObject(kind, type)
    if (object === undefined) continue
    const related = await readRelated(ctx, kind.name, object, [...links.keys()])
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
