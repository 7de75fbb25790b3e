import type { Failure, Fields, Json, Link, ObjectType } from '@raccordo/core/plugin'
import type { ModuleName } from './modules.ts'
import type { VendorRecord } from './vendor.ts'

/** Turns the links of a row into fields; `current` is the record as it is, undefined for a new one. */
export type Relations = (links: readonly Link[], current: VendorRecord | undefined) => Fields | Failure

export const isFailure = (related: Fields | Failure): related is Failure => 'kind' in related && 'message' in related

/** The id in a relation, which comes as `{ id }`, with a name or without, or as the id alone. */
export const idOf = (value: Json | undefined): string | undefined => {
  const id: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : value
  return typeof id === 'string' && id !== '' ? id : typeof id === 'number' ? String(id) : undefined
}

const MODULE_OF: Readonly<Record<'company' | 'deal', ModuleName>> = { company: 'Accounts', deal: 'Deals' }
const TYPE_OF: Readonly<Record<string, ObjectType>> = {
  Contacts: 'contact',
  Leads: 'contact',
  Accounts: 'company',
  Deals: 'deal',
}

export const typeOfModule = (module: unknown): ObjectType | undefined => TYPE_OF[String(module)]

const unheld = (what: string, { type }: Link): Failure => ({
  kind: 'invalid',
  message: `A ${what} of Zoho's holds no link to a ${type}`,
})

const idFor = (links: readonly Link[], type: ObjectType): string | undefined =>
  links.find((link) => link.type === type)?.remoteId

/** A contact belongs to one account. */
export const accountOf: Relations = (links) => {
  const other = links.find(({ type }) => type !== 'company')
  if (other !== undefined) return unheld('contact', other)
  const account = idFor(links, 'company')
  return account === undefined ? {} : { Account_Name: account }
}

/** A deal has one account and one contact. */
export const contactAndAccountOf: Relations = (links) => {
  const other = links.find(({ type }) => type !== 'company' && type !== 'contact')
  if (other !== undefined) return unheld('deal', other)
  const [account, contact] = [idFor(links, 'company'), idFor(links, 'contact')]
  return {
    ...(account === undefined ? {} : { Account_Name: account }),
    ...(contact === undefined ? {} : { Contact_Name: contact }),
  }
}

/**
 * A call, task or meeting is about one person and one other record. A deal goes before a company, because the deal
 * names its company; and a company does not put out the deal that is there.
 */
export const activityRelations: Relations = (links, current) => {
  const other = links.find(({ type }) => type === 'activity')
  if (other !== undefined) return unheld('record of activity', other)
  const [contact, company, deal] = [idFor(links, 'contact'), idFor(links, 'company'), idFor(links, 'deal')]
  const isTaken = deal === undefined && current?.['$se_module'] === 'Deals' && idOf(current['What_Id']) !== undefined
  const about = deal ?? (isTaken ? undefined : company)
  return {
    ...(contact === undefined ? {} : { Who_Id: contact }),
    ...(about === undefined ? {} : { What_Id: about, $se_module: MODULE_OF[deal === undefined ? 'company' : 'deal'] }),
  }
}

/** A lead stands where companies and deals stand, and no contact beside it. */
export const leadInstead = ({ Who_Id: person, ...fields }: Fields): Fields | undefined =>
  person === undefined || person === null || fields['What_Id'] !== undefined
    ? undefined
    : { ...fields, What_Id: person, $se_module: 'Leads' }

export const activityLinks = (record: VendorRecord): readonly Link[] => {
  const person = idOf(record['Who_Id'])
  const about = idOf(record['What_Id'])
  const type = typeOfModule(record['$se_module'])
  return [
    ...(person === undefined ? [] : [{ type: 'contact' as const, remoteId: person }]),
    ...(about === undefined || type === undefined ? [] : [{ type, remoteId: about }]),
  ]
}
