import type { Ctx, FieldInfo } from '@raccordo/core/plugin'
import { STATUS_ONLY } from './calls.ts'
import { describeDeal } from './describe-deal.ts'
import type { Kind } from './kinds.ts'
import { pathsOf } from './paths.ts'
import type { Settings } from './settings.ts'

/** A property definition, as far as it is read. */
export interface VendorProperty {
  readonly name?: string
  readonly label?: string
  readonly type?: string
  readonly fieldType?: string
  readonly hidden?: boolean
  readonly hasUniqueValue?: boolean
  readonly externalOptions?: boolean
  readonly calculated?: boolean
  readonly showCurrencySymbol?: boolean
  readonly numberDisplayHint?: string
  readonly modificationMetadata?: { readonly readOnlyValue?: boolean }
  readonly options?: readonly { readonly value?: string; readonly label?: string; readonly hidden?: boolean }[]
}

/** HubSpot cuts no text off: a longer one is refused. */
const MAX_TEXT = 65_536
/** What the texts of activities leave for a subject and the reference. */
const MARKS = 1_024

/** The portal's properties of an object, and the fields that this plugin makes of several of them. */
export const describeObject = async (ctx: Ctx<Settings>, kind: Kind): Promise<readonly FieldInfo[]> => {
  const properties = await readProperties(ctx, kind.name)
  const fields = properties.flatMap((property) =>
    property.name === undefined ? [] : [fieldOf(kind, property, property.name)],
  )
  const made = kind.made ?? []
  return kind.type === 'deal' ? describeDeal(ctx, fields) : [...fields, ...made]
}

export const readProperties = async (ctx: Ctx<Settings>, object: string): Promise<readonly VendorProperty[]> => {
  const reply = await ctx.call({ path: pathsOf(ctx.settings).properties(object), query: { archived: 'false' } })
  return reply.body?.results ?? []
}

export const isReadOnly = (property: VendorProperty): boolean =>
  property.modificationMetadata?.readOnlyValue === true || property.calculated === true

const fieldOf = (kind: Kind, property: VendorProperty, name: string): FieldInfo => {
  const type = typeOf(property)
  const options = type === 'picklist' || type === 'multipicklist' ? optionsOf(property, name) : undefined
  return {
    name,
    label: property.label ?? name,
    type,
    ...(kind.required.includes(name) ? { required: true } : {}),
    ...(isReadOnly(property) ? { readOnly: true } : {}),
    ...(property.hasUniqueValue === true || name === kind.unique ? { unique: true } : {}),
    ...(type === 'text' || type === 'html'
      ? { maxLength: name === kind.markedField ? MAX_TEXT - MARKS : MAX_TEXT }
      : {}),
    ...(options === undefined ? {} : { options }),
  }
}

const typeOf = (property: VendorProperty): FieldInfo['type'] => {
  // Options that live elsewhere (owners, teams) are ids to this plugin.
  if (property.externalOptions === true) return 'text'
  switch (property.type) {
    case 'number':
      return property.showCurrencySymbol === true || property.numberDisplayHint === 'currency' ? 'money' : 'number'
    case 'bool':
      return 'boolean'
    case 'date':
      return 'date'
    case 'datetime':
      return 'datetime'
    case 'enumeration':
      return property.fieldType === 'checkbox' ? 'multipicklist' : 'picklist'
    default:
      return property.fieldType === 'html' ? 'html' : 'text'
  }
}

/** The portal's options; a call's outcome has two more that HubSpot keeps in the status (see calls.ts). */
const optionsOf = (property: VendorProperty, name: string): NonNullable<FieldInfo['options']> => [
  ...(property.options ?? []).flatMap(({ value, label }) =>
    value === undefined ? [] : [{ value, label: label ?? value }],
  ),
  ...(name === 'hs_call_disposition'
    ? STATUS_ONLY.map((status) => ({ value: status, label: STATUS_LABEL[status] }))
    : []),
]
const STATUS_LABEL = { FAILED: 'Failed', CANCELED: 'Canceled' } as const
