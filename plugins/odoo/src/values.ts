import type { Json } from '@raccordo/core/plugin'

/** Odoo's types of fields, as `fields_get` names them. */
export type FieldKind = string

/**
 * A value as Odoo reads it, as JSON that says what it means: `false` is empty for every type but boolean, a many2one
 * comes as [id, name], times are UTC without saying so. Ids become text, as everywhere else.
 */
export const fromOdoo = (value: unknown, kind: FieldKind | undefined): Json => {
  if (kind === 'boolean') return value === true
  if (value === false || value === undefined || value === null || value === '') return null
  if (kind === 'datetime' && typeof value === 'string') return toInstant(value) ?? value
  if (kind === 'many2one' && typeof value === 'number') return String(value)
  if (!Array.isArray(value)) return value as Json
  const [first, second] = value
  if (value.length === 2 && typeof first === 'number' && typeof second === 'string') return String(first)
  return value.map((member) => (typeof member === 'number' ? String(member) : (member as Json)))
}

/** Column of `load` for a field: relations are given by database id. */
export const columnOf = (name: string, kind: FieldKind | undefined): string =>
  kind === 'many2one' || kind === 'many2many' ? `${name}/.id` : name

/** A cell of `load`: always text, because other types make it fail or are read as labels; "" clears. */
export const toCell = (value: Json | undefined, kind: FieldKind | undefined): string => {
  if (kind === 'boolean') return isTrue(value) ? '1' : '0'
  if (value === null || value === undefined) return ''
  if (kind === 'datetime' && typeof value === 'string') return toOdooTime(value) ?? value
  if (Array.isArray(value)) return value.join(',')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A value for `create` and `write`. */
export const toValue = (value: Json | undefined, kind: FieldKind | undefined): Json => {
  if (kind === 'boolean') return isTrue(value)
  if (value === null || value === undefined) return false
  if (kind === 'many2one') return Number(value)
  if (kind === 'many2many') return [[6, 0, (Array.isArray(value) ? value : [value]).map(Number)]]
  if (kind === 'datetime' && typeof value === 'string') return toOdooTime(value) ?? value
  return value
}

const isTrue = (value: Json | undefined): boolean => value === true || value === 1 || value === '1' || value === 'true'

/** "2026-11-24 02:13:10", which is UTC, as ISO 8601. */
export const toInstant = (time: unknown): string | undefined =>
  typeof time === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(time) ? `${time.replace(' ', 'T')}Z` : undefined

/** When a record last changed, as every record that is pulled says it. */
export const stampOf = (time: unknown): { readonly updatedAt?: string } => {
  const updatedAt = toInstant(time)
  return updatedAt === undefined ? {} : { updatedAt }
}

/** Id of a many2one as `search_read` answers it. */
export const relatedId = (value: unknown): number | undefined => {
  const id = Array.isArray(value) ? value[0] : value
  return typeof id === 'number' ? id : undefined
}

/** A many2one with its name, as mappings read both: by the id and by the label. */
export const namedRelation = (value: unknown): Json => {
  if (!Array.isArray(value)) return fromOdoo(value, 'many2one')
  const [id, name] = value
  return typeof id === 'number' ? { id: String(id), name: String(name) } : null
}

/** An instant as Odoo takes it: UTC, whole seconds, no T and no Z. */
export const toOdooTime = (instant: string): string | undefined => {
  const time = Date.parse(instant)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().slice(0, 19).replace('T', ' ')
}

/**
 * A frozen window as a domain. Stamps are stored with microseconds and shown in seconds, and what `>` and `<=` mean
 * changed with Odoo 19: only `>=` and `<` on whole seconds mean the same in all versions. The window is widened to
 * whole seconds, never narrowed.
 */
export const windowDomain = (window: { readonly from: string; readonly to: string } | undefined): string[][] => {
  if (window === undefined) return []
  const second = (instant: string, round: (value: number) => number) =>
    toOdooTime(new Date(round(Date.parse(instant) / 1_000) * 1_000).toISOString()) ?? ''
  return [
    ['write_date', '>=', second(window.from, Math.floor)],
    ['write_date', '<', second(window.to, Math.ceil)],
  ]
}
