import { activityState, documentModel, nameOfDocument } from './activities.ts'
import { type Environment, rowOf } from './environment.ts'
import type { FieldDefinition } from './models.ts'
import type { Values } from './store.ts'

/** The value of a field as stored or computed; relations as ids, times in microseconds. */
export const valueOfField = (
  env: Environment,
  model: string,
  id: number,
  values: Values,
  name: string,
  field: FieldDefinition,
): unknown => {
  if (name === 'id') return id
  const computed = COMPUTED[`${model}.${name}`]
  if (computed !== undefined) return computed(env, id, values)
  if (name === 'display_name') return displayName(env, model, id)
  const stored = values[name]
  return stored === undefined ? emptyValue(field) : stored
}

export const emptyValue = ({ type }: FieldDefinition): unknown => {
  if (type === 'integer') return 0
  if (type === 'float' || type === 'monetary') return 0
  return type === 'many2many' || type === 'one2many' ? [] : false
}

/** How a record is called where another one names it. */
export const displayName = (env: Environment, model: string, id: number): string => {
  const values = rowOf(env, model, id)
  if (model === 'mail.activity') return String(values?.['summary'] || 'To-Do')
  if (model === 'mail.message') return String(values?.['record_name'] ?? '') || `mail.message,${id}`
  const name = typeof values?.['name'] === 'string' ? values['name'] : ''
  const shown = env.version >= 18 ? name.trim() : name
  const parent =
    model === 'res.partner' && values?.['is_company'] !== true ? rowOf(env, model, values?.['parent_id']) : undefined
  return typeof parent?.['name'] === 'string' ? `${parent['name']}, ${shown}` : shown
}

type Compute = (env: Environment, id: number, values: Values) => unknown

const commercialPartner: Compute = (env, id, values) => {
  const parent = rowOf(env, 'res.partner', values['parent_id'])
  if (values['is_company'] === true || parent === undefined) return id
  return commercialPartner(env, Number(values['parent_id']), parent)
}

const COMPUTED: Readonly<Record<string, Compute>> = {
  'res.partner.email_normalized': (_, __, { email }) => {
    const address = typeof email === 'string' ? /[^\s<>,;]+@[^\s<>,;]+/.exec(email)?.[0] : undefined
    return address === undefined ? false : address.toLowerCase()
  },
  'res.partner.company_type': (_, __, { is_company }) => (is_company === true ? 'company' : 'person'),
  'res.partner.commercial_partner_id': commercialPartner,
  'res.partner.child_ids': (env, id) =>
    [...env.store.table('res.partner')].filter(([, { parent_id }]) => parent_id === id).map(([child]) => child),
  'res.partner.partner_share': (env, id) =>
    ![...env.store.table('res.users').values()].some(({ partner_id, share }) => partner_id === id && share === false),
  'crm.lead.company_currency': (env) => rowOf(env, 'res.company', 1)?.['currency_id'] ?? false,
  'crm.lead.won_status': (env, _, { active, probability, stage_id }) => {
    if (probability === 100 && rowOf(env, 'crm.stage', stage_id)?.['is_won'] === true) return 'won'
    return active === false && probability === 0 ? 'lost' : 'pending'
  },
  'mail.activity.res_model': (env, _, values) => documentModel(env, values),
  'mail.activity.res_name': (env, _, values) => nameOfDocument(env, values),
  'mail.activity.state': (env, _, values) => activityState(env, values),
  'calendar.event.duration': (_, __, { start, stop }) =>
    Math.round(((Number(stop) - Number(start)) / 3_600_000_000) * 100) / 100,
  'res.users.name': (env, _, { partner_id }) => rowOf(env, 'res.partner', partner_id)?.['name'] ?? false,
  'res.users.email': (env, _, { partner_id }) => rowOf(env, 'res.partner', partner_id)?.['email'] ?? false,
  'ir.model.data.complete_name': (_, __, { module, name }) => `${module}.${name}`,
}
