import { mayWrite } from './access.ts'
import { removeActivitiesOf } from './activities.ts'
import { behaviourOf } from './behaviours.ts'
import { toStored } from './convert.ts'
import { type Environment, modelNamed, rowOf } from './environment.ts'
import { leaveEvents } from './events.ts'
import type { Model } from './models.ts'
import { missingError, OdooError, valueError } from './odoo-error.ts'
import type { Values } from './store.ts'

const READ_ONLY = new Set(['id', 'create_date', 'create_uid', 'write_date', 'write_uid', 'display_name'])

/** Makes records, all or none; answers their ids in order. */
export const create = (
  env: Environment,
  modelName: string,
  list: readonly Values[],
  ids?: readonly number[],
): number[] => {
  const model = modelNamed(env, modelName)
  mayWrite(env, model, 'create')
  for (const given of list)
    for (const name of Object.keys(given))
      if (model.fields[name] === undefined)
        throw valueError(
          env.version >= 17
            ? `Invalid field '${name}' in '${modelName}'`
            : `Invalid field '${name}' on model '${modelName}'`,
        )
  const behaviour = behaviourOf(modelName)
  return list.map((given, index) => {
    const defaults = { ...(model.fields['active'] === undefined ? {} : { active: true }), ...behaviour.defaults?.(env) }
    const prepared = behaviour.beforeCreate?.(env, given) ?? given
    const id = ids?.[index] ?? env.store.nextId(modelName)
    const stamps = { create_date: env.stamp, write_date: env.stamp, create_uid: env.uid, write_uid: env.uid }
    env.store.put(modelName, id, {
      ...known(model, defaults),
      ...stored(env, model, known(model, prepared), {}),
      ...stamps,
    })
    behaviour.afterCreate?.(env, id, given)
    env.changes.push({ model: modelName, id, trigger: 'on_create_or_write' })
    return id
  })
}

/** What another version of the model does not have is left out. */
const known = (model: Model, values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => model.fields[name] !== undefined))

/** Sets the same values in all records, in all or in none. Even no change moves `write_date`. */
export const write = (env: Environment, modelName: string, ids: readonly number[], given: Values): true => {
  const model = modelNamed(env, modelName)
  mayWrite(env, model, 'modify')
  for (const name of Object.keys(given))
    if (model.fields[name] === undefined)
      throw env.version >= 17
        ? new OdooError('builtins.KeyError', name)
        : valueError(`Invalid field '${name}' on model '${modelName}'`)
  requireAll(env, modelName, ids)
  const behaviour = behaviourOf(modelName)
  for (const id of ids) {
    const before = rowOf(env, modelName, id) ?? {}
    const prepared = behaviour.beforeWrite?.(env, id, given) ?? given
    const stamps = { write_date: env.stamp, write_uid: env.uid }
    env.store.put(modelName, id, { ...before, ...stored(env, model, known(model, prepared), before), ...stamps })
    behaviour.afterWrite?.(env, id, given, before)
    env.changes.push({ model: modelName, id, trigger: 'on_create_or_write' })
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
  mayWrite(env, model, 'delete')
  requireAll(env, modelName, ids)
  for (const id of ids) {
    behaviourOf(modelName).beforeUnlink?.(env, id)
    env.store.remove(modelName, id)
    env.changes.push({ model: modelName, id, trigger: 'on_unlink' })
    removeActivitiesOf(env, modelName, id)
    leaveEvents(env, modelName, id)
    for (const [message, values] of env.store.table('mail.message'))
      if (values['model'] === modelName && values['res_id'] === id) env.store.remove('mail.message', message)
  }
  return true
}
