import { type Environment, rowOf } from './environment.ts'
import { sanitizeHtml } from './html.ts'
import type { FieldDefinition, Model } from './models.ts'
import { OdooError, validationError, valueError } from './odoo-error.ts'
import { readTime } from './times.ts'

/** A value that a client wrote, as it is stored; what Odoo refuses is thrown. `before` is what an x2many holds so far. */
export const toStored = (env: Environment, model: Model, name: string, value: unknown, before: unknown): unknown => {
  const field = model.fields[name]
  if (field === undefined) throw valueError(`Invalid field '${name}' in '${model.name}'`)
  if (typeof value === 'string' && value.includes('\u0000'))
    throw valueError('A string literal cannot contain NUL (0x00) characters.')
  const convert = CONVERT[field.type]
  if (field.type === 'many2many' || field.type === 'one2many') return toIds(env, field, value, before)
  if (value === false || value === null || value === undefined) return field.type === 'boolean' ? false : emptyOf(field)
  return convert === undefined ? value : convert(env, model, name, value, field)
}

const emptyOf = ({ type }: FieldDefinition): unknown => (type === 'integer' || type === 'float' ? 0 : false)

type Convert = (env: Environment, model: Model, name: string, value: unknown, field: FieldDefinition) => unknown

const toFloat: Convert = (_, __, ___, value) => {
  const number = Number(value)
  if (Number.isNaN(number)) throw valueError(`could not convert string to float: '${value}'`)
  return number
}

const CONVERT: Readonly<Record<string, Convert>> = {
  char: (_, __, ___, value) => String(value),
  text: (_, __, ___, value) => String(value),
  html: (_, __, ___, value) => sanitizeHtml(String(value)),
  boolean: (_, __, ___, value) => value !== 0 && value !== '',
  integer: (_, __, ___, value) => {
    if (Number(value) > 2_147_483_647)
      throw new OdooError('psycopg2.errors.NumericValueOutOfRange', 'integer out of range\n')
    return Number(value)
  },
  float: toFloat,
  monetary: toFloat,
  many2one_reference: (_, __, ___, value) => Number(value),
  datetime: (_, __, ___, value) => readTime(String(value)),
  date: (_, __, ___, value) => {
    if (!/^\d{4}-\d\d-\d\d$/.test(String(value)))
      throw valueError(`time data '${value}' does not match format '%Y-%m-%d'`)
    return value
  },
  selection: ({ version }, model, name, value, { selection = [] }) => {
    // Odoo 19 took a language that is not installed.
    const isAnyLanguage = name === 'lang' && version >= 17
    if (!isAnyLanguage && selection.length > 0 && !selection.some(([key]) => key === value))
      throw valueError(`Wrong value for ${model.name}.${name}: '${value}'`)
    return value
  },
  many2one: (env, model, _, value, { relation = '', string }) => {
    if (Array.isArray(value))
      throw new OdooError(
        'psycopg2.errors.InvalidTextRepresentation',
        `invalid input syntax for type integer: "${value[1]}"\n`,
      )
    const isKnown = relation === '' || !env.models.has(relation) || rowOf(env, relation, Number(value)) !== undefined
    if (isKnown) return Number(value)
    throw validationError(
      `The operation cannot be completed: Another model is using the record you are trying to delete.\n\nThe troublemaker is: '${model.label}' (${model.name})\nThanks to the following constraint: '${string}' (${relation})\nHow about archiving the record instead?`,
    )
  },
}

/** Commands [6,0,ids], [4,id], [3,id], [5] and [0,0,values]; a list of ids sets, false clears, an unknown command does nothing. */
const toIds = (env: Environment, { relation = '' }: FieldDefinition, value: unknown, before: unknown): number[] => {
  if (!Array.isArray(value)) return []
  let ids = Array.isArray(before) ? [...(before as number[])] : []
  for (const command of value) {
    if (typeof command === 'number') ids = [...(value as number[])]
    else if (command?.[0] === 6) ids = [...command[2]]
    else if (command?.[0] === 4) ids = [command[1], ...ids.filter((id) => id !== command[1])]
    else if (command?.[0] === 3) ids = ids.filter((id) => id !== command[1])
    else if (command?.[0] === 5) ids = []
    else if (command?.[0] === 0) ids = [...ids, insertRelated(env, relation, command[2])]
  }
  if (ids.some((id) => rowOf(env, relation, id) === undefined))
    throw validationError(
      'The operation cannot be completed: Another model is using the record you are trying to delete.\n\nThe troublemaker is: Unknown\nHow about archiving the record instead?',
    )
  return ids
}

const insertRelated = (env: Environment, relation: string, values: Record<string, unknown>): number => {
  const id = env.store.nextId(relation)
  const stamps = { create_date: env.stamp, write_date: env.stamp, create_uid: env.uid, write_uid: env.uid }
  env.store.put(relation, id, { active: true, ...values, ...stamps })
  return id
}
