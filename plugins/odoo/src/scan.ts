import type { Ctx, PageRequest } from '@raccordo/core/plugin'
import type { OdooSettings } from './settings.ts'
import { type Domain, type OdooRecord, searchRead } from './transport.ts'
import { stampOf, windowDomain } from './values.ts'

export interface Scan {
  readonly records: readonly OdooRecord[]
  readonly next: string | undefined
}

/** One page by id, inside the frozen window: records that change meanwhile can shift no other one out of it. */
export const scanById = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  domain: Domain,
  { window, cursor, limit }: Omit<PageRequest, 'fields'>,
  fields: readonly string[],
): Promise<Scan> => {
  const terms: Domain = [...domain, ...windowDomain(window), ['id', '>', Number(cursor ?? 0)]]
  const records = await searchRead(ctx, model, { domain: terms, fields, limit })
  return { records, next: records.length < limit ? undefined : String(records.at(-1)?.id) }
}

/** A page of ids and stamps alone. */
export const stampPage = ({ records, next }: Scan) => ({
  rows: records.map(({ id, write_date }) => ({ id: String(id), ...stampOf(write_date) })),
  ...(next === undefined ? {} : { next }),
})
