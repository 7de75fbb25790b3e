import type { SimulatorReply } from '@raccordo/testkit/simulator'

/** An error as Zoho words it; `status` is the HTTP one and stays outside the body. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

/** Thrown anywhere below a handler: becomes the answer, or a record's entry in it. */
export class RefusedError extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

export const refuse = (status: number, code: string, message: string, details: Refusal['details'] = {}): RefusedError =>
  new RefusedError({ status, code, message, details })

/** The body of an error, of a whole request or of one record. */
export const refusalBody = ({ code, details, message }: Refusal): object => ({
  code,
  details,
  message,
  status: 'error',
})

export const refusalReply = (refusal: Refusal): SimulatorReply => ({
  status: refusal.status,
  body: refusalBody(refusal),
})

/** Where in the request a record's value stands. */
export interface Place {
  /** Number of the record in `data`. */
  readonly index: number
}

const at = (place: Place, apiName: string): Refusal['details'] => ({
  api_name: apiName,
  json_path: `$.data[${place.index}].${apiName}`,
})

export const invalidData = (
  place: Place,
  apiName: string,
  message = 'invalid data',
  more: Refusal['details'] = {},
): RefusedError => refuse(400, 'INVALID_DATA', message, { ...more, ...at(place, apiName) })

export const mandatoryMissing = (place: Place, apiName: string): RefusedError =>
  refuse(400, 'MANDATORY_NOT_FOUND', 'required field not found', at(place, apiName))

export const dependentMismatch = (place: Place, apiName: string, message: string): RefusedError =>
  refuse(400, 'DEPENDENT_MISMATCH', message, at(place, apiName))

export const dependentMissing = (place: Place, apiName: string, dependent: string): RefusedError =>
  refuse(400, 'DEPENDENT_FIELD_MISSING', 'dependent field is missing', {
    ...at(place, apiName),
    dependee: { api_name: dependent, json_path: `$.data[${place.index}].${dependent}` },
  })

export const unknownId = (place: Place): RefusedError => invalidData(place, 'id', 'the id given seems to be invalid')

export const missingParameter = (name: string): RefusedError =>
  refuse(400, 'REQUIRED_PARAM_MISSING', 'One of the expected parameter is missing', { param_name: name })

export const limitExceeded = (details: Refusal['details'], message = 'limit exceeded'): RefusedError =>
  refuse(400, 'LIMIT_EXCEEDED', message, details)

export const invalidModule = (): RefusedError =>
  refuse(400, 'INVALID_MODULE', 'the module name given seems to be invalid', { resource_path_index: 0 })

export const permissionDenied = (module: string): RefusedError =>
  refuse(403, 'NO_PERMISSION', 'permission denied', { permissions: [`Crm_Implied_View_${module}`] })
