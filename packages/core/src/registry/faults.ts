import type { ErrorObject } from 'ajv'
import type { Fault } from '../errors.ts'

/** An error of ajv in words that name the member. */
export const faultOf = (error: ErrorObject): Fault => {
  const parameters: Record<string, unknown> = error.params
  const at = error.instancePath
  if (error.keyword === 'required') {
    const pointer = `${at}/${parameters['missingProperty']}`
    return { pointer, message: `${pointer} is missing` }
  }
  if (error.keyword === 'additionalProperties') {
    const pointer = `${at}/${parameters['additionalProperty']}`
    return { pointer, message: `${pointer} is not known here` }
  }
  const name = at === '' ? 'It' : at
  if (error.keyword === 'isFunction') return { pointer: at, message: `${name} must be a function` }
  if (error.keyword === 'enum') {
    const allowed = (parameters['allowedValues'] as readonly unknown[]).map((value) => JSON.stringify(value))
    return { pointer: at, message: `${name} must be one of ${allowed.join(', ')}` }
  }
  if (error.keyword === 'const')
    return { pointer: at, message: `${name} must be ${JSON.stringify(parameters['allowedValue'])}` }
  return { pointer: at, message: `${name} ${error.message ?? 'is wrong'}` }
}
