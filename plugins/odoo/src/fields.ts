import type { Ctx, FieldInfo, Lookup, ObjectType } from '@raccordo/core/plugin'
import type { OdooSettings } from './settings.ts'
import { callMethod } from './transport.ts'
import type { FieldKind } from './values.ts'

interface FieldDescription {
  readonly string?: string
  readonly type?: string
  readonly required?: boolean
  readonly readonly?: boolean
  readonly selection?: readonly (readonly [string, string])[]
  readonly relation?: string
  readonly size?: number
}

const fieldsGet = async (
  ctx: Ctx<OdooSettings>,
  model: string,
): Promise<Readonly<Record<string, FieldDescription>>> => {
  const attributes = ['string', 'type', 'required', 'readonly', 'selection', 'relation', 'size']
  const fields = await callMethod(ctx, { model, method: 'fields_get', named: { attributes }, idempotent: true })
  return (fields ?? {}) as Readonly<Record<string, FieldDescription>>
}

const TYPES: Readonly<Record<string, FieldInfo['type']>> = {
  char: 'text',
  text: 'text',
  html: 'html',
  integer: 'number',
  float: 'number',
  monetary: 'money',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  selection: 'picklist',
  many2one: 'reference',
  many2many: 'multipicklist',
}

/** The model's live fields, those left out that have no place in a flat record (one2many, binary, properties). */
export const describeModel = async (
  ctx: Ctx<OdooSettings>,
  model: string,
  more: { readonly references: Readonly<Record<string, ObjectType>>; readonly required: readonly string[] },
): Promise<readonly FieldInfo[]> => {
  const fields = Object.entries(await fieldsGet(ctx, model))
  return fields.flatMap(([name, field]): FieldInfo[] => {
    const type = TYPES[field.type ?? '']
    if (type === undefined) return []
    const references = more.references[name]
    return [
      {
        name,
        label: field.string ?? name,
        type,
        ...(field.required === true || more.required.includes(name) ? { required: true } : {}),
        ...(field.readonly === true ? { readOnly: true } : {}),
        ...(typeof field.size === 'number' ? { maxLength: field.size } : {}),
        ...(references === undefined ? {} : { references }),
        ...(type === 'picklist' ? { options: optionsOf(field) } : {}),
      },
    ]
  })
}

const optionsOf = ({ selection }: FieldDescription) =>
  (selection ?? []).map(([value, label]) => ({ value: String(value), label: String(label) }))

/** Types of a model's fields as a table that the engine caches: `false` cannot be read, nor a relation written, without them. */
export const fieldTable = (model: string): Lookup<OdooSettings> => ({
  list: async (ctx) => {
    const fields = Object.entries(await fieldsGet(ctx, model))
    return {
      rows: fields.map(([name, { string, type }]) => ({
        id: name,
        key: name,
        ...(string === undefined ? {} : { label: string }),
        ...(type === undefined ? {} : { group: type }),
      })),
    }
  },
})

/** Types of some fields, from the engine's cache. A field that the model lacks is absent. */
export const kindsOf = async (
  ctx: Ctx<OdooSettings>,
  table: string,
  names: Iterable<string>,
): Promise<ReadonlyMap<string, FieldKind>> => {
  const kinds = new Map<string, FieldKind>()
  for (const name of new Set(names)) {
    const row = await ctx.lookup(table, name)
    if (row?.group !== undefined) kinds.set(name, row.group)
  }
  return kinds
}
