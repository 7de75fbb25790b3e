import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Fields, Json } from '../contract.ts'
import type { Fault } from '../errors.ts'
import { faultOf } from './faults.ts'

export interface CheckedSettings {
  /** What was given, with the defaults of the host and of the schema for what was not. */
  readonly settings: Fields
  readonly faults: readonly Fault[]
}
/** `defaults` come from the environment: texts, taken as the type that the schema asks for. */
export type SettingsCompletion = (settings: Fields, defaults?: Readonly<Record<string, string>>) => CheckedSettings
export type SettingsCheck = (settings: Fields) => readonly Fault[]

const positive = { type: ['number', 'null'], exclusiveMinimum: 0 }
const count = { type: 'integer', minimum: 1 }
/** What the engine reads from every connection, for plugins whose schema does not speak of it. */
const BASE_SETTINGS: Readonly<Record<string, object>> = {
  apiBaseUrl: { type: 'string', pattern: '^https?://' },
  authBaseUrl: { type: 'string', pattern: '^https?://' },
  limits: {
    type: 'object',
    additionalProperties: false,
    properties: {
      page: count,
      read: count,
      write: count,
      fields: count,
      rates: { type: 'array', items: positive },
      parallel: { type: 'array', items: positive },
    },
  },
}

/** Compiles the check of a plugin's settings schema; throws as `settingsCompletion` does. */
export const settingsCheck = (schema: object): SettingsCheck => {
  const complete = settingsCompletion(schema)
  return (settings) => complete(settings).faults
}

/**
 * Compiles a plugin's settings schema (JSON Schema draft-07, or 2020-12 where `$schema` says so) into what checks and
 * completes the settings of a connection. Throws an `Error` with ajv's words where it is none.
 */
export const settingsCompletion = (schema: object): SettingsCompletion => {
  const declared = propertiesOf(schema)
  const engines = Object.entries(BASE_SETTINGS).filter(([name]) => !Object.hasOwn(declared, name))
  const own = compile(schema)
  const base = compile({ type: 'object', properties: Object.fromEntries(engines) })
  const isEngines = (name: string): boolean => engines.some(([known]) => known === name)
  return (given, defaults = {}) => {
    const all: Record<string, Json | undefined> = { ...typed(defaults, declared), ...present(given) }
    const [ours, theirs] = [true, false].map((wanted) =>
      structuredClone(Object.fromEntries(Object.entries(all).filter(([name]) => isEngines(name) === wanted))),
    )
    const faults = [...faultsOf(own, theirs), ...faultsOf(base, ours)]
    return { settings: { ...theirs, ...ours }, faults: faults.map((fault) => withRemedy(fault, declared)) }
  }
}

type Properties = Readonly<Record<string, { readonly type?: unknown; readonly description?: unknown }>>

const propertiesOf = (schema: object): Properties => {
  const properties: unknown = Reflect.get(schema, 'properties')
  return typeof properties === 'object' && properties !== null ? (properties as Properties) : {}
}

const present = (settings: Fields): Fields =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))

const typed = (defaults: Readonly<Record<string, string>>, declared: Properties): Fields =>
  Object.fromEntries(
    Object.entries(defaults)
      .filter(([name]) => Object.hasOwn(declared, name) || Object.hasOwn(BASE_SETTINGS, name))
      .map(([name, text]) => [name, asType(text, declared[name]?.type)]),
  )

const asType = (text: string, type: unknown): Json => {
  if ((type === 'number' || type === 'integer') && text.trim() !== '' && Number.isFinite(Number(text)))
    return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

const faultsOf = (validate: ValidateFunction, settings: unknown): readonly Fault[] =>
  validate(settings) ? [] : (validate.errors ?? []).map(faultOf)

/** What the plugin's author says of a setting is the best advice there is. */
const withRemedy = (fault: Fault, declared: Properties): Fault => {
  const description = declared[fault.pointer?.split('/')[1] ?? '']?.description
  return typeof description === 'string' ? { ...fault, remedy: description } : fault
}

const compile = (schema: object): ValidateFunction => {
  const dialect: unknown = Reflect.get(schema, '$schema')
  const is2020 = typeof dialect === 'string' && dialect.includes('2020-12')
  // Not strict: forms hang hints of their own on a schema, and they are none of the validator's business.
  const options = { allErrors: true, strict: false, useDefaults: true, logger: false } as const
  const ajv = is2020 ? new Ajv2020(options) : new Ajv(options)
  addFormats.default(ajv)
  return ajv.compile(schema)
}
