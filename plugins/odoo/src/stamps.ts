import { type Ctx, isCrmError, type Outcome } from '@raccordo/core/plugin'
import type { OdooSettings } from './settings.ts'
import { searchRead } from './transport.ts'
import { toInstant } from './values.ts'

/**
 * The outcomes of a write with the stamps that it left, read in one call for the whole batch. The write stands whether
 * or not they can be read.
 */
export const withStamps = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  outcomes: readonly Outcome[],
): Promise<readonly Outcome[]> => {
  const ids = outcomes.flatMap((outcome) => (outcome.ok ? [Number(outcome.remoteId)] : []))
  if (ids.length === 0) return outcomes
  const stamps = await readStamps(ctx, model, ids)
  return outcomes.map((outcome) => {
    const updatedAt = outcome.ok ? stamps.get(outcome.remoteId) : undefined
    return updatedAt === undefined ? outcome : { ...outcome, updatedAt }
  })
}

const readStamps = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  ids: readonly number[],
): Promise<ReadonlyMap<string, string>> => {
  try {
    const records = await searchRead(ctx, model, { domain: [['id', 'in', ids]], fields: ['write_date'] })
    return new Map(
      records.flatMap(({ id, write_date }) => {
        const stamp = toInstant(write_date)
        return stamp === undefined ? [] : [[String(id), stamp] as const]
      }),
    )
  } catch (error) {
    if (!isCrmError(error)) throw error
    return new Map()
  }
}
