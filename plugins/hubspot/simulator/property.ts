/** A property definition of the simulated portal. */
export interface PropertyDefinition {
  readonly name: string
  readonly label: string
  readonly type: 'string' | 'number' | 'datetime' | 'date' | 'enumeration' | 'bool'
  readonly fieldType: string
  readonly readOnly?: boolean
  readonly unique?: boolean
  readonly options?: readonly string[]
  /** Options that live in another table (owners, pipelines). */
  readonly external?: boolean
  /** A number that is an amount of money. */
  readonly isMoney?: boolean
}

export const text = (name: string, label: string): PropertyDefinition => ({
  name,
  label,
  type: 'string',
  fieldType: 'text',
})
export const html = (name: string, label: string): PropertyDefinition => ({ ...text(name, label), fieldType: 'html' })
export const number = (name: string, label: string): PropertyDefinition => ({
  name,
  label,
  type: 'number',
  fieldType: 'number',
})
export const moment = (name: string, label: string): PropertyDefinition => ({
  name,
  label,
  type: 'datetime',
  fieldType: 'date',
})
export const flag = (name: string, label: string): PropertyDefinition => ({
  name,
  label,
  type: 'bool',
  fieldType: 'booleancheckbox',
})
export const choice = (name: string, label: string, options: readonly string[]): PropertyDefinition => ({
  name,
  label,
  type: 'enumeration',
  fieldType: 'select',
  options,
})
/** A choice whose options are rows of another table: the definition lists none. */
export const external = (name: string, label: string): PropertyDefinition => ({
  name,
  label,
  type: 'enumeration',
  fieldType: 'select',
  external: true,
})
export const readOnly = (property: PropertyDefinition): PropertyDefinition => ({ ...property, readOnly: true })

/** What every object has. */
export const SYSTEM: readonly PropertyDefinition[] = [
  readOnly(number('hs_object_id', 'Record ID')),
  readOnly({ ...external('hs_merged_object_ids', 'Merged record IDs'), fieldType: 'checkbox' }),
  readOnly(text('hs_object_source', 'Record source')),
  readOnly({ ...text('hs_unique_creation_key', 'Unique creation key'), unique: true }),
  readOnly(moment('notes_last_updated', 'Last activity date')),
  external('hubspot_owner_id', 'Owner'),
]
