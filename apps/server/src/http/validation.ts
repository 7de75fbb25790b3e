import type { Fault } from '@raccordo/core'
import type { FastifyRequest } from 'fastify'
import { Refusal } from './refusal.ts'

/** As many faults as a person reads. */
const MOST_FAULTS = 20

/** One error of ajv with `verbose`: the schema that failed carries the hint as its description. */
interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly message?: string
  readonly params: Readonly<Record<string, unknown>>
  readonly parentSchema?: { readonly description?: string; readonly properties?: Readonly<Record<string, unknown>> }
}
type Part = 'body' | 'querystring' | 'params' | 'headers'
interface ValidationFailure {
  readonly validation: readonly SchemaError[]
  readonly validationContext?: Part
}

/** True for what fastify throws where a body, a query or a path does not fit its schema. */
export const isValidationError = (error: unknown): error is ValidationFailure =>
  error instanceof Error && Array.isArray((error as Partial<ValidationFailure>).validation)

const PART_NAMES: Readonly<Record<Part, string>> = {
  body: 'The body',
  querystring: 'The query',
  params: 'The path',
  headers: 'The headers',
}

const escapeToken = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1')

const pointerOf = ({ keyword, instancePath, params }: SchemaError): string => {
  const member = keyword === 'required' ? params['missingProperty'] : params['additionalProperty']
  return typeof member === 'string' ? `${instancePath}/${escapeToken(member)}` : instancePath
}

const messageOf = ({ keyword, message, params }: SchemaError): string => {
  if (keyword === 'required') return 'is missing'
  if (keyword === 'additionalProperties') return 'is not known here'
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`
  if (keyword === 'pattern') return 'is not of the form that is taken here'
  return message ?? 'is not valid'
}

const remedyOf = ({ keyword, parentSchema, params }: SchemaError): string | undefined => {
  const members = parentSchema?.properties
  if (keyword === 'additionalProperties' && members !== undefined) return `Known: ${Object.keys(members).join(', ')}.`
  if (keyword === 'required') {
    const missing = members?.[String(params['missingProperty'])] as { description?: string } | undefined
    return missing?.description
  }
  return parentSchema?.description
}

const faultOf = (error: SchemaError, prefix: string): Fault => {
  const remedy = remedyOf(error)
  return {
    pointer: `${prefix}${pointerOf(error)}`,
    message: messageOf(error),
    ...(remedy === undefined ? {} : { remedy }),
  }
}

const refusalOf = (errors: readonly SchemaError[], part: Part, prefix = ''): Refusal => {
  const faults = errors.slice(0, MOST_FAULTS).map((error) => faultOf(error, prefix))
  const first = faults[0] ?? { pointer: '', message: 'is not valid' }
  const place = first.pointer === '' ? '' : ` at ${first.pointer}`
  const remedy = first.remedy === undefined ? '' : ` ${first.remedy}`
  const more = errors.length > 1 ? ` (${errors.length} faults)` : ''
  const detail = `${PART_NAMES[part]}${place} ${first.message}.${remedy}${more}`
  return new Refusal(422, 'invalid', detail, { pointer: first.pointer ?? '', faults })
}

/** The refusal that names every fault with its pointer and a hint. */
export const validationRefusal = ({ validation, validationContext = 'body' }: ValidationFailure): Refusal =>
  refusalOf(validation, validationContext)

/** Checks a body by a schema that is only known once the body is. Throws the same refusal as a route's own schema. */
export const checkBody = (request: FastifyRequest, body: unknown, schema: object): void => {
  const validate = request.getValidationFunction(schema) ?? request.compileValidationSchema(schema, 'body')
  if (validate(body) !== true) throw refusalOf((validate.errors ?? []) as unknown as SchemaError[], 'body')
}
