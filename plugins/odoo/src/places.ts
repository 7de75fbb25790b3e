import type { Ctx, Failure, Link, Row } from '@raccordo/core/plugin'
import type { KeptLink } from './kept-links.ts'
import { linkedId, readLinkedPartners } from './linked-partners.ts'
import type { OdooSettings } from './settings.ts'
import { type OdooRecord, searchRead } from './transport.ts'

/** The record that an activity hangs on: a deal, else a contact, else a company. */
export interface Place {
  readonly model: 'res.partner' | 'crm.lead'
  readonly id: number
  readonly link: Link
}

const ORDER = ['deal', 'contact', 'company'] as const

/** Where the links of a row put it; undefined where they name nobody. */
export const placeOf = (links: readonly Link[] | undefined): Place | undefined => {
  for (const type of ORDER) {
    const id = linkedId(links, type)
    if (id !== undefined)
      return { model: type === 'deal' ? 'crm.lead' : 'res.partner', id, link: { type, remoteId: String(id) } }
  }
  return undefined
}

/** Names of contacts, companies and deals, by `type:id`; what is not there has none. */
export type Names = ReadonlyMap<string, string>

export const readNames = async (ctx: Ctx<OdooSettings>, links: readonly Link[]): Promise<Names> => {
  const idsOf = (isDeal: boolean) =>
    links.filter(({ type }) => (type === 'deal') === isDeal).map(({ remoteId }) => Number(remoteId))
  const leadIds = [...new Set(idsOf(true))]
  const partners = await readLinkedPartners(ctx, idsOf(false))
  const leads =
    leadIds.length === 0 ? [] : await searchRead(ctx, 'crm.lead', { domain: [['id', 'in', leadIds]], fields: ['name'] })
  const names = new Map<string, string>()
  for (const { id, name } of partners.values())
    for (const type of ['contact', 'company']) names.set(`${type}:${id}`, name)
  for (const { id, name } of leads) names.set(`deal:${id}`, String(name))
  return names
}

export const allLinks = (rows: readonly Row[]): readonly Link[] => rows.flatMap(({ links }) => links ?? [])

/** Links as they are kept in a text: with the names of their records. */
export const namedLinks = (links: readonly Link[], names: Names): readonly KeptLink[] =>
  links.map((link) => ({ ...link, name: names.get(`${link.type}:${link.remoteId}`) ?? '' }))

/** Why a row cannot stand where it is to: no record is named, or the one that is named is not there. */
export const faultOfPlace = (place: Place | undefined, names: Names, what: string): Failure | undefined => {
  if (place === undefined)
    return {
      kind: 'invalid',
      message: `Odoo keeps a ${what} with a deal, a contact or a company, and this ${what} names none.`,
    }
  const { type, remoteId } = place.link
  if (names.has(`${type}:${remoteId}`)) return undefined
  return { kind: 'invalid', message: `Odoo has no ${type} ${remoteId} to keep this ${what} with.` }
}

/** The records that messages or activities hang on, as links; those on other models have none. */
export const readPlaces = async (
  ctx: Ctx<OdooSettings>,
  records: readonly OdooRecord[],
  columns: { readonly model: string; readonly id: string },
): Promise<(record: OdooRecord) => readonly Link[]> => {
  const idOf = (record: OdooRecord) => Number(record[columns.id])
  const onPartners = records.filter((record) => record[columns.model] === 'res.partner' && idOf(record) > 0)
  const partners = await readLinkedPartners(ctx, onPartners.map(idOf))
  return (record) => {
    const id = idOf(record)
    if (record[columns.model] === 'crm.lead' && id > 0) return [{ type: 'deal', remoteId: String(id) }]
    if (record[columns.model] !== 'res.partner' || !(id > 0)) return []
    return [{ type: partners.get(id)?.isCompany === true ? 'company' : 'contact', remoteId: String(id) }]
  }
}
