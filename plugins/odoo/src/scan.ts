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

/**
 * One page by id of messages or activities: Odoo cuts such a page first and then drops what the user may not see, so that a
 * short page, even an empty one, need not be the last. What lies behind it is asked for by id alone.
 */
export const scanGuarded = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  domain: Domain,
  page: Omit<PageRequest, 'fields'>,
  fields: readonly string[],
): Promise<Scan> => {
  const { records, next } = await scanById(ctx, model, domain, page, fields)
  if (next !== undefined) return { records, next }
  const last = records.at(-1)?.id ?? Number(page.cursor ?? 0)
  const terms: Domain = [...domain, ...windowDomain(page.window), ['id', '>', last]]
  for (const limit of [page.limit * GUARD_PAGES, undefined]) {
    const [behind] = await searchRead(ctx, model, {
      domain: terms,
      fields: ['id'],
      ...(limit === undefined ? {} : { limit }),
    })
    if (behind !== undefined) return { records, next: String(behind.id - 1) }
  }
  return { records, next: undefined }
}

/** How many pages of hidden records are looked through before the whole rest is asked for. */
const GUARD_PAGES = 10

/** A page of ids and stamps alone. */
export const stampPage = ({ records, next }: Scan) => ({
  rows: records.map(({ id, write_date }) => ({ id: String(id), ...stampOf(write_date) })),
  ...(next === undefined ? {} : { next }),
})
