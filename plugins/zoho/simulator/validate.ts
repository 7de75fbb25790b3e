import { dependentMissing, invalidData, type Place } from './failures.ts'
import { currenciesOf, type Org } from './org.ts'
import { type FieldDefinition, type ModuleName, moduleNamed } from './schema.ts'
import { isDay, parseWrittenInstant, toSecond } from './times.ts'
import type { Relation } from './values.ts'

/**
 * What a field stores of a value that a client gave; null clears. Throws where Zoho refuses it. `undefined` is a value
 * that Zoho passes over in silence: of a field that it computes.
 */
export const storedValue = (
  org: Org,
  module: ModuleName,
  name: string,
  given: unknown,
  context: { readonly place: Place; readonly relatedModule: ModuleName | undefined },
): unknown => {
  const field = org.fields[module].get(name)
  if (field === undefined || field.readOnly === true) return undefined
  if (given === null || given === '') return null
  if (typeof given === 'string' && given.includes('\u0000')) throw expecting(context.place, name, field)
  const { place } = context
  switch (field.type) {
    case 'lookup':
    case 'multi_module_lookup':
      return relationOf(org, name, field, given, context)
    case 'ownerlookup':
      return userOf(org, name, given, place)
    case 'picklist':
      return optionOf(org, name, field, given, place)
    case 'datetime': {
      const atMs = parseWrittenInstant(given)
      if (atMs === undefined) throw expecting(place, name, field)
      return toSecond(atMs)
    }
    default:
      if (!(CHECKS[field.type] ?? isAnything)(given)) throw expecting(place, name, field)
      if (typeof given === 'string' && field.length !== undefined && given.length > field.length)
        throw invalidData(place, name, 'invalid data', { maximum_length: field.length })
      return given
  }
}

const isAnything = (): boolean => true
const isText = (given: unknown): boolean => typeof given === 'string'
const isNumber = (given: unknown): boolean => typeof given === 'number' && Number.isFinite(given)

const CHECKS: Readonly<Record<string, (given: unknown) => boolean>> = {
  text: isText,
  textarea: isText,
  website: isText,
  email: (given) => typeof given === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(given),
  phone: (given) => typeof given === 'string' && /^\+?[\d\s().\-#/a-z]{1,49}$/i.test(given) && /\d/.test(given),
  integer: (given) => typeof given === 'number' && Number.isInteger(given),
  double: isNumber,
  currency: isNumber,
  boolean: (given) => typeof given === 'boolean',
  date: isDay,
  tags: Array.isArray,
  participants: (given) => Array.isArray(given) && given.length <= 50,
}

const expecting = (place: Place, name: string, field: FieldDefinition): Error =>
  invalidData(place, name, 'invalid data', { expected_data_type: field.type })

const idIn = (given: unknown): string | undefined => {
  if (typeof given === 'string') return given
  const id = (given as { id?: unknown } | null)?.id
  return typeof id === 'string' ? id : undefined
}

const relationOf = (
  org: Org,
  name: string,
  field: FieldDefinition,
  given: unknown,
  context: { readonly place: Place; readonly relatedModule: ModuleName | undefined },
): Relation => {
  const id = idIn(given)
  if (id === undefined) throw expecting(context.place, name, field)
  const module = field.module ?? (name === 'Parent_Id' ? parentModule(given) : context.relatedModule)
  // An id says nothing as long as it is not known of what.
  if (module === undefined && name === 'What_Id') throw dependentMissing(context.place, name, '$se_module')
  if (module === undefined || org.tables[module].get(id) === undefined)
    throw invalidData(context.place, name, 'the id given seems to be invalid')
  return { module, id }
}

const parentModule = (given: unknown): ModuleName | undefined => {
  const module = (given as { module?: { api_name?: unknown } | string }).module
  return moduleNamed(typeof module === 'string' ? module : String(module?.api_name ?? ''))
}

const userOf = (org: Org, name: string, given: unknown, place: Place): string => {
  const id = idIn(given)
  const user = org.users.find((known) => known.id === id && known.isActive)
  if (user === undefined) throw invalidData(place, name, 'the id given seems to be invalid')
  return user.id
}

/** New purposes of a call are taken up; any other unknown value is refused. */
const optionOf = (org: Org, name: string, field: FieldDefinition, given: unknown, place: Place): string => {
  if (typeof given !== 'string') throw expecting(place, name, field)
  const options = name === 'Currency' ? currenciesOf(org).map(({ iso }) => iso) : (field.options ?? [])
  if (name === 'Call_Purpose' || options.includes(given)) return given
  throw expecting(place, name, field)
}
