import { fail, type Link, type ObjectType } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'

/** Ids of HubSpot's own plain association types, by the object that is written and the type it is linked with. */
const PLAIN: Readonly<Record<string, { readonly [T in ObjectType]?: number }>> = {
  contacts: { contact: 449, company: 279, deal: 4, activity: 193 },
  companies: { contact: 280, company: 450, deal: 342, activity: 181 },
  calls: { contact: 194, company: 182, deal: 206 },
}

/** The type that makes a company the contact's primary one, the only one that HubSpot shows in the contact's list. */
const PRIMARY_COMPANY = 1

/** The types that mark a company as primary, from either side: of contacts 1 and 2, of deals 5 and 6. */
export const PRIMARY_TYPE_IDS: readonly number[] = [1, 2, 5, 6]

export type AssociationType = {
  readonly associationCategory: 'HUBSPOT_DEFINED'
  readonly associationTypeId: number
}

export const canLink = (kind: Kind, type: ObjectType): boolean => PLAIN[kind.name]?.[type] !== undefined

/** True where one linked record of the type is the primary one. */
export const hasPrimary = (kind: Kind, type: ObjectType): boolean => kind.name === 'contacts' && type === 'company'

export const plainType = (kind: Kind, type: ObjectType): AssociationType => {
  const associationTypeId = PLAIN[kind.name]?.[type]
  if (associationTypeId === undefined) throw fail('invalid', `HubSpot's ${kind.name} cannot be linked with a ${type}`)
  return { associationCategory: 'HUBSPOT_DEFINED', associationTypeId }
}

export const PRIMARY_COMPANY_TYPE: AssociationType = {
  associationCategory: 'HUBSPOT_DEFINED',
  associationTypeId: PRIMARY_COMPANY,
}

/** Links as a new record takes them. */
export const inlineAssociations = (kind: Kind, links: readonly Link[]) =>
  links.map((link) => ({ to: { id: link.remoteId }, types: [plainType(kind, link.type)] }))
