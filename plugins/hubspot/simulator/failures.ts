import type { SimulatorReply } from '@raccordo/testkit/simulator'

/** An error as HubSpot words it; `status` is the HTTP one and stays outside the body. */
export interface Refusal {
  readonly status: number
  readonly category?: string
  readonly subCategory?: string
  readonly message: string
  readonly context?: Readonly<Record<string, readonly string[]>>
  readonly errors?: readonly object[]
}

/** Thrown anywhere below a handler, answered by `answering`. */
export class RefusedError extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

export const refuse = (status: number, category: string, message: string, more: Partial<Refusal> = {}): RefusedError =>
  new RefusedError({ status, category, message, ...more })

/** The answer to a whole request that is refused. */
export const refusalReply = ({ status, ...body }: Refusal): SimulatorReply => ({
  status,
  body: { status: 'error', ...body, correlationId: CORRELATION_ID },
})

/** One entry of a batch answer's errors. */
export const refusalEntry = ({ status: _, ...entry }: Refusal, context: Refusal['context'] = {}): object => ({
  status: 'error',
  ...entry,
  context: { ...entry.context, ...context },
})

export const notFound = (): RefusedError => refuse(404, 'OBJECT_NOT_FOUND', 'resource not found')

export const invalidProperty = (name: string, error: string, message: string): RefusedError => {
  const detail = { isValid: false, message, error, name, localizedErrorMessage: message, portalId: 1 }
  return refuse(400, 'VALIDATION_ERROR', `Property values were not valid: ${JSON.stringify([detail])}`, {
    errors: [{ message, code: error, context: { propertyName: [name] } }],
  })
}

export const conflict = (existingId: number | undefined): RefusedError =>
  existingId === undefined
    ? refuse(409, 'CONFLICT', 'Contact already exists')
    : refuse(409, 'CONFLICT', `Contact already exists. Existing ID: ${existingId}`, {
        context: { existingId: [String(existingId)] },
      })

export const missingScopes = (scopes: readonly string[]): RefusedError =>
  refuse(
    403,
    'MISSING_SCOPES',
    "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
    {
      errors: [
        { message: 'One or more of the following scopes are required.', context: { requiredGranularScopes: scopes } },
      ],
    },
  )

const CORRELATION_ID = '5f1d2c3b-0000-4000-8000-000000000000'
