import { type Environment, rowOf } from './environment.ts'
import { NOTE_SUBTYPE } from './messages.ts'
import type { FieldDefinition, Model } from './models.ts'
import { OdooError } from './odoo-error.ts'
import type { Values } from './store.ts'
import { fromZone, readTime, showTime } from './times.ts'

type Complain = (message: string, field: string, more?: Record<string, unknown>) => undefined

/** Reads one cell of `load` into `values`. Cells are text; "" clears. A bad one is complained of and left out. */
export const readCell = (
  env: Environment,
  model: Model,
  column: string,
  cell: unknown,
  values: Values,
  complain: Complain,
): void => {
  const [name = '', by] = column.split('/')
  const field = model.fields[name]
  if (field === undefined) return
  const say = (message: string, moreinfo: unknown) =>
    complain(message, name, { moreinfo, ...(env.version >= 17 ? { field_name: field.string } : {}) })
  if (field.type === 'many2one' || field.type === 'many2many') {
    readRelation(env, field, name, by, cell, values, say)
    return
  }
  if (cell === '' || cell === null || cell === false) {
    if (cell === false && field.type === 'boolean') throw notText()
    values[name] = false
    return
  }
  if (field.type === 'boolean' && typeof cell !== 'string') throw notText()
  const value = readText(env, field, String(cell), say)
  if (value !== undefined) values[name] = value
}

const notText = () => new OdooError('builtins.AttributeError', "'bool' object has no attribute 'lower'")

type Say = (message: string, moreinfo: unknown) => undefined

const readText = (env: Environment, field: FieldDefinition, text: string, say: Say): unknown => {
  const read = READ[field.type]
  return read === undefined ? text : read(env, field, text, say)
}

const number =
  (kind: string, pattern: RegExp) =>
  (_: Environment, field: FieldDefinition, text: string, say: Say): unknown =>
    pattern.test(text)
      ? Number(text)
      : say(`'${text}' does not seem to be ${kind} for field '${field.string}'`, undefined)

const READ: Readonly<Record<string, (env: Environment, field: FieldDefinition, text: string, say: Say) => unknown>> = {
  boolean: (_, field, text, say) => {
    if (/^(?:1|true|yes)$/i.test(text)) return true
    if (/^(?:0|false|no)$/i.test(text)) return false
    return say(`Unknown value '${text}' for boolean field '${field.string}'`, "Use '1' for yes and '0' for no")
  },
  integer: number('an integer', /^-?\d+$/),
  many2one_reference: number('an integer', /^-?\d+$/),
  float: number('a number', /^-?\d+(?:\.\d+)?$/),
  monetary: number('a number', /^-?\d+(?:\.\d+)?$/),
  date: (_, field, text, say) =>
    /^\d{4}-\d\d-\d\d$/.test(text)
      ? text
      : say(`'${text}' does not seem to be a valid date for field '${field.string}'`, "Use the format '2012-12-31'"),
  // Read in the zone of the context or of the user, and only then in UTC.
  datetime: (env, field, text, say) => {
    const zone = env.context['tz'] ?? rowOf(env, 'res.users', env.uid)?.['tz']
    if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text))
      return say(
        `'${text}' does not seem to be a valid datetime for field '${field.string}'`,
        "Use the format '2012-12-31 23:59:59'",
      )
    return showTime(fromZone(readTime(text), typeof zone === 'string' && zone !== '' ? zone : 'UTC'))
  },
  selection: (_, field, text, say) => {
    const options = field.selection ?? []
    const found = options.find(([value, label]) => value === text || label.toLowerCase() === text.toLowerCase())
    if (found !== undefined || options.length === 0) return found?.[0] ?? text
    return say(
      `Value '${text}' not found in selection field '${field.string}'`,
      options.map(([, label]) => label),
    )
  },
}

const readRelation = (
  env: Environment,
  field: FieldDefinition,
  name: string,
  by: string | undefined,
  cell: unknown,
  values: Values,
  say: Say,
): void => {
  const isMany = field.type === 'many2many'
  const texts = cell === '' || cell === null || cell === false ? [] : isMany ? String(cell).split(',') : [String(cell)]
  const ids = texts.map((text) => resolve(env, field, by, text, say))
  if (ids.some((id) => id === undefined)) return
  values[name] = isMany ? [[6, 0, ids]] : (ids[0] ?? false)
}

const resolve = (
  env: Environment,
  { relation = '', string }: FieldDefinition,
  by: string | undefined,
  text: string,
  say: Say,
) => {
  const found = findRelated(env, relation, by, text)
  const kind = by === 'id' ? 'external id' : by === '.id' ? 'database id' : 'name'
  if (found === undefined) say(`No matching record found for ${kind} '${text}' in field '${string}'`, POSSIBLE)
  return found
}

const findRelated = (env: Environment, relation: string, by: string | undefined, text: string): number | undefined => {
  if (by === 'id') return text === 'mail.mt_note' ? NOTE_SUBTYPE : env.store.externalId(text)?.id
  if (by === '.id') return rowOf(env, relation, Number(text)) === undefined ? undefined : Number(text)
  return [...env.store.table(relation)].find(([, values]) => values['name'] === text)?.[0]
}

const POSSIBLE = {
  name: 'Possible Values',
  type: 'ir.actions.act_window',
  target: 'new',
  view_mode: 'list,form',
  views: [
    [false, 'list'],
    [false, 'form'],
  ],
  context: { create: false },
  help: 'See all possible values',
}
