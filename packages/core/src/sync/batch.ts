import type { Failure, Outcome, Row } from '../contract.ts'
import { asCrmError, type CrmError } from '../errors.ts'
import { failureOf } from '../kit/rows.ts'

/** Kinds that a single bad row can bring upon its whole batch. */
const HALVED = new Set(['invalid', 'conflict', 'not_found', 'schema', 'forbidden', 'bug'])

/**
 * Writes a batch and answers one outcome a row, in order. A batch that the CRM rejects as a whole is halved until the
 * row at fault stands alone; a row that the plugin gave no outcome for is one whose outcome is unknown.
 */
export const writeBatch = async <R extends Row>(
  rows: readonly R[],
  write: (rows: readonly R[]) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> => {
  try {
    const outcomes = await write(rows)
    return rows.map((_, index) => outcomes[index] ?? MISSING)
  } catch (thrown) {
    // A plugin that fails by itself may have done so over the answer: nobody knows what the CRM did.
    const error = asCrmError(thrown, { unknownOutcome: true })
    if (error.unknownOutcome || rows.length === 1 || !HALVED.has(error.kind)) return rows.map(() => failed(error))
    const middle = Math.ceil(rows.length / 2)
    const first = await writeBatch(rows.slice(0, middle), write)
    const second = await writeBatch(rows.slice(middle), write)
    return [...first, ...second]
  }
}

const MISSING: Outcome = {
  ok: false,
  kind: 'unavailable',
  message: 'The CRM answered the batch, but said nothing about this row.',
  unknownOutcome: true,
}

const failed = (error: CrmError): Outcome => {
  const failure: Failure = failureOf(error)
  return { ok: false, ...failure, ...(error.unknownOutcome ? { unknownOutcome: true } : {}) }
}
