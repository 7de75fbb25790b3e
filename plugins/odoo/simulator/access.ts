import { type Environment, modelNamed, rowOf } from './environment.ts'
import type { Model } from './models.ts'
import { notAllowed } from './odoo-error.ts'

/** Models that a user without rights of an administrator may write. */
const WRITABLE = new Set([
  'res.partner',
  'res.partner.category',
  'mail.message',
  'mail.activity',
  'calendar.event',
  'crm.lead',
])

const SALES = ['Sales/Administrator', 'Sales/User: Own Documents Only']

const maySell = (env: Environment): boolean => rowOf(env, 'res.users', env.uid)?.['may_sell'] !== false

/** Throws where the user may not look into a table. */
export const mayRead = (env: Environment, modelName: string): void => {
  if (env.isAdmin) return
  const { label } = modelNamed(env, modelName)
  if (AUTOMATION.has(modelName) && env.mayAutomate) return
  const isClosed = CLOSED.has(modelName) || (/^ir\.model(?:\.data)?$/.test(modelName) && env.version >= 17)
  if (isClosed) throw notAllowed('access', label, modelName, ['Access Rights'])
  if (modelName === 'crm.lead' && !maySell(env)) throw notAllowed('access', label, modelName, SALES)
}

export const canRead = (env: Environment, modelName: string): boolean => {
  try {
    mayRead(env, modelName)
    return true
  } catch {
    return false
  }
}

const AUTOMATION = new Set(['base.automation', 'ir.actions.server'])
const CLOSED = new Set([...AUTOMATION, 'mail.mail'])

/** Throws where the user may not make, change or delete records of a model. */
export const mayWrite = (env: Environment, model: Model, verb: 'create' | 'modify' | 'delete'): void => {
  if (env.isAdmin) return
  if (AUTOMATION.has(model.name) && env.mayAutomate) return
  if (!WRITABLE.has(model.name)) throw notAllowed(verb, model.label, model.name, ['Access Rights'])
  const mayWriteContacts = rowOf(env, 'res.users', env.uid)?.['may_write_contacts'] !== false
  if (model.name === 'res.partner' && !mayWriteContacts)
    throw notAllowed(verb, model.label, model.name, ['Extra Rights/Contact Creation'])
  if (model.name !== 'crm.lead') return
  if (verb === 'delete') throw notAllowed(verb, model.label, model.name, ['Sales/Administrator'])
  if (!maySell(env)) throw notAllowed(verb, model.label, model.name, SALES)
}
