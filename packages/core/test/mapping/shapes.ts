import type { FieldInfo, ObjectType } from '../../src/contract.ts'
import { compileMapping, type MappingSpec } from '../../src/mapping/index.ts'
import { tables, text } from './one-rule.ts'

/** One structure for three shapes of CRM: flat texts with links, objects for relations, pairs and one name field. */
const spec: MappingSpec = {
  version: 1,
  objects: {
    contact: {
      key: ['email', 'phone_e164'],
      fields: {
        email: 'email',
        first_name: 'firstname|First_Name|name (first part)',
        last_name: 'lastname|Last_Name|name (last part)',
        phone_e164: { from: 'phone', transform: 'phone', country: 'country_iso' },
        title: 'jobtitle|Title|function',
        country_iso: { from: 'country|country_id', table: 'countries' },
        company_id: 'company|Account_Name|parent_id',
      },
    },
    deal: {
      fields: {
        title: 'dealname|Deal_Name|name',
        amount_cents: 'amount|expected_revenue *100',
        currency: 'deal_currency_code|Currency|company_currency',
        stage: {
          from: 'dealstage|Stage|stage_id',
          picklist: {
            appointmentscheduled: 'new',
            Qualification: 'new',
            New: 'new',
            closedwon: 'won',
            'Closed Won': 'won',
            Won: 'won',
          },
        },
        close_date: 'closedate|Closing_Date|date_deadline',
        company_id: 'Account_Name|partner_id',
      },
    },
  },
}

/** What is known of an object of one CRM. */
export interface Shape {
  readonly aliases?: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, FieldInfo['type'] | FieldInfo>>
}

const live = (fields: Shape['fields']) =>
  Object.entries(fields).map(([name, type]) => (typeof type === 'string' ? text(name, { type }) : type))

/** The one structure, compiled for an object of that shape. */
export const compileFor = (type: ObjectType, shape: Shape) =>
  compileMapping({
    spec,
    object: { type, name: 'things', ...(shape.aliases === undefined ? {} : { aliases: shape.aliases }) },
    fields: live(shape.fields),
    currency: 'EUR',
  })

export const countries = tables({ countries: [{ id: '109', key: 'IT', label: 'Italy' }] })

/** Texts, with relations as links beside the record. */
export const flat: Shape = {
  fields: {
    email: 'text',
    firstname: 'text',
    lastname: 'text',
    phone: 'text',
    jobtitle: 'text',
    country: 'text',
    company: 'text',
  },
}
/** Relations as objects, and names in another case. */
export const objects: Shape = {
  aliases: { country: 'Mailing_Country' },
  fields: {
    Email: 'text',
    First_Name: 'text',
    Last_Name: 'text',
    Phone: 'text',
    Title: 'text',
    Mailing_Country: 'text',
    Account_Name: 'reference',
  },
}
/** Relations as pairs of id and label, one field for the whole name. */
export const pairs: Shape = {
  fields: {
    email: 'text',
    name: 'text',
    phone: 'text',
    function: 'text',
    country_id: 'reference',
    parent_id: 'reference',
    website: 'text',
  },
}
