import type { Behaviour } from './behaviours.ts'
import { type Environment, rowOf } from './environment.ts'
import { followPartner, forgetPartner } from './leads.ts'
import { logNote } from './messages.ts'
import { OdooError, validationError } from './odoo-error.ts'
import type { Values } from './store.ts'

const ADDRESS = ['street', 'street2', 'zip', 'city', 'state_id', 'country_id'] as const

const partnerDefaults: Values = { type: 'contact', lang: 'en_US', is_company: false }

/** A website gets a scheme where it has none. */
const preparePartner = (given: Values): Values => {
  const website = given['website']
  const isBare = typeof website === 'string' && website !== '' && !/^[a-z]+:\/\//i.test(website)
  return isBare ? { ...given, website: `http://${website}` } : given
}

const checkPartner = (env: Environment, id: number): void => {
  const values = rowOf(env, 'res.partner', id) ?? {}
  if (isEmpty(values['name']) && values['type'] === 'contact') throw nameRequired(env.version)
  for (let parent = values['parent_id'], steps = 0; typeof parent === 'number'; steps += 1) {
    if (parent === id || steps > 100) throw validationError('You cannot create recursive Partner hierarchies.')
    parent = rowOf(env, 'res.partner', parent)?.['parent_id']
  }
}

const isEmpty = (value: unknown): boolean => typeof value !== 'string' || value === ''

/** A constraint of the database: not raised as a user's error, so that `load` does not blame the first row for it. */
const nameRequired = (version: number): OdooError =>
  version >= 17
    ? new OdooError(VALIDATION, 'The operation cannot be completed: Contacts require a name', 'Contacts require a name')
    : new OdooError(VALIDATION, 'res_partner_check_name', "'Contacts require a name'")

const VALIDATION = 'odoo.exceptions.ValidationError'

const afterPartnerCreate = (env: Environment, id: number): void => {
  if (env.context[LOADED] === true) takeFromParent(env, id)
  else syncAddress(env, id, ['parent_id', ...ADDRESS], true)
  if (env.context['mail_create_nolog'] !== true && env.context['tracking_disable'] !== true)
    logNote(env, 'res.partner', id, '<p>Contact created</p>')
}

/** Set in the context by `load`, which fills a new contact's address from its parent and overwrites nothing. */
export const LOADED = '_partners_skip_fields_sync'

const takeFromParent = (env: Environment, id: number): void => {
  const parent = parentOf(env, id)
  if (parent === undefined) return
  const filled = Object.entries(addressOf(env, parent)).filter(([, value]) => value !== false)
  if (filled.length > 0) setAddress(env, id, Object.fromEntries(filled))
  else if (hasAddress(env, id)) setAddress(env, parent, addressOf(env, id))
}

/**
 * People share the address of their company. A contact takes it over with its parent; since Odoo 18, what is written
 * into a contact's address goes up to the company and down again to everybody there, and stamps them all.
 */
const syncAddress = (env: Environment, id: number, changed: readonly string[], isNew = false): void => {
  const touchesAddress = ADDRESS.some((name) => changed.includes(name))
  const parent = parentOf(env, id)
  if (parent !== undefined && changed.includes('parent_id') && hasAddress(env, parent))
    setAddress(env, id, addressOf(env, parent))
  const differs =
    parent !== undefined && ADDRESS.some((name) => addressOf(env, id)[name] !== addressOf(env, parent)[name])
  if (env.version >= 18 && differs && (touchesAddress || changed.includes('parent_id'))) {
    setAddress(env, parent, addressOf(env, id))
    syncAddress(env, parent, ADDRESS)
  }
  if (!touchesAddress || isNew) return
  for (const [child, values] of env.store.table('res.partner'))
    if (values['parent_id'] === id && values['type'] === 'contact') setAddress(env, child, addressOf(env, id))
}

const parentOf = (env: Environment, id: number): number | undefined => {
  const values = rowOf(env, 'res.partner', id)
  const parent = values?.['parent_id']
  return typeof parent === 'number' && values?.['type'] === 'contact' ? parent : undefined
}

const setAddress = (env: Environment, id: number, address: Values): void => {
  const values = rowOf(env, 'res.partner', id) ?? {}
  if (Object.entries(address).every(([name, value]) => (values[name] ?? false) === value)) return
  env.store.put('res.partner', id, { ...values, ...address, write_date: env.stamp, write_uid: env.uid })
}

const addressOf = (env: Environment, id: number): Values => {
  const values = rowOf(env, 'res.partner', id) ?? {}
  return Object.fromEntries(ADDRESS.map((name) => [name, values[name] ?? false]))
}

const hasAddress = (env: Environment, id: number): boolean =>
  Object.values(addressOf(env, id)).some((value) => value !== false)

const releasePartner = (env: Environment, id: number): void => {
  const isUsed = ['res.users', 'res.company'].some((model) =>
    [...env.store.table(model).values()].some((values) => values['partner_id'] === id),
  )
  if (isUsed)
    throw validationError(
      "The operation cannot be completed: Another model is using the record you are trying to delete.\n\nThe troublemaker is: 'Companies' (res.company)\nThanks to the following constraint: 'Partner' (partner_id)\nHow about archiving the record instead?",
    )
  for (const [child, values] of env.store.table('res.partner'))
    if (values['parent_id'] === id)
      env.store.put('res.partner', child, { ...values, parent_id: false, write_date: env.stamp })
  forgetPartner(env, id)
}

export const partnerBehaviour: Behaviour = {
  defaults: () => partnerDefaults,
  beforeCreate: (_, given) => preparePartner(given),
  beforeWrite: (_, __, given) => preparePartner(given),
  afterCreate: (env, id) => {
    checkPartner(env, id)
    afterPartnerCreate(env, id)
  },
  afterWrite: (env, id, given) => {
    checkPartner(env, id)
    syncAddress(env, id, Object.keys(given))
    followPartner(env, id, Object.keys(given))
  },
  beforeUnlink: releasePartner,
}
