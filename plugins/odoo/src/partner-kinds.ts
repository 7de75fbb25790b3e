import type { Domain } from './transport.ts'

/** One of the two objects that live in res.partner: persons and organisations. */
export interface PartnerKind {
  readonly type: 'contact' | 'company'
  /** Remote object's name; the model's own would not be unique. */
  readonly name: string
  readonly isCompany: boolean
}

export const PERSON: PartnerKind = { type: 'contact', name: 'res.partner', isCompany: false }
export const ORGANISATION: PartnerKind = { type: 'company', name: 'res.partner.company', isCompany: true }

/** What keeps the two apart. A partner that changes sides is gone from the one and new in the other. */
export const sideDomain = ({ isCompany }: PartnerKind): Domain => [['is_company', '=', isCompany]]

/** Name of the engine's cached table of the model's fields. */
export const FIELD_TABLE = 'partner_fields'

/** A field that Odoo lacks and the plugin makes of `website`: the bare domain, which companies are recognised by. */
export const DOMAIN_FIELD = 'domain'

/** A field that Odoo lacks and the plugin makes of `street` and `street2`. */
export const ADDRESS_FIELD = 'address'
