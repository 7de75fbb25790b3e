import type { Behaviour } from './behaviours.ts'
import { type Environment, rowOf } from './environment.ts'
import { logNote } from './messages.ts'
import { missingRequired, validationError } from './odoo-error.ts'
import type { Values } from './store.ts'

const model = 'crm.lead'

const stageOf = (env: Environment, id: unknown): Values => rowOf(env, 'crm.stage', id) ?? {}

/** What Odoo expects of a lead by its stage, where nobody said otherwise. A new one is worth nothing to it. */
const automatedProbability = (env: Environment, stage: unknown): number => {
  const { is_won, sequence } = stageOf(env, stage)
  return is_won === true ? 100 : Math.max(0, (Number(sequence ?? 1) - 1) * 8.33)
}

const firstStage = (env: Environment): number | false => {
  const [first] = [...env.store.table('crm.stage')].sort(
    ([, left], [, right]) => Number(left['sequence']) - Number(right['sequence']),
  )
  return first?.[0] ?? false
}

const beforeCreate = (env: Environment, given: Values): Values => {
  const stage = given['stage_id'] ?? firstStage(env)
  const isWon = stageOf(env, Number(stage))['is_won'] === true
  const automated = automatedProbability(env, Number(stage))
  return {
    probability: automated,
    ...given,
    stage_id: stage,
    automated_probability: automated,
    ...(isWon ? { active: true, probability: 100 } : {}),
    ...partnerCopies(env, given),
  }
}

/** A won stage sets the probability; leaving a stage sets it anew, unless a person had set it. */
const beforeWrite = (env: Environment, id: number, given: Values): Values => {
  const before = rowOf(env, model, id) ?? {}
  const moved = given['stage_id'] !== undefined && Number(given['stage_id']) !== before['stage_id']
  const copies = partnerCopies(env, given)
  if (!moved) return { ...given, ...copies }
  if (stageOf(env, Number(given['stage_id']))['is_won'] === true)
    return { ...given, ...copies, active: true, probability: 100, automated_probability: 100 }
  const automated = automatedProbability(env, Number(given['stage_id']))
  const wasAutomated = before['probability'] === before['automated_probability']
  const anew = wasAutomated && given['probability'] === undefined ? { probability: automated } : {}
  return { ...given, ...copies, ...anew, ...('probability' in anew ? { automated_probability: automated } : {}) }
}

/** A lead takes address, phone and names over from its partner; what the partner lacks stays. */
const partnerCopies = (env: Environment, given: Values): Values => {
  if (given['partner_id'] === undefined) return {}
  const partner = rowOf(env, 'res.partner', Number(given['partner_id']))
  if (partner === undefined) return { partner_name: false, contact_name: false }
  const company = partner['is_company'] === true ? partner : rowOf(env, 'res.partner', partner['parent_id'])
  return {
    ...(partner['email'] && given['email_from'] === undefined ? { email_from: partner['email'] } : {}),
    ...(partner['phone'] && given['phone'] === undefined ? { phone: partner['phone'] } : {}),
    ...(company === undefined ? {} : { partner_name: company['name'] }),
    ...(partner['is_company'] === true ? {} : { contact_name: partner['name'] }),
  }
}

const check = (env: Environment, id: number): void => {
  const values = rowOf(env, model, id) ?? {}
  if (typeof values['name'] !== 'string' || values['name'] === '')
    throw missingRequired(env.version, 'name', 'Opportunity', 'Lead', model)
  if (env.version >= 19 && stageOf(env, values['stage_id'])['is_won'] === true && values['probability'] !== 100)
    throw validationError('A lead in a Won stage cannot be lost. Move it to another stage first.')
}

/** E-mail address and phone of a lead and its partner are one: what is written here goes there. */
const writePartner = (env: Environment, id: number, given: Values): void => {
  const lead = rowOf(env, model, id) ?? {}
  const partnerId = Number(lead['partner_id'])
  const partner = rowOf(env, 'res.partner', partnerId)
  if (partner === undefined) return
  const changed = [
    ['email_from', 'email'],
    ['phone', 'phone'],
  ].flatMap(([from = '', to = '']) =>
    given[from] !== undefined && given[from] !== false && partner[to] !== lead[from] ? [[to, lead[from]] as const] : [],
  )
  if (changed.length === 0) return
  const stamps = { write_date: env.stamp, write_uid: env.uid }
  env.store.put('res.partner', partnerId, { ...partner, ...Object.fromEntries(changed), ...stamps })
}

/** The other way round: leads follow their partner. Called when a partner was written. */
export const followPartner = (env: Environment, partnerId: number, changed: readonly string[]): void => {
  const partner = rowOf(env, 'res.partner', partnerId) ?? {}
  const copied = [
    ['email', 'email_from'],
    ['phone', 'phone'],
  ].filter(([from = '']) => changed.includes(from) && partner[from])
  if (copied.length === 0) return
  const copies = Object.fromEntries(copied.map(([from = '', to = '']) => [to, partner[from]]))
  for (const [id, lead] of env.store.table(model))
    if (lead['partner_id'] === partnerId)
      env.store.put(model, id, { ...lead, ...copies, write_date: env.stamp, write_uid: env.uid })
}

/** A partner that is deleted leaves its leads without one. */
export const forgetPartner = (env: Environment, partnerId: number): void => {
  for (const [id, lead] of env.store.table(model))
    if (lead['partner_id'] === partnerId) env.store.put(model, id, { ...lead, partner_id: false })
}

export const leadBehaviour: Behaviour = {
  defaults: (env) => ({
    type: 'opportunity',
    priority: '0',
    user_id: env.uid,
    team_id: 1,
    company_id: 1,
    active: true,
  }),
  beforeCreate,
  beforeWrite,
  afterCreate: (env, id, given) => {
    check(env, id)
    writePartner(env, id, given)
    if (env.context['mail_create_nolog'] !== true && env.context['tracking_disable'] !== true)
      logNote(env, model, id, '<p>A new lead has been created for the team "Sales".</p>')
  },
  afterWrite: (env, id, given, before) => {
    check(env, id)
    writePartner(env, id, given)
    const isTracked = before['stage_id'] !== rowOf(env, model, id)?.['stage_id']
    if (isTracked && env.context['tracking_disable'] !== true) logNote(env, model, id, '')
  },
}
