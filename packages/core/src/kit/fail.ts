import type { ErrorKind, Failure } from '../contract.ts'
import { type CrmError, failureError } from '../errors.ts'

/**
 * Ends an operation as a failure of a kind: `throw fail('invalid', 'Contacts require a name')`. The engine adds
 * provider, connection and correlation id.
 */
export const fail = (kind: ErrorKind, message: string, more: Omit<Failure, 'kind' | 'message'> = {}): CrmError =>
  failureError({ kind, message, ...more })
