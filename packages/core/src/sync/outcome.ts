import type { Failure } from '../contract.ts'
import { REACTIONS } from '../errors.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { RowResult } from '../store/outbox_work.ts'
import type { HistoryEntry, StoredError } from '../store/schema.ts'
import { backoffMs } from './backoff.ts'

/** After this many failed attempts a row is dead. */
export const MOST_ATTEMPTS = 5

/** Histories keep their end: a row that is put off for days must not grow without bound. */
const LONGEST_HISTORY = 20

/** What becomes of a row, before it is written down. */
export type RowEnd =
  | {
      readonly kind: 'done'
      readonly remoteId: string
      readonly kept: readonly string[]
    }
  /** Goes again: as an update of the record that was found, or because it was not its turn. */
  | { readonly kind: 'again'; readonly adopt?: string; readonly delayMs?: number }
  /** Was in flight and is certain now not to have happened: goes again, and this was an attempt. */
  | { readonly kind: 'repeat' }
  /** Nobody could be asked yet what became of it. */
  | { readonly kind: 'unsettled'; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly deadKind?: string }

export interface Judgement {
  readonly result: RowResult
  /** Kind of the dead letter that it becomes, where it does. */
  readonly dead: { readonly kind: string; readonly error: StoredError } | undefined
}

const baseOf = (row: OutboxRow): RowResult => ({
  id: row.id,
  status: 'pending',
  stage: null,
  externalId: row.external_id,
  delayMs: 0,
  attempts: row.attempts,
  kept: row.kept,
  error: null,
  history: row.history,
})

/** The one place that says what a row's end means for the row: done, again, settle, put off or dead. */
export const judgeEnd = (
  row: OutboxRow,
  end: RowEnd,
  given: { readonly settleMs: number; readonly random: () => number; readonly at: string },
): Judgement => {
  const base = baseOf(row)
  if (end.kind === 'done') {
    return {
      result: { ...base, status: 'done', externalId: end.remoteId, kept: end.kept.length === 0 ? null : end.kept },
      dead: undefined,
    }
  }
  if (end.kind === 'again') {
    return { result: { ...base, externalId: end.adopt ?? row.external_id, delayMs: end.delayMs ?? 0 }, dead: undefined }
  }
  if (end.kind === 'repeat') {
    // An attempt that ended in a known failure was counted then; one that a dying worker left behind counts now.
    const attempts = row.stage === 'settle' ? row.attempts : row.attempts + 1
    if (attempts < MOST_ATTEMPTS) return { result: { ...base, attempts, error: row.last_error }, dead: undefined }
    const error = row.last_error ?? { kind: 'timeout' as const, message: 'No attempt came to an end that anybody saw.' }
    return { result: { ...base, attempts, error, status: 'dead' }, dead: { kind: error.kind, error } }
  }
  if (end.kind === 'unsettled') {
    const { kind, message, retryAfterMs = 0 } = end.failure
    const delayMs = Math.max(retryAfterMs, REACTIONS[kind].waitMs, given.settleMs)
    return {
      result: { ...base, status: 'in_flight', stage: 'settle', delayMs, error: { kind, message } },
      dead: undefined,
    }
  }
  return judgeFailure(base, end.failure, end.deadKind, given)
}

const judgeFailure = (
  base: RowResult,
  failure: Failure,
  deadKind: string | undefined,
  given: { readonly settleMs: number; readonly random: () => number; readonly at: string },
): Judgement => {
  const { kind, message, field, vendorCode, existingIds } = failure
  const error: StoredError = {
    kind,
    message,
    ...(field === undefined ? {} : { field }),
    ...(vendorCode === undefined ? {} : { vendorCode }),
    ...(existingIds === undefined ? {} : { existingIds }),
  }
  const reaction = REACTIONS[kind]
  // What was never sent has not failed: it waits as long as what stopped it, and that is all.
  if (failure.notSent === true) {
    return { result: { ...base, delayMs: failure.retryAfterMs ?? reaction.waitMs, error }, dead: undefined }
  }
  const attempts = base.attempts + (reaction.countsAsAttempt ? 1 : 0)
  const entry: HistoryEntry = { at: given.at, ...error }
  const history =
    reaction.countsAsAttempt || base.history.at(-1)?.kind !== kind
      ? [...base.history, entry].slice(-LONGEST_HISTORY)
      : base.history
  const failed = { ...base, attempts, error, history }
  if (failure.unknownOutcome === true) {
    return { result: { ...failed, status: 'in_flight', stage: 'settle', delayMs: given.settleMs }, dead: undefined }
  }
  const isReconnect = reaction.leadsTo === 'reconnect'
  const isSchemaOnce = reaction.leadsTo === 'refresh-schema' && attempts < 2
  const mayRetry =
    deadKind === undefined && (isReconnect || isSchemaOnce || (reaction.retryable && attempts < MOST_ATTEMPTS))
  if (mayRetry) {
    const delayMs = isReconnect
      ? 0
      : backoffMs({
          attempt: Math.max(attempts, 1),
          baseMs: Math.max(reaction.waitMs, 250),
          retryAfterMs: failure.retryAfterMs,
          random: given.random,
        })
    return {
      result: {
        ...failed,
        delayMs: Math.max(delayMs, failure.retryAfterMs ?? 0, reaction.countsAsAttempt ? 0 : reaction.waitMs),
      },
      dead: undefined,
    }
  }
  return { result: { ...failed, status: 'dead' }, dead: { kind: deadKind ?? kind, error } }
}
