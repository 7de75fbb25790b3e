import type { Fields, Json, Link } from '@raccordo/core/plugin'
import type { Written } from './kinds.ts'
import { textOf } from './reference.ts'
import { idOf, type Relations, typeOfModule } from './relations.ts'
import { instantMs, instantOf } from './times.ts'
import type { VendorRecord } from './vendor.ts'

export const noteShown = (record: VendorRecord): Fields => {
  const ms = instantMs(textOf(record['Note_Content']).reference.time)
  return { Created_Time: ms === undefined ? (instantOf(record.Created_Time) ?? null) : new Date(ms).toISOString() }
}

/** Zoho dates a note itself: the time that a host gave stands in the text. */
export const noteWritten = ({ Created_Time: taken, ...fields }: Fields): Written => {
  if (taken === undefined) return { fields }
  const ms = instantMs(taken)
  return { fields, reference: { time: ms === undefined ? null : new Date(ms).toISOString() } }
}

/** A note stands at one record: the person that it is about, else the deal, else the company. */
export const parentOf: Relations = (links, current) => {
  const parent = PARENTS.flatMap(([type, module]) =>
    links.filter((link) => link.type === type).map(({ remoteId }) => parentAt(module, remoteId)),
  )[0]
  if (parent !== undefined) return { Parent_Id: parent }
  if (current !== undefined) return {}
  return {
    kind: 'invalid',
    message: 'A note of Zoho’s stands at a contact, a company or a deal: name one',
    field: 'Parent_Id',
  }
}
const PARENTS = [
  ['contact', 'Contacts'],
  ['deal', 'Deals'],
  ['company', 'Accounts'],
] as const

const parentAt = (module: string, id: string): Json => ({ module: { api_name: module }, id })

export const parentLead = (fields: Fields): Fields | undefined => {
  const id = idOf(fields['Parent_Id'])
  return id === undefined || moduleOf(fields['Parent_Id']) !== 'Contacts'
    ? undefined
    : { ...fields, Parent_Id: parentAt('Leads', id) }
}

export const noteLinks = (record: VendorRecord): readonly Link[] => {
  const id = idOf(record['Parent_Id'])
  const type = typeOfModule(moduleOf(record['Parent_Id']) ?? record['$se_module'])
  return id === undefined || type === undefined ? [] : [{ type, remoteId: id }]
}

const moduleOf = (parent: Json | undefined): unknown => {
  const module: unknown = typeof parent === 'object' && parent !== null ? Reflect.get(parent, 'module') : undefined
  return typeof module === 'object' && module !== null ? Reflect.get(module, 'api_name') : module
}
