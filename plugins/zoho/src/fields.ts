import { type Ctx, fail, type Lookup, type LookupRow } from '@raccordo/core/plugin'
import { ask, ifAllowed } from './ask.ts'
import { MODULE_NAMES, type ModuleName } from './modules.ts'
import { SCOPES } from './oauth.ts'
import { paths } from './paths.ts'
import type { Settings } from './settings.ts'
import type { VendorField } from './vendor.ts'

/** The fields of a module as this organisation has them. */
export const readFields = async (ctx: Ctx<Settings>, module: ModuleName): Promise<readonly VendorField[]> => {
  const reply = await ask(ctx, { path: paths.fields, query: { module } }, [SCOPES.fields])
  return reply.body?.fields ?? []
}

export const isUnique = ({ unique }: VendorField): boolean =>
  unique === true || (typeof unique === 'object' && unique !== null && Object.keys(unique).length > 0)

export const isReadOnly = (field: VendorField): boolean => field.read_only === true || field.field_read_only === true

/** Rich text, which lists cut off after 500 characters. */
export const isRich = ({ data_type, textarea, rich_text }: VendorField): boolean =>
  data_type === 'richtext' || textarea?.type === 'rich_text' || rich_text === true

/** The lookup table with a module's fields: what the plugin must know of a field before it reads or writes it. */
export const fieldTableOf = (module: ModuleName): string => `fields_of_${module.toLowerCase()}`

/** A field's type as Zoho has it, and whether its values are unique or written at all. */
export interface FieldFact {
  readonly type: string
  readonly isUnique: boolean
}

/** What is known of a field; undefined where the module has none of that name, or its fields may not be read. */
export const fieldFact = async (
  ctx: Ctx<Settings>,
  module: ModuleName,
  name: string,
): Promise<FieldFact | undefined> => {
  const row = await ctx.lookup(fieldTableOf(module), name)
  return row === undefined ? undefined : { type: row.label ?? 'text', isUnique: row.group === UNIQUE }
}

/** Whether a picklist has an option; false where the module's fields may not be read. */
export const isOffered = async (
  ctx: Ctx<Settings>,
  module: ModuleName,
  field: string,
  option: string,
): Promise<boolean> => (await ctx.lookup(fieldTableOf(module), optionKey(field, option))) !== undefined

const optionKey = (field: string, option: string): string => `${field}=${option}`

const UNIQUE = 'unique'

/** Options stand in the table of calls alone: only there does a write depend on them. */
const optionRows = (module: ModuleName, { api_name: name, pick_list_values: options = [] }: VendorField) =>
  module === 'Calls' && name !== undefined
    ? options.flatMap(({ actual_value: value }): readonly LookupRow[] =>
        value === undefined ? [] : [{ id: optionKey(name, value), key: optionKey(name, value) }],
      )
    : []

const fieldRow = (field: VendorField): readonly LookupRow[] => {
  if (field.api_name === undefined) return []
  const type = isRich(field) ? 'richtext' : (field.data_type ?? 'text')
  return [
    {
      id: field.api_name,
      key: field.api_name,
      label: type,
      ...(isUnique(field) && !isReadOnly(field) ? { group: UNIQUE } : {}),
    },
  ]
}

const fieldTable = (module: ModuleName): Lookup<Settings> => ({
  list: async (ctx) => {
    const fields = (await ifAllowed(readFields(ctx, module))) ?? []
    return { rows: fields.flatMap((field) => [...fieldRow(field), ...optionRows(module, field)]) }
  },
})

export const fieldTables: Readonly<Record<string, Lookup<Settings>>> = Object.fromEntries(
  MODULE_NAMES.map((module) => [fieldTableOf(module), fieldTable(module)]),
)

/**
 * Says which of the fields a module no longer has, after Zoho has refused a list of them. Throws `schema` with the
 * first of those; does nothing where all are there.
 */
export const requireKnown = async (ctx: Ctx<Settings>, module: ModuleName, names: readonly string[]): Promise<void> => {
  const fields = await ifAllowed(readFields(ctx, module))
  if (fields === undefined || fields.length === 0) return
  const known = new Set(fields.map(({ api_name }) => api_name))
  const missing = names.find((name) => !known.has(name) && name !== 'id' && !name.startsWith('$'))
  if (missing !== undefined) throw fail('schema', `Zoho's ${module} have no field ${missing}`, { field: missing })
}
