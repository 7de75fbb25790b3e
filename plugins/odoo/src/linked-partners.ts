import type { Ctx, Link } from '@raccordo/core/plugin'
import type { OdooSettings } from './settings.ts'
import { searchRead } from './transport.ts'
import { relatedId } from './values.ts'

/** What must be known of a partner to say which canonical record it is. */
export interface LinkedPartner {
  readonly id: number
  readonly name: string
  readonly isCompany: boolean
  /** Its company. */
  readonly parentId: number | undefined
  /** False for the partner of an internal user: a colleague, no customer. */
  readonly isExternal: boolean
}

/** Partners by id; those that are gone are left out. */
export const readLinkedPartners = async (
  ctx: Ctx<OdooSettings>,
  ids: Iterable<number>,
): Promise<ReadonlyMap<number, LinkedPartner>> => {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return new Map()
  const fields = ['name', 'is_company', 'parent_id', 'partner_share']
  const records = await searchRead(ctx, 'res.partner', { domain: [['id', 'in', wanted]], fields })
  return new Map(
    records.map(({ id, name, is_company, parent_id, partner_share }) => [
      id,
      {
        id,
        name: String(name || ''),
        isCompany: is_company === true,
        parentId: relatedId(parent_id),
        isExternal: partner_share !== false,
      },
    ]),
  )
}

/** A partner as a link: to a contact or to a company. */
export const linkOfPartner = ({ id, isCompany }: LinkedPartner): Link => ({
  type: isCompany ? 'company' : 'contact',
  remoteId: String(id),
})

/** Database id that a row's links name for a type. */
export const linkedId = (links: readonly Link[] | undefined, type: Link['type']): number | undefined => {
  const id = Number(links?.find((link) => link.type === type)?.remoteId)
  return Number.isInteger(id) && id > 0 ? id : undefined
}
