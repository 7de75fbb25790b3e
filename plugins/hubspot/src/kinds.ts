import type { Failure, Fields, ObjectType } from '@raccordo/core/plugin'
import { callFault, callFields, callProperties, referenceOf } from './calls.ts'
import type { Properties } from './properties.ts'

/** What tells one HubSpot object from another; everything else is the same for all. */
export interface Kind {
  readonly type: ObjectType
  /** HubSpot's own name, as it stands in paths. */
  readonly name: string
  /** Only contacts keep their last change in `lastmodifieddate`. A search by the wrong one finds nothing, silently. */
  readonly changedField: 'lastmodifieddate' | 'hs_lastmodifieddate'
  readonly createdField: 'createdate' | 'hs_createdate'
  /** Relations that come with a record of the list. */
  readonly linked: readonly ObjectType[]
  /** What tells one new record from another of its batch; undefined where nothing does. */
  readonly identity: (properties: Properties) => string | undefined
  /** Property that bears the marker besides its own text; written with every new record. */
  readonly markedField?: string
  /** Property by which HubSpot itself keeps records apart, whatever the portal defines. */
  readonly unique?: string
  /** Properties that must be asked for with a field, because its value is made of both. */
  readonly companions?: Readonly<Record<string, string>>
  /** What the object keeps otherwise than it is mapped. */
  readonly onRead?: (properties: Properties) => Properties
  readonly onWrite?: (properties: Properties, marker: string) => Properties
  /** What is wrong with a row that HubSpot would take all the same. */
  readonly fault?: (fields: Fields) => Failure | undefined
}

export const CONTACTS: Kind = {
  type: 'contact',
  name: 'contacts',
  changedField: 'lastmodifieddate',
  createdField: 'createdate',
  linked: ['company'],
  identity: ({ email }) => email?.trim().toLowerCase() || undefined,
  unique: 'email',
}

export const COMPANIES: Kind = {
  type: 'company',
  name: 'companies',
  changedField: 'hs_lastmodifieddate',
  createdField: 'createdate',
  linked: [],
  // Without the domain, where there is a name: HubSpot rewrites domains (no scheme, no path).
  identity: ({ name, domain }) => name?.trim().toLowerCase() || domain?.trim().toLowerCase() || undefined,
}

export const CALLS: Kind = {
  type: 'activity',
  name: 'calls',
  changedField: 'hs_lastmodifieddate',
  createdField: 'hs_createdate',
  linked: ['contact', 'company'],
  identity: (properties) => referenceOf(properties['hs_call_body']),
  markedField: 'hs_call_body',
  companions: { hs_call_disposition: 'hs_call_status' },
  onRead: callFields,
  onWrite: callProperties,
  fault: callFault,
}

/** HubSpot's name of the object that a link of a type leads to. */
export const OBJECT_OF: Readonly<Record<ObjectType, string>> = {
  contact: 'contacts',
  company: 'companies',
  deal: 'deals',
  activity: 'calls',
}
