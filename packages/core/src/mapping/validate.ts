import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Fault } from '../errors.ts'
import { inspectSpec } from './inspect-spec.ts'
import schema from './mapping.schema.json' with { type: 'json' }
import { suggestion } from './nearest.ts'
import { pointerTo } from './pointer.ts'
import type { MappingSpec } from './types.ts'

let compiled: ValidateFunction<MappingSpec> | undefined

const validator = (): ValidateFunction<MappingSpec> => {
  compiled ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile<MappingSpec>(schema)
  return compiled
}

const shown = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : JSON.stringify(value)
}

const list = (values: unknown): string => (Array.isArray(values) ? values.join(', ') : String(values))

/** One error of the schema in words. Keywords that only gather errors of others (`if`) say nothing new. */
const faultOf = (error: ErrorObject): readonly Fault[] => {
  const { keyword, instancePath: pointer, params, data, parentSchema } = error
  if (keyword === 'if') return []
  if (keyword === 'additionalProperties') {
    const name = String(params['additionalProperty'])
    const known = Object.keys((parentSchema as { properties?: object }).properties ?? {})
    return [
      { pointer: pointer + pointerTo(name), message: `"${name}" is not known here`, remedy: suggestion(name, known) },
    ]
  }
  if (keyword === 'required') {
    const name = String(params['missingProperty'])
    const remedy = name === 'version' ? 'Add "version": 1.' : `Add "${name}".`
    return [{ pointer, message: `"${name}" is missing`, remedy }]
  }
  if (keyword === 'enum') {
    const allowed = params['allowedValues'] as readonly string[]
    const remedy = typeof data === 'string' ? suggestion(data, allowed) : `Use one of: ${list(allowed)}.`
    return [{ pointer, message: `${shown(data)} is not one of the values that are known here`, remedy }]
  }
  if (keyword === 'const') {
    return [{ pointer, message: `${shown(data)} is not supported`, remedy: `Write ${shown(params['allowedValue'])}.` }]
  }
  if (keyword === 'type') {
    const remedy = `Write ${list(params['type']).replaceAll('array', 'list').replaceAll(', ', ' or ')}.`
    return [{ pointer, message: `${shown(data)} is of the wrong type`, remedy }]
  }
  if (keyword === 'propertyNames' || error.propertyName !== undefined) {
    const name = String(error.propertyName ?? params['propertyName'])
    const remedy = 'Use lower-case letters, digits and underscores, a letter first.'
    return [{ pointer: pointer + pointerTo(name), message: `"${name}" is no name for a field`, remedy }]
  }
  return [{ pointer, message: `${shown(data)} ${error.message ?? 'is not valid'}`, remedy: 'Correct the value.' }]
}

/**
 * Everything that is wrong with a mapping spec, each with its JSON pointer and a remedy; empty where it is sound. What
 * depends on a tenant's fields is told by `compileMapping`. Never throws.
 */
export const validateMapping = (spec: unknown): readonly Fault[] => {
  const validate = validator()
  if (validate(spec)) return inspectSpec(spec)
  const faults = new Map<string, Fault>()
  for (const fault of (validate.errors ?? []).flatMap(faultOf)) {
    faults.set(`${fault.pointer} ${fault.message}`, fault)
  }
  return [...faults.values()]
}
