export type ObjectName = 'contacts' | 'companies' | 'calls' | 'deals'

/** A property definition of the simulated portal. */
export interface PropertyDefinition {
  readonly name: string
  readonly label: string
  readonly type: 'string' | 'number' | 'datetime' | 'date' | 'enumeration' | 'bool'
  readonly fieldType: string
  readonly readOnly?: boolean
  readonly unique?: boolean
  readonly options?: readonly string[]
  /** Options that live in another table (owners). */
  readonly external?: boolean
}

export interface ObjectSchema {
  readonly name: ObjectName
  readonly typeId: string
  readonly singular: string
  readonly changedField: string
  readonly createdField: string
  /** What is answered when no properties are asked for. */
  readonly defaults: readonly string[]
  /** A record needs one of these. */
  readonly oneOf: readonly string[]
  readonly properties: readonly PropertyDefinition[]
}

const text = (name: string, label: string): PropertyDefinition => ({ name, label, type: 'string', fieldType: 'text' })
const number = (name: string, label: string): PropertyDefinition => ({
  name,
  label,
  type: 'number',
  fieldType: 'number',
})
const moment = (name: string, label: string): PropertyDefinition => ({
  name,
  label,
  type: 'datetime',
  fieldType: 'date',
})
const choice = (name: string, label: string, options: readonly string[]): PropertyDefinition => ({
  name,
  label,
  type: 'enumeration',
  fieldType: 'select',
  options,
})
const readOnly = (property: PropertyDefinition): PropertyDefinition => ({ ...property, readOnly: true })

const owner: PropertyDefinition = { ...choice('hubspot_owner_id', 'Owner', []), external: true }
const system: readonly PropertyDefinition[] = [
  readOnly(number('hs_object_id', 'Record ID')),
  readOnly({
    ...text('hs_merged_object_ids', 'Merged record IDs'),
    type: 'enumeration',
    fieldType: 'checkbox',
    external: true,
  }),
  readOnly(text('hs_object_source', 'Record source')),
  readOnly({ ...text('hs_unique_creation_key', 'Unique creation key'), unique: true }),
  readOnly(moment('notes_last_updated', 'Last activity date')),
  owner,
]

/** Dispositions by GUID, in the order of HubSpot's own list. */
export const DISPOSITIONS: Readonly<Record<string, string>> = {
  '9d9162e7-6cf3-4944-bf63-4dff82258764': 'Busy',
  'f240bbac-87c9-4f6e-bf70-924b57d47db7': 'Connected',
  'a4c4c377-d246-4b32-a13b-75a56a4cd0ff': 'Left live message',
  'b2cf5968-551e-4856-9783-52b3da59a7d0': 'Left voicemail',
  '73a0d17f-1163-4015-bdd5-ec830791da20': 'No answer',
  '17b47fee-58de-441e-a44c-c6300d46f273': 'Wrong number',
}

const CALL_STATUSES =
  'BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS MISSED NO_ANSWER QUEUED RINGING'

export const SCHEMAS: Readonly<Record<ObjectName, ObjectSchema>> = {
  contacts: {
    name: 'contacts',
    typeId: '0-1',
    singular: 'contact',
    changedField: 'lastmodifieddate',
    createdField: 'createdate',
    defaults: ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'],
    oneOf: ['email', 'firstname', 'lastname'],
    properties: [
      ...system,
      { ...text('email', 'Email'), unique: true },
      readOnly(text('hs_additional_emails', 'Additional email addresses')),
      text('firstname', 'First name'),
      text('lastname', 'Last name'),
      text('phone', 'Phone number'),
      text('mobilephone', 'Mobile phone number'),
      text('jobtitle', 'Job title'),
      text('country', 'Country/Region'),
      text('city', 'City'),
      choice('lifecyclestage', 'Lifecycle stage', ['subscriber', 'lead', 'opportunity', 'customer', 'other']),
      readOnly(moment('createdate', 'Create date')),
      readOnly(moment('lastmodifieddate', 'Last modified date')),
      // Known here and empty: a search by it finds nothing and says nothing.
      readOnly(moment('hs_lastmodifieddate', 'Object last modified date/time')),
    ],
  },
  companies: {
    name: 'companies',
    typeId: '0-2',
    singular: 'company',
    changedField: 'hs_lastmodifieddate',
    createdField: 'createdate',
    defaults: ['name', 'domain', 'createdate', 'hs_lastmodifieddate', 'hs_object_id'],
    oneOf: ['name', 'domain'],
    properties: [
      ...system,
      text('name', 'Company name'),
      text('domain', 'Company domain name'),
      text('phone', 'Phone number'),
      text('country', 'Country/Region'),
      text('address', 'Street address'),
      text('city', 'City'),
      number('annualrevenue', 'Annual revenue'),
      readOnly(moment('createdate', 'Create date')),
      readOnly(moment('hs_lastmodifieddate', 'Last modified date')),
    ],
  },
  calls: {
    name: 'calls',
    typeId: '0-48',
    singular: 'call',
    changedField: 'hs_lastmodifieddate',
    createdField: 'hs_createdate',
    defaults: ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
    oneOf: ['hs_timestamp'],
    properties: [
      ...system,
      moment('hs_timestamp', 'Activity date'),
      text('hs_call_title', 'Call title'),
      { ...text('hs_call_body', 'Call notes'), fieldType: 'html' },
      number('hs_call_duration', 'Call duration'),
      choice('hs_call_direction', 'Call direction', ['INBOUND', 'OUTBOUND']),
      choice('hs_call_status', 'Call status', CALL_STATUSES.split(' ')),
      choice('hs_call_disposition', 'Call outcome', Object.keys(DISPOSITIONS)),
      text('hs_call_recording_url', 'Recording URL'),
      text('hs_call_from_number', 'From number'),
      text('hs_call_to_number', 'To number'),
      choice('hs_call_source', 'Call source', ['INTEGRATIONS_PLATFORM']),
      readOnly(moment('hs_createdate', 'Create date')),
      readOnly(moment('hs_lastmodifieddate', 'Last modified date')),
    ],
  },
  deals: {
    name: 'deals',
    typeId: '0-3',
    singular: 'deal',
    changedField: 'hs_lastmodifieddate',
    createdField: 'createdate',
    defaults: [
      'dealname',
      'amount',
      'closedate',
      'pipeline',
      'dealstage',
      'createdate',
      'hs_lastmodifieddate',
      'hs_object_id',
    ],
    oneOf: ['dealname'],
    properties: [
      ...system,
      text('dealname', 'Deal name'),
      number('amount', 'Amount'),
      choice('deal_currency_code', 'Currency', ['EUR', 'USD', 'GBP', 'JPY']),
      choice('pipeline', 'Pipeline', ['default']),
      choice('dealstage', 'Deal stage', [
        'appointmentscheduled',
        'qualifiedtobuy',
        'contractsent',
        'closedwon',
        'closedlost',
      ]),
      moment('closedate', 'Close date'),
      readOnly(moment('createdate', 'Create date')),
      readOnly(moment('hs_lastmodifieddate', 'Last modified date')),
    ],
  },
}

/** The object that a path, a query or a request names: by name, singular or type id. */
export const objectNamed = (name: string): ObjectName | undefined =>
  Object.values(SCHEMAS).find((schema) => [schema.name, schema.singular, schema.typeId].includes(name.toLowerCase()))
    ?.name
