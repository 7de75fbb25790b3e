import type { ErrorKind, Fault } from '@raccordo/core'

/** What is said with a refusal beside its status, kind and detail. */
export interface RefusalContext {
  /** JSON pointer to the member at fault. */
  readonly pointer?: string
  readonly faults?: readonly Fault[]
  readonly retryAfterMs?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the answer. */
  readonly members?: Readonly<Record<string, unknown>>
}

/** The HTTP side says no, before or instead of the host: a key that is missing, a body that is not what it should be. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly kind: ErrorKind
  readonly context: RefusalContext

  constructor(status: number, kind: ErrorKind, detail: string, context: RefusalContext = {}) {
    super(detail)
    this.status = status
    this.kind = kind
    this.context = context
  }
}
