import { type Ctx, eachRow, type Failure, isCrmError, type Link, type ObjectType } from '@raccordo/core/plugin'
import { type AssociationType, linkedObject, plainType, primaryType } from './association-types.ts'
import { readRelated } from './associations.ts'
import type { Kind } from './kinds.ts'
import { pathsOf } from './paths.ts'
import type { Settings } from './settings.ts'

/** A record that is there, and what it is to be linked with. */
export interface Pair {
  readonly id: string
  readonly link: Link
}

/**
 * Links existing records; doing it twice is harmless. One batch for each type of target where there are several, and
 * one by one where HubSpot did not take a batch as a whole, so that each pair has its own outcome. Answers the failures.
 */
export const associate = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  pairs: readonly Pair[],
): Promise<ReadonlyMap<Pair, Failure>> => {
  const failures = new Map<Pair, Failure>()
  for (const [type, some] of Map.groupBy(pairs, ({ link }) => link.type)) {
    const plain = plainType(kind, type)
    const to = linkedObject(kind, type) ?? ''
    const primary = await primaryPairs(ctx, kind, type, some)
    const typeOf = (pair: Pair): AssociationType => primary.get(pair) ?? plain
    if (some.length > 1 && (await associateBatch(ctx, kind, to, some, typeOf))) continue
    const outcomes = await eachRow(some, async (pair) => {
      await associateOne(ctx, kind, to, pair, primary.get(pair))
      return { ok: true, remoteId: pair.id, created: false }
    })
    for (const [index, pair] of some.entries()) {
      const outcome = outcomes[index]
      if (outcome?.ok === false) failures.set(pair, outcome)
    }
  }
  return failures
}

/**
 * A contact or deal has one company to the host and any number in HubSpot. Beside others the pushed one would never be
 * seen again, so it becomes the primary one there; the links to the others stay.
 */
const primaryPairs = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  type: ObjectType,
  pairs: readonly Pair[],
): Promise<ReadonlyMap<Pair, AssociationType>> => {
  const primary = primaryType(kind, type)
  if (primary === undefined) return new Map()
  const ids = [...new Set(pairs.map(({ id }) => id))]
  const related = await readRelated(ctx, kind.name, linkedObject(kind, type) ?? '', ids)
  const isBesideOthers = ({ id, link }: Pair): boolean =>
    (related.get(id) ?? []).some((linkedId) => linkedId !== link.remoteId)
  return new Map(pairs.filter(isBesideOthers).map((pair) => [pair, primary]))
}

const associateOne = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  to: string,
  pair: Pair,
  primary: AssociationType | undefined,
): Promise<void> => {
  const { id, link } = pair
  const paths = pathsOf(ctx.settings)
  await ctx.call({
    method: 'PUT',
    path:
      primary === undefined
        ? paths.associate(kind.name, id, to, link.remoteId)
        : paths.label(kind.name, id, to, link.remoteId),
    idempotent: true,
    ...(primary === undefined ? {} : { body: [primary] }),
  })
}

/** True where HubSpot took every pair. */
const associateBatch = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  to: string,
  pairs: readonly Pair[],
  typeOf: (pair: Pair) => AssociationType,
): Promise<boolean> => {
  const inputs = pairs.map((pair) => ({
    from: { id: pair.id },
    to: { id: pair.link.remoteId },
    types: [typeOf(pair)],
  }))
  try {
    const reply = await ctx.call({
      method: 'POST',
      path: pathsOf(ctx.settings).associationBatch(kind.name, to, 'create'),
      idempotent: true,
      body: { inputs },
    })
    return (reply.body?.errors ?? []).length === 0
  } catch (error) {
    if (isCrmError(error) && REFUSES_ROWS.has(error.kind)) return false
    throw error
  }
}
const REFUSES_ROWS: ReadonlySet<string> = new Set(['invalid', 'not_found', 'conflict'])
