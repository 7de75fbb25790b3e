import type { Fields, Link } from '@raccordo/core/plugin'
import type { TruthRecord } from '@raccordo/testkit/simulator'
import { keptLinks } from '../src/kept-links.ts'
import { toInstant } from '../src/values.ts'
import type { Found } from './canonical.ts'

export const DEAL_COLUMNS = [
  'name',
  'expected_revenue',
  'company_currency',
  'stage_id',
  'team_id',
  'date_deadline',
  'partner_id',
  'active',
  'probability',
  'description',
  'write_date',
]

/** What must be known of a partner to say which record a deal or an activity is linked with. */
export interface PartnerSide {
  readonly isCompany: boolean
  readonly parent: number | undefined
  readonly isColleague: boolean
}

const nameIn = (pair: unknown): string | null => (Array.isArray(pair) ? String(pair[1]) : null)
const idIn = (pair: unknown): number | undefined => (Array.isArray(pair) ? Number(pair[0]) : undefined)

const isLostDeal = ({ active, probability }: Found): boolean => active === false && probability === 0

/** A deal that its users still see: in the pipeline, or among the lost ones. */
export const isLiveDeal = (lead: Found): boolean => lead['active'] !== false || isLostDeal(lead)

/** An opportunity in canonical values. Odoo shows nothing where an amount of nothing was entered. */
export const dealTruth = (lead: Found, partners: ReadonlyMap<number, PartnerSide>): TruthRecord => {
  const amount = Math.round(Number(lead['expected_revenue']) * 100)
  return {
    id: String(lead.id),
    data: {
      title: String(lead['name']),
      amount_cents: amount === 0 ? null : amount,
      currency: nameIn(lead['company_currency']),
      stage: isLostDeal(lead) ? 'Lost' : nameIn(lead['stage_id']),
      pipeline: nameIn(lead['team_id']),
      close_date: lead['date_deadline'] === false ? null : String(lead['date_deadline']),
    },
    links: dealLinks(lead, partners),
    updatedAt: toInstant(lead['write_date']) ?? '',
  }
}

const dealLinks = (lead: Found, partners: ReadonlyMap<number, PartnerSide>): readonly Link[] => {
  const id = idIn(lead['partner_id'])
  const partner = partners.get(id ?? 0)
  if (id === undefined || partner === undefined) return []
  if (partner.isCompany) return [{ type: 'company', remoteId: String(id) }]
  const told = keptLinks(String(lead['description'] || '')).find(({ type }) => type === 'company')
  const company = told?.remoteId ?? (partner.parent === undefined ? undefined : String(partner.parent))
  const contact: Link = { type: 'contact', remoteId: String(id) }
  return company === undefined ? [contact] : [contact, { type: 'company', remoteId: company }]
}

/** Canonical values as a user enters them. */
export const dealValues = (
  data: Fields,
  links: readonly Link[],
  tables: { readonly stages: ReadonlyMap<string, number>; readonly teams: ReadonlyMap<string, number> },
): Record<string, unknown> => {
  const values: Record<string, unknown> = {}
  if (data['title'] !== undefined) values['name'] = data['title']
  if (data['amount_cents'] !== undefined) values['expected_revenue'] = Number(data['amount_cents'] ?? 0) / 100
  if (data['close_date'] !== undefined) values['date_deadline'] = data['close_date'] ?? false
  if (data['pipeline'] !== undefined) values['team_id'] = tables.teams.get(String(data['pipeline'])) ?? false
  if (data['stage'] === 'Lost') Object.assign(values, { active: false, probability: 0 })
  else if (data['stage'] !== undefined) values['stage_id'] = tables.stages.get(String(data['stage'])) ?? false
  const partner = links.find(({ type }) => type === 'contact') ?? links.find(({ type }) => type === 'company')
  if (partner !== undefined) values['partner_id'] = Number(partner.remoteId)
  return values
}
