import { fail, type Link, type ObjectType } from '@raccordo/core/plugin'
import { type Kind, OBJECT_OF } from './kinds.ts'

/** Ids of HubSpot's own plain association types, by the object that is written and the type it is linked with. */
const PLAIN: Readonly<Record<string, { readonly [T in keyof typeof OBJECT_OF]?: number }>> = {
  contacts: { contact: 449, company: 279, deal: 4 },
  companies: { contact: 280, company: 450, deal: 342 },
  deals: { contact: 3, company: 341, deal: 451 },
  calls: { contact: 194, company: 182, deal: 206 },
  tasks: { contact: 204, company: 192, deal: 216 },
  notes: { contact: 202, company: 190, deal: 214 },
  meetings: { contact: 200, company: 188, deal: 212 },
  emails: { contact: 198, company: 186, deal: 210 },
}

/** The types that make a company the primary one of a contact or deal: the one that HubSpot shows in its lists. */
const PRIMARY_COMPANY: Readonly<Record<string, number>> = { contacts: 1, deals: 5 }

/** The types that mark a company as primary, from either side: of contacts 1 and 2, of deals 5 and 6. */
export const PRIMARY_TYPE_IDS: readonly number[] = [1, 2, 5, 6]

export type AssociationType = {
  readonly associationCategory: 'HUBSPOT_DEFINED'
  readonly associationTypeId: number
}

/** The object that a link of the type leads to; undefined where records of the kind have no such link. */
export const linkedObject = (kind: Kind, type: ObjectType): string | undefined =>
  type === 'activity' || PLAIN[kind.name]?.[type] === undefined ? undefined : OBJECT_OF[type]

/** The relations that come with a record of the list, with the objects that they lead to. */
export const linkedObjects = (kind: Kind): readonly { readonly type: ObjectType; readonly object: string }[] =>
  kind.linked.flatMap((type) => {
    const object = linkedObject(kind, type)
    return object === undefined ? [] : [{ type, object }]
  })

export const plainType = (kind: Kind, type: ObjectType): AssociationType => {
  const associationTypeId = type === 'activity' ? undefined : PLAIN[kind.name]?.[type]
  if (associationTypeId === undefined) throw fail('invalid', `HubSpot's ${kind.name} cannot be linked with a ${type}`)
  return { associationCategory: 'HUBSPOT_DEFINED', associationTypeId }
}

/** The type that marks one linked record as the primary one; undefined where the kind knows none. */
export const primaryType = (kind: Kind, type: ObjectType): AssociationType | undefined => {
  const associationTypeId = type === 'company' ? PRIMARY_COMPANY[kind.name] : undefined
  return associationTypeId === undefined ? undefined : { associationCategory: 'HUBSPOT_DEFINED', associationTypeId }
}

/** Links as a new record takes them. */
export const inlineAssociations = (kind: Kind, links: readonly Link[]) =>
  links.map((link) => ({ to: { id: link.remoteId }, types: [plainType(kind, link.type)] }))
