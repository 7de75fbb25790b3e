import type { Ctx, FieldInfo } from '@raccordo/core/plugin'
import { isReadOnly, isRich, isUnique, readFields } from './fields.ts'
import type { Kind } from './kinds.ts'
import { REFERENCE_ROOM } from './reference.ts'
import { typeOfModule } from './relations.ts'
import type { Settings } from './settings.ts'
import { readStages, type Stage } from './stages.ts'
import type { VendorField } from './vendor.ts'

/** The organisation's fields of a module, with those that the plugin makes out of others. */
export const describeObject = async (ctx: Ctx<Settings>, kind: Kind): Promise<readonly FieldInfo[]> => {
  const fields = await readFields(ctx, kind.name)
  const stages = kind.name === 'Deals' ? await readStages(ctx) : []
  const own = fields.flatMap((field) =>
    field.api_name === undefined ? [] : [fieldOf(kind, field, field.api_name, stages)],
  )
  const known = new Set(own.map(({ name }) => name))
  const made = Object.entries(kind.described ?? {}).flatMap(([name, told]): FieldInfo[] =>
    known.has(name) || told.type === undefined ? [] : [{ label: name, ...told, name, type: told.type }],
  )
  return [...own, ...made]
}

const fieldOf = (kind: Kind, field: VendorField, name: string, stages: readonly Stage[]): FieldInfo => {
  const type = typeOf(field)
  const told = kind.described?.[name] ?? {}
  const readOnly = told.readOnly ?? (isReadOnly(field) || UNWRITTEN.has(field.data_type ?? ''))
  const maxLength = lengthOf(kind, field, name)
  const options = type === 'picklist' || type === 'multipicklist' ? optionsOf(field, name, stages) : undefined
  const references = type === 'reference' ? referencesOf(field) : undefined
  return {
    name,
    label: field.field_label ?? name,
    type,
    ...(field.system_mandatory === true ? { required: true } : {}),
    ...(readOnly ? { readOnly } : {}),
    ...(isUnique(field) ? { unique: true } : {}),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(options === undefined ? {} : { options: withTold(options, told.options ?? []) }),
    ...(references === undefined ? {} : { references }),
  }
}

/** Types whose values Zoho makes itself, or takes only by calls of their own. */
const UNWRITTEN: ReadonlySet<string> = new Set([
  'formula',
  'autonumber',
  'rollup_summary',
  'profileimage',
  'imageupload',
  'fileupload',
  'subform',
])

const TYPES: Readonly<Record<string, FieldInfo['type']>> = {
  currency: 'money',
  integer: 'number',
  double: 'number',
  decimal: 'number',
  percent: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  picklist: 'picklist',
  multiselectpicklist: 'multipicklist',
  lookup: 'reference',
  ownerlookup: 'reference',
  userlookup: 'reference',
  multi_module_lookup: 'reference',
  multi_lookup: 'reference',
}

/** Ids have 19 digits and are texts: a number would lose the last ones. */
const typeOf = (field: VendorField): FieldInfo['type'] =>
  isRich(field) ? 'html' : (TYPES[field.data_type ?? ''] ?? 'text')

const lengthOf = (kind: Kind, field: VendorField, name: string): number | undefined => {
  const { length } = field
  if (length === undefined || length <= 0 || TYPES[field.data_type ?? ''] !== undefined) return undefined
  return name === kind.text ? Math.max(1, length - REFERENCE_ROOM) : length
}

type Options = NonNullable<FieldInfo['options']>

/** Stages come once for each pipeline that has them; `-None-` is how Zoho shows that there is no value. */
const optionsOf = (field: VendorField, name: string, stages: readonly Stage[]): Options => {
  if (name === 'Stage' && stages.length > 0)
    return stages.map(({ value, label, pipeline }) => ({ value, label, group: pipeline }))
  return (field.pick_list_values ?? []).flatMap(({ actual_value: value, display_value: label, type }) =>
    value === undefined || value === '-None-' || type === 'unused' ? [] : [{ value, label: label ?? value }],
  )
}

const withTold = (options: Options, told: Options): Options => [
  ...options,
  ...told.filter(({ value }) => !options.some((option) => option.value === value)),
]

const referencesOf = ({ lookup }: VendorField): FieldInfo['references'] => {
  const module = lookup?.module
  return typeOfModule(typeof module === 'object' ? module?.api_name : module)
}
