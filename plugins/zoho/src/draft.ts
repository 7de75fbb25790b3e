import type { Ctx, Failure, Fields, Row } from '@raccordo/core/plugin'
import { fieldFact, isOffered } from './fields.ts'
import type { Kind, WriteAround, Written } from './kinds.ts'
import { type Reference, textOf, withReference } from './reference.ts'
import { isFailure } from './relations.ts'
import { DEFAULT_MARKER_FIELD, type Settings } from './settings.ts'
import { valuesOf } from './values.ts'
import type { VendorRecord } from './vendor.ts'

/** A row as it is sent. */
export interface Draft {
  readonly values: Fields
  /** What is reported once the rest is written. */
  readonly refusal?: Failure
}

export type Drafting = { readonly draft: Draft } | { readonly failure: Failure }

/** The field that bears markers with unique values, where the module has it. */
export const markerFieldOf = async (ctx: Ctx<Settings>, kind: Kind): Promise<string | undefined> => {
  const name = ctx.settings.markerField ?? DEFAULT_MARKER_FIELD
  return (await fieldFact(ctx, kind.name, name))?.isUnique === true ? name : undefined
}

/** A new record: with its marker in the module's own field for it, or else in a text, where nothing else finds it again. */
export const newDraft = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  row: Row,
  markerField: string | undefined,
): Promise<Drafting> => {
  const related = kind.relate?.(row.links ?? [], undefined) ?? {}
  if (isFailure(related)) return { failure: related }
  const given = withoutEmpty(row.fields)
  const written = await writtenOf(ctx, kind, given, undefined)
  const { reference = {} } = written
  const details = { ...detail('outcome', reference), ...detail('time', reference) }
  const needsMarker = markerField === undefined && (kind.bears?.(given) ?? true)
  const bears = kind.type === 'activity' || needsMarker || Object.keys(details).length > 0
  const body = written.fields[kind.text]
  const text = bears ? { [kind.text]: withReference(asText(body), { ...details, marker: row.marker }) } : {}
  const marked = markerField === undefined ? {} : { [markerField]: row.marker }
  const values = await valuesOf(ctx, kind.name, { ...related, ...written.fields, ...text, ...marked })
  return { draft: { values: withoutEmpty(values) } }
}

/** A change of a record, of which `current` is known where the kind or the text needs it. */
export const changeDraft = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  row: Row,
  current: VendorRecord | undefined,
): Promise<Drafting> => {
  const related = kind.relate?.(row.links ?? [], current ?? {}) ?? {}
  if (isFailure(related)) return { failure: related }
  const written = await writtenOf(ctx, kind, row.fields, current ?? {})
  const text = changedText(kind, row, written, current)
  const values = await valuesOf(ctx, kind.name, { ...related, ...written.fields, ...text })
  return { draft: { values, ...(written.refusal === undefined ? {} : { refusal: written.refusal }) } }
}

/** Columns that must be known of a record before it is changed so; none where no look is needed. */
export const lookedAt = (kind: Kind, row: Row): readonly string[] => {
  const isBare = Object.keys(row.fields).length === 0 && (row.links ?? []).length === 0
  if (isBare) return []
  return [...new Set([...(kind.current ?? []), ...(kind.text in row.fields ? [kind.text] : [])])]
}

/** A text keeps the reference that it bears. One is added only for values that have no other place. */
const changedText = (kind: Kind, row: Row, written: Written, current: VendorRecord | undefined): Fields => {
  const { reference = {}, fields } = written
  if (!(kind.text in fields) && Object.keys(reference).length === 0) return {}
  const present = textOf(current?.[kind.text])
  const body = kind.text in fields ? asText(fields[kind.text]) : present.body
  const kept: Reference = { ...present.reference, ...changes(reference) }
  const isBare = kept.marker === undefined && kept.outcome === undefined && kept.time === undefined
  const next = isBare ? body : withReference(body, { ...kept, marker: kept.marker ?? row.marker })
  const before = current?.[kind.text] ?? null
  return next === before && !(kind.text in fields) ? {} : { [kind.text]: next }
}

const writtenOf = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  fields: Fields,
  current: VendorRecord | undefined,
): Promise<Written> => {
  if (kind.write === undefined) return { fields }
  const offered = new Set<string>()
  for (const [field, options] of Object.entries(kind.options ?? {}))
    for (const option of [...options, fields[field]])
      if (typeof option === 'string' && (await isOffered(ctx, kind.name, field, option)))
        offered.add(`${field}=${option}`)
  const around: WriteAround = {
    current,
    nowMs: ctx.now().getTime(),
    timeZone: ctx.account?.timeZone,
    offers: (field, option) => offered.has(`${field}=${option}`),
  }
  return kind.write(fields, around)
}

type Details = NonNullable<Written['reference']>

const detail = (name: keyof Details, reference: Details): Reference => {
  const value = reference[name]
  return typeof value === 'string' ? { [name]: value } : {}
}

const changes = (reference: Details): Reference =>
  Object.fromEntries(Object.entries(reference).map(([name, value]) => [name, value ?? undefined]))

const asText = (value: Fields[string]): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** Nothing is left out of a new record by leaving out what would only clear it. */
const withoutEmpty = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  )
