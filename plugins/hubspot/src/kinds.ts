import type { Ctx, Failure, FieldInfo, Fields, ObjectType } from '@raccordo/core/plugin'
import { dealFields, dealNeeds, dealProperties } from './deals.ts'
import type { Properties } from './properties.ts'
import type { Settings } from './settings.ts'

/** What tells one HubSpot object from another; everything else is the same for all. */
export interface Kind {
  readonly type: ObjectType
  /** HubSpot's own name, as it stands in paths. */
  readonly name: string
  /** Only contacts keep their last change in `lastmodifieddate`. A search by the wrong one finds nothing, silently. */
  readonly changedField: 'lastmodifieddate' | 'hs_lastmodifieddate'
  readonly createdField: 'createdate' | 'hs_createdate'
  /** Properties that HubSpot wants of every record, whatever the portal defines. */
  readonly required: readonly string[]
  /** Relations that come with a record of the list. */
  readonly linked: readonly ObjectType[]
  /** What tells one new record from another of its batch; undefined where nothing does. */
  readonly identity: (properties: Properties) => string | undefined
  /** Property that bears the marker besides its own text; written with every new record. */
  readonly markedField?: string
  /** Property by which HubSpot itself keeps records apart, whatever the portal defines. */
  readonly unique?: string
  /** Fields that are made of other properties than the one of their name, with all that must be asked for. */
  readonly sources?: Readonly<Record<string, readonly string[]>>
  /** Those of them that HubSpot has no property for. */
  readonly made?: readonly FieldInfo[]
  /** Names that mappings of several CRMs use. */
  readonly aliases?: Readonly<Record<string, string>>
  /** What the object keeps otherwise than it is mapped. */
  readonly onRead?: (ctx: Ctx<Settings>, properties: Properties) => Properties
  readonly onWrite?: (ctx: Ctx<Settings>, properties: Properties, writing: Writing) => Properties | Promise<Properties>
  /** Properties of the record as it is that a change must know. */
  readonly needs?: (properties: Properties) => readonly string[]
  /** What a new record has where nothing else is said. */
  readonly initial?: (ctx: Ctx<Settings>) => Properties
  /** What is wrong with a row that HubSpot would take all the same. */
  readonly fault?: (fields: Fields) => Failure | undefined
}

/** How properties are written: with a new record, or over those of a record as it is, as far as they are needed. */
export interface Writing {
  readonly isNew: boolean
  readonly current: Properties
}

export const CONTACTS: Kind = {
  type: 'contact',
  name: 'contacts',
  changedField: 'lastmodifieddate',
  createdField: 'createdate',
  required: [],
  linked: ['company'],
  identity: ({ email }) => email?.trim().toLowerCase() || undefined,
  unique: 'email',
  aliases: { first_name: 'firstname', last_name: 'lastname', title: 'jobtitle', mobile: 'mobilephone' },
}

export const COMPANIES: Kind = {
  type: 'company',
  name: 'companies',
  changedField: 'hs_lastmodifieddate',
  createdField: 'createdate',
  required: [],
  linked: [],
  // Without the domain, where there is a name: HubSpot rewrites domains (no scheme, no path).
  identity: ({ name, domain }) => name?.trim().toLowerCase() || domain?.trim().toLowerCase() || undefined,
  aliases: { website: 'domain' },
}

export const DEALS: Kind = {
  type: 'deal',
  name: 'deals',
  changedField: 'hs_lastmodifieddate',
  createdField: 'createdate',
  required: ['dealname', 'dealstage'],
  linked: ['contact', 'company'],
  identity: ({ dealname }) => dealname?.trim().toLowerCase() || undefined,
  aliases: {
    title: 'dealname',
    name: 'dealname',
    currency: 'deal_currency_code',
    stage: 'dealstage',
    close_date: 'closedate',
    closing_date: 'closedate',
    owner: 'hubspot_owner_id',
  },
  onRead: dealFields,
  onWrite: dealProperties,
  needs: dealNeeds,
}

/** HubSpot's name of the object that a link of a type leads to. An activity may be one of five, so no link leads there. */
export const OBJECT_OF: Readonly<Record<Exclude<ObjectType, 'activity'>, string>> = {
  contact: 'contacts',
  company: 'companies',
  deal: 'deals',
}
