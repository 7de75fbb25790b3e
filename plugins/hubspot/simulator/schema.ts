import { ACTIVITY_SCHEMAS } from './activity-schema.ts'
import { choice, external, flag, moment, number, type PropertyDefinition, readOnly, SYSTEM, text } from './property.ts'

export type ActivityName = 'calls' | 'tasks' | 'notes' | 'meetings' | 'emails'
export type ObjectName = 'contacts' | 'companies' | 'deals' | ActivityName

export const ACTIVITIES: readonly ActivityName[] = ['calls', 'tasks', 'notes', 'meetings', 'emails']
export const OBJECTS: readonly ObjectName[] = ['contacts', 'companies', 'deals', ...ACTIVITIES]

export interface ObjectSchema {
  readonly name: ObjectName
  readonly typeId: string
  readonly singular: string
  readonly changedField: string
  readonly createdField: string
  /** What is answered when no properties are asked for. */
  readonly defaults: readonly string[]
  /** A record needs one of these, where there are any. */
  readonly oneOf: readonly string[]
  /** A record needs all of these. */
  readonly required: readonly string[]
  readonly properties: readonly PropertyDefinition[]
}

export const SCHEMAS: Readonly<Record<ObjectName, ObjectSchema>> = {
  contacts: {
    name: 'contacts',
    typeId: '0-1',
    singular: 'contact',
    changedField: 'lastmodifieddate',
    createdField: 'createdate',
    defaults: ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'],
    oneOf: ['email', 'firstname', 'lastname'],
    required: [],
    properties: [
      ...SYSTEM,
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
    required: [],
    properties: [
      ...SYSTEM,
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
    oneOf: [],
    required: ['dealname', 'dealstage'],
    properties: [
      ...SYSTEM,
      text('dealname', 'Deal name'),
      { ...number('amount', 'Amount'), isMoney: true },
      // The portal's currencies: see portal.ts.
      choice('deal_currency_code', 'Currency', []),
      external('pipeline', 'Pipeline'),
      external('dealstage', 'Deal stage'),
      moment('closedate', 'Close date'),
      text('description', 'Deal description'),
      readOnly(number('hs_deal_stage_probability', 'Deal probability')),
      readOnly(flag('hs_is_closed', 'Is deal closed?')),
      readOnly(flag('hs_is_closed_won', 'Is closed won')),
      readOnly(flag('hs_is_closed_lost', 'Is closed lost')),
      readOnly(moment('createdate', 'Create date')),
      readOnly(moment('hs_lastmodifieddate', 'Last modified date')),
    ],
  },
  ...ACTIVITY_SCHEMAS,
}

/** The object that a path, a query or a request names: by name, singular or type id. */
export const objectNamed = (name: string): ObjectName | undefined =>
  Object.values(SCHEMAS).find((schema) => [schema.name, schema.singular, schema.typeId].includes(name.toLowerCase()))
    ?.name
