import type { Failure, Outcome } from '../contract.ts'
import { isCrmError } from '../errors.ts'

/**
 * Outcome by outcome for CRMs that write one record a call: runs `write` for every row in order, and makes a thrown
 * `CrmError` that row's failure. A rate limit, a lost sign-in, an unreachable CRM or an unknown outcome ends the loop:
 * the rows behind it are reported as not sent, so that they go again without using up an attempt.
 */
export const eachRow = async <Row>(
  rows: readonly Row[],
  write: (row: Row) => Promise<Outcome>,
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const row of rows) {
    try {
      outcomes.push(await write(row))
    } catch (error) {
      if (!isCrmError(error)) throw error
      const failure = failureOf(error)
      if (!STOPS.has(error.kind) && !error.unknownOutcome) outcomes.push({ ok: false, ...failure })
      else return [...outcomes, ...stopped(failure, error.unknownOutcome, rows.length - outcomes.length)]
    }
  }
  return outcomes
}

const STOPS = new Set(['auth', 'rate_limited', 'quota', 'unavailable', 'timeout'])

const stopped = (failure: Failure, unknown: boolean, count: number): Outcome[] =>
  Array.from({ length: count }, (_, index) => ({
    ok: false,
    ...failure,
    ...(unknown && index === 0 ? { unknownOutcome: true } : {}),
    ...(index === 0 ? {} : { notSent: true }),
  }))

/** What a thrown error says, as the failure of a row. */
export const failureOf = (error: {
  readonly kind: Failure['kind']
  readonly message: string
  readonly field?: string | undefined
  readonly vendorCode?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly existingIds?: readonly string[] | undefined
  readonly scopes?: readonly string[] | undefined
  readonly setting?: string | undefined
  readonly notSent?: boolean
}): Failure => ({
  kind: error.kind,
  message: error.message,
  ...(error.field === undefined ? {} : { field: error.field }),
  ...(error.vendorCode === undefined ? {} : { vendorCode: error.vendorCode }),
  ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  ...(error.existingIds === undefined ? {} : { existingIds: error.existingIds }),
  ...(error.scopes === undefined ? {} : { scopes: error.scopes }),
  ...(error.setting === undefined ? {} : { setting: error.setting }),
  ...(error.notSent === true ? { notSent: true } : {}),
})
