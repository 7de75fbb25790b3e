import { sql } from 'kysely'
import type { Fields, ObjectType } from '../contract.ts'
import type { Database, Tx } from './database.ts'
import type { Lease } from './leases.ts'
import type { OutboxRow } from './outbox.ts'
import { recordset } from './rows.ts'
import type { HistoryEntry, OutboxStatus, StoredError } from './schema.ts'

/** How a claim is to be understood by a successor: nothing is sent after `deadline`, and the CRM may go on for `settleMs`. */
export interface ClaimTerms {
  readonly lease: Lease
  readonly callBudgetMs: number
  readonly settleMs: number
}

/**
 * Takes up to `limit` rows that may go now, oldest first: of each local record its oldest open row alone, and none
 * whose references are still on their way. They are "in flight" from this commit on.
 */
export const claimRows = async (
  tx: Tx,
  connectionId: string,
  type: ObjectType,
  terms: ClaimTerms,
  limit: number,
): Promise<readonly OutboxRow[]> => {
  const { rows } = await sql<OutboxRow>`
    with candidate as (
      select row.id from crm_outbox row
      where row.connection_id = ${connectionId} and row.type = ${type} and row.status = 'pending'
        and row.next_at <= clock_timestamp()
        and not exists (
          select 1 from crm_outbox earlier
          where earlier.connection_id = row.connection_id and earlier.type = row.type
            and earlier.local_id = row.local_id and earlier.seq < row.seq and earlier.status in ('pending', 'in_flight')
        )
        and not exists (
          select 1 from crm_outbox reference
          where reference.connection_id = row.connection_id and reference.status in ('pending', 'in_flight')
            and ((reference.type = 'contact' and reference.local_id = row.data->>'contact_id')
              or (reference.type = 'company' and reference.local_id = row.data->>'company_id')
              or (reference.type = 'deal' and reference.local_id = row.data->>'deal_id'))
        )
      order by row.seq limit ${limit} for update skip locked
    )
    update crm_outbox row set status = 'in_flight', stage = 'call', operation = null, fence = ${terms.lease.fence},
      deadline = clock_timestamp() + ${terms.callBudgetMs} * interval '1 millisecond',
      next_at = clock_timestamp() + ${terms.callBudgetMs + terms.settleMs} * interval '1 millisecond',
      updated_at = now()
    from candidate where row.id = candidate.id
    returning row.*`.execute(tx)
  return [...rows].sort((a, b) => a.seq - b.seq)
}

/**
 * Takes rows whose outcome is unknown and whose settle time has passed: a worker died behind its call, or an answer
 * was lost. They stay in flight, now under this fence.
 */
export const claimUnsettled = async (
  tx: Tx,
  connectionId: string,
  type: ObjectType,
  terms: ClaimTerms,
  limit: number,
): Promise<readonly OutboxRow[]> => {
  const { rows } = await sql<OutboxRow>`
    with candidate as (
      select id from crm_outbox where connection_id = ${connectionId} and type = ${type} and status = 'in_flight'
        and next_at <= clock_timestamp() order by seq limit ${limit} for update skip locked
    )
    update crm_outbox row set fence = ${terms.lease.fence},
      next_at = clock_timestamp() + ${terms.callBudgetMs + terms.settleMs} * interval '1 millisecond', updated_at = now()
    from candidate where row.id = candidate.id
    returning row.*`.execute(tx)
  return [...rows].sort((a, b) => a.seq - b.seq)
}

/**
 * What is about to be done with rows, told before the call: a successor knows that it may have happened, and from now
 * on the deadline runs.
 */
export const noteOperations = async (
  tx: Tx,
  terms: ClaimTerms,
  operations: readonly {
    readonly id: string
    readonly operation: 'create' | 'update'
    readonly object: string
    readonly externalId: string | null
  }[],
): Promise<void> => {
  if (operations.length === 0) return
  await sql`
    update crm_outbox row set operation = given.operation, object = given.object, external_id = given."externalId",
      deadline = clock_timestamp() + ${terms.callBudgetMs} * interval '1 millisecond',
      next_at = clock_timestamp() + ${terms.callBudgetMs + terms.settleMs} * interval '1 millisecond'
    from ${recordset(operations, 'id text, operation text, object text, "externalId" text')}
    where row.id = given.id`.execute(tx)
}

/** How a row ends or goes on. */
export interface RowResult {
  readonly id: string
  readonly status: OutboxStatus
  readonly stage: 'settle' | null
  readonly externalId: string | null
  /** Delay until it is looked at again, in ms; 0 for now. */
  readonly delayMs: number
  readonly attempts: number
  readonly kept: readonly string[] | null
  readonly error: StoredError | null
  readonly history: readonly HistoryEntry[]
}

const RESULT_COLUMNS = `id text, status text, stage text, "externalId" text, "delayMs" double precision,
  attempts integer, kept jsonb, error jsonb, history jsonb`

/** Writes the results of rows that this fence still has in flight; the rows that another worker took over are left to it. */
export const settleRows = async (tx: Tx, lease: Lease, results: readonly RowResult[]): Promise<readonly string[]> => {
  if (results.length === 0) return []
  const { rows } = await sql<{ id: string }>`
    update crm_outbox row set status = given.status, stage = given.stage,
      external_id = coalesce(given."externalId", row.external_id),
      next_at = clock_timestamp() + given."delayMs" * interval '1 millisecond',
      attempts = given.attempts, kept = given.kept, last_error = given.error, history = given.history,
      updated_at = now()
    from ${recordset(results, RESULT_COLUMNS)}
    where row.id = given.id and row.status = 'in_flight' and row.fence = ${lease.fence}
    returning row.id`.execute(tx)
  return rows.map(({ id }) => id)
}

/** Payloads of creates whose outcome nobody knows yet, other than those that this lease is about to send. */
export const unsettledCreates = async (
  { db }: Database,
  connectionId: string,
  type: ObjectType,
  lease: Lease,
): Promise<readonly Fields[]> => {
  const rows = await db
    .selectFrom('crm_outbox')
    .select('data')
    .where('connection_id', '=', connectionId)
    .where('type', '=', type)
    .where('status', '=', 'in_flight')
    .where('operation', '=', 'create')
    .where(({ eb, or }) => or([eb('stage', '=', 'settle'), eb('fence', '<>', lease.fence)]))
    .execute()
  return rows.map(({ data }) => data)
}
