import type { Fields, Json, Link, ObjectType } from '@raccordo/core/plugin'
import type { TruthRecord } from '@raccordo/testkit/simulator'
import {
  callData,
  callValues,
  meetingData,
  meetingValues,
  noteData,
  noteValues,
  taskData,
  taskValues,
} from './canonical-activities.ts'
import { codeOfCountry, countryName, minorDigits } from './countries.ts'
import { currenciesOf, type Org } from './org.ts'
import { DEFAULT_PIPELINE, isActivity, type ModuleName } from './schema.ts'
import type { StoredRecord } from './table.ts'
import { isRelation, type Relation, rawValue, type Values } from './values.ts'

/** The modules of a canonical type. Leads are contacts too, for those who ask for them. */
export const MODULES_OF: Readonly<Record<ObjectType, readonly ModuleName[]>> = {
  contact: ['Contacts', 'Leads'],
  company: ['Accounts'],
  deal: ['Deals'],
  activity: ['Calls', 'Tasks', 'Events', 'Notes'],
}
const TYPE_OF: Readonly<Record<ModuleName, ObjectType>> = {
  Contacts: 'contact',
  Leads: 'contact',
  Accounts: 'company',
  Deals: 'deal',
  Calls: 'activity',
  Tasks: 'activity',
  Events: 'activity',
  Notes: 'activity',
}
const MODULE_OF_KIND: Readonly<Record<string, ModuleName>> = {
  call: 'Calls',
  task: 'Tasks',
  meeting: 'Events',
  note: 'Notes',
}

/** The module that a new record of a type goes to. */
export const moduleFor = (type: ObjectType, data: Fields): ModuleName => {
  if (type !== 'activity') return MODULES_OF[type][0] ?? 'Contacts'
  const module = MODULE_OF_KIND[String(data['kind'] ?? 'call')]
  if (module === undefined) throw new Error(`Zoho has no activity of the kind "${data['kind']}"`)
  return module
}

/** The module that holds a record of a type, deleted or not. */
export const moduleHolding = (org: Org, type: ObjectType, id: string): ModuleName =>
  MODULES_OF[type].find((name) => org.tables[name].get(id) !== undefined || org.tables[name].deleted.has(id)) ??
  MODULES_OF[type][0] ??
  'Contacts'

const orNull = (value: unknown): Json => (value === undefined || value === '' ? null : (value as Json))

const FIELDS: Partial<Readonly<Record<ModuleName, Readonly<Record<string, string>>>>> = {
  Contacts: { email: 'Email', phone_e164: 'Phone', first_name: 'First_Name', last_name: 'Last_Name', title: 'Title' },
  Leads: {
    email: 'Email',
    phone_e164: 'Phone',
    first_name: 'First_Name',
    last_name: 'Last_Name',
    title: 'Designation',
  },
  Accounts: { name: 'Account_Name', domain: 'Website', phone: 'Phone', address: 'Billing_Street' },
  Deals: { title: 'Deal_Name', stage: 'Stage', pipeline: 'Pipeline', close_date: 'Closing_Date', currency: 'Currency' },
}
const COUNTRY: Partial<Readonly<Record<ModuleName, string>>> = {
  Contacts: 'Mailing_Country',
  Leads: 'Country',
  Accounts: 'Billing_Country',
}

/** Canonical values as a request to Zoho would have them; members that it has no place for are passed over. */
export const toValues = (
  org: Org,
  module: ModuleName,
  data: Fields,
  links: readonly Link[],
  before?: StoredRecord,
): Values => ({
  ...plainValues(org, module, data, before),
  ...ownerValues(org, data),
  ...linkValues(org, module, links),
})

const plainValues = (org: Org, module: ModuleName, data: Fields, before: StoredRecord | undefined): Values => {
  if (module === 'Calls') return callValues(data, before)
  if (module === 'Tasks') return taskValues(data)
  if (module === 'Events') return meetingValues(data, before)
  if (module === 'Notes') return noteValues(data)
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(FIELDS[module] ?? {}))
    if (data[name] !== undefined && org.fields[module].has(field)) values[field] = data[name]
  const country = COUNTRY[module]
  const code = data['country_iso']
  if (country !== undefined && code !== undefined) values[country] = code === null ? null : countryName(String(code))
  if (module === 'Leads' && before === undefined && data['company'] !== undefined) values['Company'] = data['company']
  if (module !== 'Deals') return values
  const amount = data['amount_cents']
  const currency = String(data['currency'] ?? currencyOf(org, before))
  if (amount !== undefined) values['Amount'] = amount === null ? null : Number(amount) / 10 ** minorDigits(currency)
  return before === undefined ? { Stage: 'Qualification', Pipeline: DEFAULT_PIPELINE, ...values } : values
}

const ownerValues = (org: Org, data: Fields): Values => {
  const owner = org.users.find(({ email, isActive }) => isActive && email === data['owner_email'])
  return owner === undefined ? {} : { Owner: { id: owner.id } }
}

const linkValues = (org: Org, module: ModuleName, links: readonly Link[]): Values => {
  const idOf = (type: ObjectType) => links.find((link) => link.type === type)?.remoteId
  const [contact, company, deal] = [idOf('contact'), idOf('company'), idOf('deal')]
  const related = (id: string | undefined) => (id === undefined ? undefined : { id })
  if (module === 'Contacts') return defined({ Account_Name: related(company) })
  if (module === 'Deals') return defined({ Account_Name: related(company), Contact_Name: related(contact) })
  if (module === 'Notes') {
    const type = contact !== undefined ? 'contact' : company !== undefined ? 'company' : 'deal'
    const id = contact ?? company ?? deal
    if (id === undefined) return {}
    return { Parent_Id: { module: { api_name: moduleHolding(org, type, id) }, id } }
  }
  if (!isActivity(module)) return {}
  const isLead = contact !== undefined && moduleHolding(org, 'contact', contact) === 'Leads'
  if (isLead) return { What_Id: { id: contact }, $se_module: 'Leads' }
  const about = deal ?? company
  return defined({
    Who_Id: related(contact),
    What_Id: related(about),
    $se_module: about === undefined ? undefined : deal === undefined ? 'Accounts' : 'Deals',
  })
}

const defined = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

/** A record as the truth about it. */
export const toTruth = (org: Org, module: ModuleName, record: StoredRecord): TruthRecord => ({
  id: record.id,
  data: toData(org, module, record),
  links: LINK_FIELDS.flatMap((name) => {
    const value = org.fields[module].has(name) ? rawValue(org, module, record, name) : null
    return isRelation(value) && !isItself(module, name) ? [linkTo(value)] : []
  }),
  updatedAt: new Date(record.modifiedMs).toISOString(),
})

const LINK_FIELDS = ['Account_Name', 'Contact_Name', 'Who_Id', 'What_Id', 'Parent_Id']

const isItself = (module: ModuleName, name: string): boolean => module === 'Accounts' && name === 'Account_Name'

const linkTo = ({ module, id }: Relation): Link => ({ type: TYPE_OF[module], remoteId: id })

const toData = (org: Org, module: ModuleName, record: StoredRecord): Fields => {
  const owner_email = org.users.find(({ id }) => id === record.ownerId)?.email ?? null
  if (module === 'Calls') return { ...callData(record), owner_email }
  if (module === 'Tasks') return { ...taskData(record), owner_email }
  if (module === 'Events') return { ...meetingData(record), owner_email }
  if (module === 'Notes') return { ...noteData(record), owner_email }
  const data: Record<string, Json> = {}
  for (const [name, field] of Object.entries(FIELDS[module] ?? {})) data[name] = orNull(record.values[field])
  if (module === 'Accounts') data['domain'] = hostOf(record.values['Website'])
  const country = COUNTRY[module]
  if (country !== undefined) data['country_iso'] = codeOfCountry(record.values[country])
  if (module !== 'Deals') return data
  const currency = currencyOf(org, record)
  const amount = record.values['Amount']
  const amount_cents = typeof amount === 'number' ? Math.round(amount * 10 ** minorDigits(currency)) : null
  return { ...data, currency, amount_cents }
}

/** People write web addresses with and without their scheme, and with www. */
const hostOf = (website: unknown): Json => {
  const text = String(website ?? '').trim()
  const address = text.includes('://') ? text : `https://${text}`
  return text === '' || !URL.canParse(address) ? null : new URL(address).hostname.replace(/^www\./, '')
}

const currencyOf = (org: Org, record: StoredRecord | undefined): string =>
  String(record?.values['Currency'] ?? currenciesOf(org)[0]?.iso)
