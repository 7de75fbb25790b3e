import { toStored } from './convert.ts'
import { type Environment, modelNamed, rowOf } from './environment.ts'
import { afterMessageWrite, beforeMessageCreate } from './messages.ts'
import type { Model } from './models.ts'
import { missingError, notAllowed, OdooError, validationError, valueError } from './odoo-error.ts'
import { afterPartnerCreate, checkPartner, partnerDefaults, preparePartner, syncAddress } from './partners.ts'
import type { Values } from './store.ts'

const READ_ONLY = new Set(['id', 'create_date', 'create_uid', 'write_date', 'write_uid', 'display_name'])

/** Models that a user without rights of an administrator may write. */
const WRITABLE = new Set(['res.partner', 'res.partner.category', 'mail.message'])

const checkAccess = (env: Environment, model: Model, verb: string): void => {
  if (env.isAdmin) return
  if (!WRITABLE.has(model.name)) throw notAllowed(verb, model.label, model.name, ['Access Rights'])
  const mayWriteContacts = rowOf(env, 'res.users', env.uid)?.['may_write_contacts'] !== false
  if (model.name === 'res.partner' && !mayWriteContacts)
    throw notAllowed(verb, model.label, model.name, ['Extra Rights/Contact Creation'])
}

/** Makes records, all or none; answers their ids in order. */
export const create = (
  env: Environment,
  modelName: string,
  list: readonly Values[],
  ids?: readonly number[],
): number[] => {
  const model = modelNamed(env, modelName)
  checkAccess(env, model, 'create')
  for (const given of list)
    for (const name of Object.keys(given))
      if (model.fields[name] === undefined)
        throw valueError(
          env.version >= 17
            ? `Invalid field '${name}' in '${modelName}'`
            : `Invalid field '${name}' on model '${modelName}'`,
        )
  return list.map((given, index) => {
    const prepared = beforeCreate(env, model, given)
    const id = ids?.[index] ?? env.store.nextId(modelName)
    const stamps = { create_date: env.stamp, write_date: env.stamp, create_uid: env.uid, write_uid: env.uid }
    env.store.put(modelName, id, { ...defaults(model), ...stored(env, model, prepared, {}), ...stamps })
    if (modelName === 'res.partner') {
      checkPartner(env, id)
      afterPartnerCreate(env, id)
    }
    return id
  })
}

const defaults = (model: Model): Values => ({
  ...(model.fields['active'] === undefined ? {} : { active: true }),
  ...(model.name === 'res.partner' ? partnerDefaults : {}),
})

const beforeCreate = (env: Environment, model: Model, given: Values): Values => {
  if (model.name === 'mail.message') return beforeMessageCreate(env, given)
  return model.name === 'res.partner' ? preparePartner(given) : given
}

/** Sets the same values in all records, in all or in none. Even no change moves `write_date`. */
export const write = (env: Environment, modelName: string, ids: readonly number[], given: Values): true => {
  const model = modelNamed(env, modelName)
  checkAccess(env, model, 'modify')
  for (const name of Object.keys(given))
    if (model.fields[name] === undefined)
      throw env.version >= 17
        ? new OdooError('builtins.KeyError', name)
        : valueError(`Invalid field '${name}' on model '${modelName}'`)
  requireAll(env, modelName, ids)
  if (modelName === 'mail.message') afterMessageWrite(env, ids, given)
  for (const id of ids) {
    const before = rowOf(env, modelName, id) ?? {}
    const prepared = modelName === 'res.partner' ? preparePartner(given) : given
    const stamps = { write_date: env.stamp, write_uid: env.uid }
    env.store.put(modelName, id, { ...before, ...stored(env, model, prepared, before), ...stamps })
    if (modelName === 'res.partner') {
      checkPartner(env, id)
      syncAddress(env, id, Object.keys(prepared))
    }
  }
  return true
}

const stored = (env: Environment, model: Model, given: Values, before: Values): Values =>
  Object.fromEntries(
    Object.entries(given)
      .filter(([name]) => !READ_ONLY.has(name))
      .map(([name, value]) => [name, toStored(env, model, name, value, before[name])]),
  )

const requireAll = (env: Environment, model: string, ids: readonly number[]): void => {
  const missing = ids.filter((id) => rowOf(env, model, id) === undefined)
  if (missing.length > 0) throw missingError(model, missing.slice(0, 1), env.uid)
}

/** Deletes records without a trace. What points at them loses the pointer, and their chatter goes with them. */
export const unlink = (env: Environment, modelName: string, ids: readonly number[]): true => {
  const model = modelNamed(env, modelName)
  checkAccess(env, model, 'delete')
  requireAll(env, modelName, ids)
  for (const id of ids) {
    if (modelName === 'res.partner') releasePartner(env, id)
    env.store.remove(modelName, id)
  }
  return true
}

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
  for (const [message, values] of env.store.table('mail.message'))
    if (values['model'] === 'res.partner' && values['res_id'] === id) env.store.remove('mail.message', message)
}
