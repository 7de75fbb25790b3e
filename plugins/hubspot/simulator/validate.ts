import { invalidProperty, refuse } from './failures.ts'
import { placed } from './pipelines.ts'
import type { Portal } from './portal.ts'
import type { PropertyDefinition } from './property.ts'
import { type ObjectName, SCHEMAS } from './schema.ts'

/**
 * Values as HubSpot stores them, with what follows from them; refuses what it refuses. `current` is the record that they
 * change, and absent where they make a new one. `""` clears.
 */
export const checkedValues = (
  portal: Portal,
  object: ObjectName,
  given: Readonly<Record<string, unknown>>,
  current?: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const values = storedValues(portal, object, given)
  if (current === undefined) requireOneOf(object, values)
  requireAll(object, values, current === undefined)
  const touchesPlace = current === undefined || 'pipeline' in values || 'dealstage' in values
  return object === 'deals' && touchesPlace ? placed(values, current ?? {}) : values
}

const storedValues = (
  portal: Portal,
  object: ObjectName,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> => {
  const stored: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const property = portal.properties[object].get(name)
    if (property === undefined)
      throw invalidProperty(name, 'PROPERTY_DOESNT_EXIST', `Property "${name}" does not exist`)
    if (property.readOnly === true)
      throw invalidProperty(name, 'READ_ONLY_VALUE', `"${name}" is a read only property; its value cannot be set`)
    stored[name] = storedValue(portal, property, value === null || value === undefined ? '' : String(value))
  }
  return stored
}

const requireOneOf = (object: ObjectName, values: Readonly<Record<string, string>>): void => {
  const { oneOf } = SCHEMAS[object]
  if (oneOf.length > 0 && !oneOf.some((name) => (values[name] ?? '') !== '')) throw missing(object, oneOf)
}

/** What a new record lacks, or what a change would take away. */
const requireAll = (object: ObjectName, values: Readonly<Record<string, string>>, isNew: boolean): void => {
  const lacking = SCHEMAS[object].required.filter((name) => (isNew || name in values) && (values[name] ?? '') === '')
  if (lacking.length > 0) throw missing(object, lacking)
}

/** From 2026-09 on the refusal has a code of its own. */
const missing = (object: ObjectName, names: readonly string[]): Error => {
  const message = `Error creating ${SCHEMAS[object].singular}. Required properties were not set: ${names.join(', ')}`
  return refuse(400, 'VALIDATION_ERROR', message, {
    errors: [{ message, code: 'MISSING_REQUIRED_PROPERTY', context: { propertyName: names } }],
  })
}

const MOST_CHARACTERS = 65_536

const storedValue = (portal: Portal, property: PropertyDefinition, value: string): string => {
  const { name } = property
  if (value === '') return ''
  if (value.length > MOST_CHARACTERS) throw invalidProperty(name, 'PROPERTY_VALUE_TOO_LONG', `"${name}" is too long`)
  switch (property.type) {
    case 'number':
      if (!Number.isFinite(Number(value)))
        throw invalidProperty(name, 'INVALID_INTEGER', `"${value}" was not a valid number`)
      return String(Number(value))
    case 'datetime':
    case 'date':
      return moment(name, value)
    case 'enumeration':
      return chosen(portal, property, value)
    case 'bool':
      return value === 'true' ? 'true' : 'false'
    default:
      return text(name, value)
  }
}

const moment = (name: string, value: string): string => {
  const ms = /^-?\d+$/.test(value) ? Number(value) : Date.parse(value)
  if (Number.isNaN(ms)) throw invalidProperty(name, 'INVALID_DATE', `"${value}" was not a valid date`)
  return new Date(ms).toISOString()
}

const chosen = (portal: Portal, property: PropertyDefinition, value: string): string => {
  const { name } = property
  if (name === 'hubspot_owner_id') {
    if (!portal.owners.some((owner) => String(owner.id) === value && !owner.archived))
      throw invalidProperty(name, 'INVALID_OWNER_ID', `Owner ${value} does not exist`)
    return value
  }
  if (property.options !== undefined && !property.options.includes(value))
    throw invalidProperty(name, 'INVALID_OPTION', `${value} was not one of the allowed options: [${property.options}]`)
  return value
}

const text = (name: string, value: string): string => {
  if (name === 'email') {
    if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value))
      throw invalidProperty(name, 'INVALID_EMAIL', `Email address ${value} is invalid`)
    return value.trim().toLowerCase()
  }
  if (name === 'domain') return domainOf(value)
  if (name === 'hs_call_recording_url' && !value.startsWith('https://'))
    throw invalidProperty(name, 'INVALID_URL', 'Recording URLs must use https')
  return value
}

/** HubSpot keeps the bare host of whatever is given as a domain. */
const domainOf = (value: string): string =>
  value
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[/?#].*$/, '')
