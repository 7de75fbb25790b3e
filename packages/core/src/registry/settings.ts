import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Json } from '../contract.ts'
import type { Fault } from '../errors.ts'
import { faultOf } from './faults.ts'

export type SettingsCheck = (settings: Json | object) => readonly Fault[]

/**
 * Compiles a plugin's settings schema (JSON Schema draft-07, or 2020-12 where `$schema` says so). Throws an `Error`
 * with ajv's words where it is none.
 */
export const settingsCheck = (schema: object): SettingsCheck => {
  const validate = compile(schema)
  return (settings) => (validate(settings) ? [] : (validate.errors ?? []).map((error) => faultOf(error)))
}

const compile = (schema: object): ValidateFunction => {
  const dialect = Reflect.get(schema, '$schema')
  const is2020 = typeof dialect === 'string' && dialect.includes('2020-12')
  // Not strict: forms hang hints of their own on a schema, and they are none of the validator's business.
  const options = { allErrors: true, strict: false, validateSchema: true, logger: false } as const
  const ajv = is2020 ? new Ajv2020(options) : new Ajv(options)
  addFormats.default(ajv)
  return ajv.compile(schema)
}
