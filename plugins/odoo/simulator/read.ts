import { displayName, valueOfField } from './computed.ts'
import { type Environment, modelNamed, rowOf } from './environment.ts'
import type { FieldDefinition, Model } from './models.ts'
import { accessError, valueError } from './odoo-error.ts'
import { showTime } from './times.ts'

/** Records by id; the ids that do not exist are left out without a word. */
export const read = (
  env: Environment,
  modelName: string,
  ids: readonly number[],
  fields: unknown,
  load: unknown = '_classic_read',
): Record<string, unknown>[] => {
  const model = modelNamed(env, modelName)
  const names = fieldNames(env, model, fields)
  for (const name of names)
    if (model.fields[name] === undefined)
      throw valueError(
        env.version >= 17
          ? `Invalid field '${name}' on '${modelName}'`
          : `Invalid field '${name}' on model '${modelName}'`,
      )
  return ids.flatMap((id) => {
    const values = rowOf(env, modelName, id)
    if (values === undefined) return []
    const shown = names.map((name) => {
      const field = model.fields[name]
      if (field === undefined || name === 'id') return [name, id] as const
      return [name, show(env, field, valueOfField(env, modelName, id, values, name, field), load)] as const
    })
    return [{ id, ...Object.fromEntries(shown) }]
  })
}

const fieldNames = (env: Environment, model: Model, fields: unknown): readonly string[] => {
  if (Array.isArray(fields) && fields.length > 0) return [...new Set(fields.map(String))]
  if (env.version >= 19 && model.name === 'res.partner' && !env.isAdmin)
    throw accessError(
      "Failed to read field res.partner.rtc_session_ids\nYou are not allowed to access 'Mail RTC session' (discuss.channel.rtc.session) records.\n\nThis operation is allowed for the following groups:\n\t- Role / Administrator\n\nContact your administrator to request access if necessary.",
    )
  return Object.keys(model.fields)
}

const show = (env: Environment, { type, relation = '' }: FieldDefinition, value: unknown, load: unknown): unknown => {
  if (type === 'datetime') return showTime(value)
  if (type !== 'many2one' || typeof value !== 'number') return value
  if (load !== '_classic_read') return value
  return [value, relation === 'mail.message.subtype' ? 'Note' : displayName(env, relation, value)]
}
