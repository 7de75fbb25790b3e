import type { ObjectType } from '../contract.ts'
import type { FieldType, Owner } from './types.ts'

export interface CanonicalField {
  readonly type: FieldType
  /** The only values that the field takes. */
  readonly values?: readonly string[]
  /** Type of the record that a reference names. */
  readonly target?: ObjectType
}

export const OBJECT_TYPES: readonly ObjectType[] = ['contact', 'company', 'deal', 'activity']

const contact = { type: 'reference', target: 'contact' } as const
const company = { type: 'reference', target: 'company' } as const
const deal = { type: 'reference', target: 'deal' } as const

/** The canonical model: what a host reads and writes, whatever the CRM. */
export const CANONICAL: Readonly<Record<ObjectType, Readonly<Record<string, CanonicalField>>>> = {
  contact: {
    email: { type: 'email' },
    phone_e164: { type: 'phone' },
    first_name: { type: 'text' },
    last_name: { type: 'text' },
    title: { type: 'text' },
    country_iso: { type: 'country' },
    company_id: company,
  },
  company: {
    name: { type: 'text' },
    domain: { type: 'text' },
    phone: { type: 'text' },
    country_iso: { type: 'country' },
    vat: { type: 'text' },
    address: { type: 'text' },
  },
  deal: {
    title: { type: 'text' },
    amount_cents: { type: 'money' },
    currency: { type: 'currency' },
    stage: { type: 'text' },
    pipeline: { type: 'text' },
    contact_id: contact,
    company_id: company,
    close_date: { type: 'date' },
  },
  activity: {
    kind: { type: 'text', values: ['call', 'note', 'task', 'meeting', 'email'] },
    direction: { type: 'text', values: ['inbound', 'outbound'] },
    started_at: { type: 'datetime' },
    duration_seconds: { type: 'integer' },
    outcome: {
      type: 'text',
      values: [
        'connected',
        'no_answer',
        'busy',
        'left_voicemail',
        'left_message',
        'wrong_number',
        'failed',
        'canceled',
      ],
    },
    subject: { type: 'text' },
    body: { type: 'text' },
    recording_url: { type: 'text' },
    from_e164: { type: 'phone' },
    to_e164: { type: 'phone' },
    owner_email: { type: 'email' },
    contact_id: contact,
    company_id: company,
    deal_id: deal,
  },
}

/** Who wins where a mapping says nothing. */
export const DEFAULT_OWNERSHIP: Readonly<Record<ObjectType, Readonly<Record<string, Owner>>>> = {
  contact: { '*': 'crm' },
  company: { '*': 'crm' },
  deal: { stage: 'crm', currency: 'crm', '*': 'merge' },
  activity: { '*': 'app' },
}
