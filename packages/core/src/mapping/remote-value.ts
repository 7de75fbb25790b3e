import type { Fields, Json } from '../contract.ts'

/** True for what vendors send where a field is empty: nothing, `""`, and `false` for a field that is no boolean. */
export const isEmpty = (value: Json | undefined): value is null | undefined | '' | false =>
  value === undefined || value === null || value === '' || value === false

/** A relation as vendors send it: `[7, "Name"]`, or an object with an id. */
export interface Relation {
  readonly id: string
  readonly label: string | undefined
}

const labelOf = (value: { readonly [key: string]: Json | undefined }): string | undefined => {
  for (const member of ['name', 'label', 'title', 'display_name']) {
    const label = value[member]
    if (typeof label === 'string') return label
  }
  return undefined
}

/** The relation in a remote value, or undefined where it is a plain one. */
export const relationOf = (value: Json): Relation | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  if (isList(value)) {
    const [id, label] = value
    return value.length === 2 && typeof id === 'number' && typeof label === 'string'
      ? { id: String(id), label }
      : undefined
  }
  const id = value['id']
  return typeof id === 'string' || typeof id === 'number' ? { id: String(id), label: labelOf(value) } : undefined
}

/** `Array.isArray` that narrows readonly lists too. */
export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

/** True for a JSON object. */
export const isStructure = (value: Json | undefined): value is { readonly [key: string]: Json | undefined } =>
  typeof value === 'object' && value !== null && !isList(value)

/** The id in a remote value that stands for another record or row; undefined where there is none. */
export const idOf = (value: Json): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return relationOf(value)?.id
}

/** The text of a remote value: a relation's label, else its id; undefined where it is a list or a structure. */
export const textOf = (value: Json): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const relation = relationOf(value)
  return relation === undefined ? undefined : (relation.label ?? relation.id)
}

/** Reads a field, or a dotted path into a field's value, from a remote record. */
export const readerOf = (remote: string, nested: readonly string[]): ((fields: Fields) => Json | undefined) => {
  if (nested.length === 0) return (fields) => fields[remote]
  return (fields) => {
    let value = fields[remote]
    for (const step of nested) {
      if (typeof value !== 'object' || value === null) return undefined
      value = (value as { readonly [key: string]: Json | undefined })[step]
    }
    return value
  }
}
