import type { Json } from './contract.ts'

/**
 * The canonical model as types. Every member may be absent: a patch leaves alone what it does not name, null clears, and
 * a mapping may not yield them all. Fields that a mapping adds (`custom`) stand beside them. Times are UTC ISO 8601.
 * References are the host's own ids.
 */
export interface Contact {
  readonly email?: string | null
  readonly phone_e164?: string | null
  readonly first_name?: string | null
  readonly last_name?: string | null
  readonly title?: string | null
  /** ISO 3166-1 alpha-2. */
  readonly country_iso?: string | null
  readonly company_id?: string | null
  readonly [custom: string]: Json | undefined
}

export interface Company {
  readonly name?: string | null
  readonly domain?: string | null
  readonly phone?: string | null
  readonly country_iso?: string | null
  readonly vat?: string | null
  readonly address?: string | null
  readonly [custom: string]: Json | undefined
}

export interface Deal {
  readonly title?: string | null
  /** Integer, in minor units of `currency`. */
  readonly amount_cents?: number | null
  /** ISO 4217. */
  readonly currency?: string | null
  readonly stage?: string | null
  readonly pipeline?: string | null
  readonly contact_id?: string | null
  readonly company_id?: string | null
  /** A date without a time: 2026-03-31. */
  readonly close_date?: string | null
  readonly [custom: string]: Json | undefined
}

export interface Activity {
  readonly kind?: 'call' | 'note' | 'task' | 'meeting' | 'email' | null
  readonly direction?: 'inbound' | 'outbound' | null
  readonly started_at?: string | null
  readonly duration_seconds?: number | null
  readonly outcome?:
    | 'connected'
    | 'no_answer'
    | 'busy'
    | 'left_voicemail'
    | 'left_message'
    | 'wrong_number'
    | 'failed'
    | 'canceled'
    | null
  readonly subject?: string | null
  readonly body?: string | null
  readonly recording_url?: string | null
  readonly from_e164?: string | null
  readonly to_e164?: string | null
  readonly owner_email?: string | null
  readonly contact_id?: string | null
  readonly company_id?: string | null
  readonly deal_id?: string | null
  readonly [custom: string]: Json | undefined
}

/** The canonical type of each object. */
export interface CanonicalRecords {
  readonly contact: Contact
  readonly company: Company
  readonly deal: Deal
  readonly activity: Activity
}
