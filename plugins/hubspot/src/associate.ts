import { type Ctx, eachRow, type Failure, isCrmError, type Link, type ObjectType } from '@raccordo/core/plugin'
import { type AssociationType, hasPrimary, PRIMARY_COMPANY_TYPE, plainType } from './association-types.ts'
import { readRelated } from './associations.ts'
import { type Kind, OBJECT_OF } from './kinds.ts'
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
    const primary = await primaryPairs(ctx, kind, type, some)
    const typeOf = (pair: Pair): AssociationType =>
      primary.has(pair) ? PRIMARY_COMPANY_TYPE : plainType(kind, pair.link.type)
    if (some.length > 1 && (await associateBatch(ctx, kind, type, some, typeOf))) continue
    const outcomes = await eachRow(some, async (pair) => {
      await associateOne(ctx, kind, pair, primary.has(pair))
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
 * A contact has one company to the host and any number in HubSpot. Beside others the pushed one would never be seen
 * again, so it becomes the primary one there; the links to the others stay.
 */
const primaryPairs = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  type: ObjectType,
  pairs: readonly Pair[],
): Promise<ReadonlySet<Pair>> => {
  if (!hasPrimary(kind, type)) return new Set()
  const ids = [...new Set(pairs.map(({ id }) => id))]
  const related = await readRelated(ctx, kind.name, OBJECT_OF[type], ids)
  const isBesideOthers = ({ id, link }: Pair): boolean =>
    (related.get(id) ?? []).some((linkedId) => linkedId !== link.remoteId)
  return new Set(pairs.filter(isBesideOthers))
}

const associateOne = async (ctx: Ctx<Settings>, kind: Kind, pair: Pair, isPrimary: boolean): Promise<void> => {
  const { id, link } = pair
  const paths = pathsOf(ctx.settings)
  const to = OBJECT_OF[link.type]
  await ctx.call({
    method: 'PUT',
    path: isPrimary ? paths.label(kind.name, id, to, link.remoteId) : paths.associate(kind.name, id, to, link.remoteId),
    idempotent: true,
    ...(isPrimary ? { body: [PRIMARY_COMPANY_TYPE] } : {}),
  })
}

/** True where HubSpot took every pair. */
const associateBatch = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  type: ObjectType,
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
      path: pathsOf(ctx.settings).associationBatch(kind.name, OBJECT_OF[type], 'create'),
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
