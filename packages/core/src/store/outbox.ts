import { CompiledQuery, type Selectable, sql } from 'kysely'
import type { Fields, ObjectType } from '../contract.ts'
import type { Database, Executor, Tx } from './database.ts'
import type { OutboxTable, StoredLink } from './schema.ts'

export type OutboxRow = Selectable<OutboxTable>

/** Runs one statement in whoever's transaction it is: ours, or a host's own. */
export type Statement = <Row>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>

export const statementOf =
  (tx: Tx): Statement =>
  async <Row>(text: string, values: readonly unknown[]) =>
    (await tx.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows

export interface OutboxItem {
  /** Id that the row gets where it is new. */
  readonly id: string
  readonly type: ObjectType
  readonly localId: string
  readonly idempotencyKey: string
  readonly data: Fields
  readonly links: readonly StoredLink[]
  readonly correlationId: string
  readonly actor: string | null
}
export interface EnqueuedRow {
  readonly id: string
  readonly idempotencyKey: string
  readonly status: OutboxRow['status']
}

interface Head {
  readonly id: string | null
  readonly key: string | null
  readonly status: OutboxRow['status'] | null
}

const recordKey = ({ type, localId }: { readonly type: string; readonly localId: string }): string =>
  `${type}\u0000${localId}`

const lockHeads = async (run: Statement, connectionId: string, items: readonly OutboxItem[]) => {
  const distinct = new Map(items.map((item) => [recordKey(item), item]))
  // One order for everybody, so that two transactions never wait for each other's heads.
  const sorted = [...distinct.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
  const given = JSON.stringify(sorted.map(({ type, localId }) => ({ type, localId })))
  await run(
    `insert into crm_push_heads (connection_id, type, local_id)
     select $1, type, "localId" from jsonb_to_recordset($2::jsonb) as given(type text, "localId" text)
     order by type, "localId" on conflict do nothing`,
    [connectionId, given],
  )
  const those = `from jsonb_to_recordset($2::jsonb) as given(type text, "localId" text)
     join crm_push_heads head on head.connection_id = $1 and head.type = given.type and head.local_id = given."localId"`
  await run(`select 1 ${those} order by head.type, head.local_id for update of head`, [connectionId, given])
  // A statement of its own: one that waited for a lock sees the locked row's present, but the past of what it joins.
  const rows = await run<Head & { type: string; localId: string }>(
    `select head.type, head.local_id as "localId", row.id, row.idempotency_key as key, row.status
     ${those} left join crm_outbox row on row.id = head.outbox_id`,
    [connectionId, given],
  )
  return new Map<string, Head>(rows.map((row) => [recordKey(row), row]))
}

/**
 * Merges a pending row into the newer one, field by field; answers what is left of it. Undefined where it goes by
 * itself: a worker has it, or fields of it alone were pushed before the host saw what it has seen by now.
 */
const supersede = async (run: Statement, olderId: string, newer: OutboxItem, seenSeq: number) => {
  const [row] = await run<{ data: Fields; links: readonly StoredLink[] }>(
    `update crm_outbox set status = 'superseded', superseded_by = $2, stage = null, updated_at = now()
     where id = $1 and status = 'pending'
       and (seen_seq >= $4 or data - array(select jsonb_array_elements_text($3::jsonb)) = '{}'::jsonb)
     returning data, links`,
    [olderId, newer.id, JSON.stringify(Object.keys(newer.data)), seenSeq],
  )
  return row
}

/** How far the host has read the feed of each type. */
const readPositions = async (run: Statement, connectionId: string): Promise<Readonly<Record<string, number>>> => {
  const [row] = await run<{ positions: Readonly<Record<string, number>> }>(
    `select read_seqs as positions from crm_feed_heads where connection_id = $1`,
    [connectionId],
  )
  return row?.positions ?? {}
}

const mergeLinks = (older: readonly StoredLink[], newer: readonly StoredLink[]): readonly StoredLink[] => [
  ...older.filter((link) => !newer.some(({ object }) => object === link.object)),
  ...newer,
]

/** Which types a newer push is folded into an older one of that waits; each activity is sent as it came. */
const COALESCED: ReadonlySet<ObjectType> = new Set(['contact', 'company', 'deal'])

/**
 * Adds items to the outbox, in their order. The same payload as the record's latest row answers that row; a row of a
 * contact, company or deal that still waits is merged into the newer one.
 */
export const enqueue = async (
  run: Statement,
  connectionId: string,
  items: readonly OutboxItem[],
): Promise<readonly EnqueuedRow[]> => {
  const heads = await lockHeads(run, connectionId, items)
  const positions = await readPositions(run, connectionId)
  const enqueued: EnqueuedRow[] = []
  const fresh: (OutboxItem & { readonly seenSeq: number })[] = []
  for (const item of items) {
    const key = recordKey(item)
    const head = heads.get(key)
    if (head?.id != null && head.key === item.idempotencyKey && head.status !== null) {
      enqueued.push({ id: head.id, idempotencyKey: item.idempotencyKey, status: head.status })
      continue
    }
    const seenSeq = positions[item.type] ?? 0
    if (fresh.some(({ id }) => id === head?.id)) {
      // It may be superseded at once, and so must be there.
      await insertRows(run, connectionId, fresh.splice(0))
    }
    const older =
      head?.id != null && head.status === 'pending' && COALESCED.has(item.type)
        ? await supersede(run, head.id, item, seenSeq)
        : undefined
    const data = older === undefined ? item.data : { ...older.data, ...item.data }
    const links = older === undefined ? item.links : mergeLinks(older.links, item.links)
    fresh.push({ ...item, data, links, seenSeq })
    heads.set(key, { id: item.id, key: item.idempotencyKey, status: 'pending' })
    enqueued.push({ id: item.id, idempotencyKey: item.idempotencyKey, status: 'pending' })
  }
  await insertRows(run, connectionId, fresh)
  return enqueued
}

/** Writes new rows in their order, and the heads of their records: two statements, however many there are. */
const insertRows = async (
  run: Statement,
  connectionId: string,
  rows: readonly (OutboxItem & { readonly seenSeq: number })[],
): Promise<void> => {
  if (rows.length === 0) return
  await run(
    `insert into crm_outbox (id, connection_id, type, local_id, idempotency_key, data, links, correlation_id, actor,
       seen_seq)
     select id, $1, type, "localId", "idempotencyKey", data, links, "correlationId", actor, "seenSeq"
     from jsonb_to_recordset($2::jsonb) as given(id text, type text, "localId" text,
       "idempotencyKey" text, data jsonb, links jsonb, "correlationId" text, actor text,
       "seenSeq" bigint, place integer)
     order by place`,
    [connectionId, JSON.stringify(rows.map((row, place) => ({ ...row, place })))],
  )
  const heads = [...new Map(rows.map((row) => [recordKey(row), row])).values()]
  await run(
    `update crm_push_heads head set outbox_id = given.id
     from jsonb_to_recordset($2::jsonb) as given(id text, type text, "localId" text)
     where head.connection_id = $1 and head.type = given.type and head.local_id = given."localId"`,
    [connectionId, JSON.stringify(heads.map(({ id, type, localId }) => ({ id, type, localId })))],
  )
}

export const findOutboxRow = async (db: Executor | Tx, id: string): Promise<OutboxRow | undefined> =>
  db.selectFrom('crm_outbox').selectAll().where('id', '=', id).executeTakeFirst()

/**
 * Puts a dead row back, unless its record has a newer one: that one already says more. False where it has, or where
 * the row is not dead.
 */
export const reviveRow = async (tx: Tx, id: string): Promise<boolean> => {
  const row = await findOutboxRow(tx, id)
  if (row === undefined) return false
  const head = await tx
    .selectFrom('crm_push_heads')
    .select('outbox_id')
    .where('connection_id', '=', row.connection_id)
    .where('type', '=', row.type)
    .where('local_id', '=', row.local_id)
    .forUpdate()
    .executeTakeFirst()
  if (head?.outbox_id !== id) return false
  const { numUpdatedRows } = await tx
    .updateTable('crm_outbox')
    .set({ status: 'pending', stage: null, attempts: 0, next_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('status', '=', 'dead')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export const countOutbox = async (
  { db }: Database,
  connectionId: string,
): Promise<{ readonly pending: number; readonly inFlight: number; readonly dead: number }> => {
  const rows = await db
    .selectFrom('crm_outbox')
    .select(['status', ({ fn }) => fn.countAll<number>().as('count')])
    .where('connection_id', '=', connectionId)
    .where('status', 'in', ['pending', 'in_flight', 'dead'])
    .groupBy('status')
    .execute()
  const count = (status: string) => Number(rows.find((row) => row.status === status)?.count ?? 0)
  return { pending: count('pending'), inFlight: count('in_flight'), dead: count('dead') }
}

/** Puts a record's deadline-free rows forward, after a lost sign-in came back. */
export const wakeOutbox = async (db: Executor | Tx, connectionId: string): Promise<void> => {
  await db
    .updateTable('crm_outbox')
    .set({ next_at: sql<Date>`now()` })
    .where('connection_id', '=', connectionId)
    .where('status', '=', 'pending')
    .execute()
}

/**
 * Puts forward what waits at the connections of a workspace for nothing but a switch, and tells where anything waits:
 * what failed before keeps its time.
 */
export const wakePausedPushes = async (
  tx: Tx,
  workspaceId: string,
): Promise<readonly { readonly connectionId: string; readonly type: ObjectType }[]> => {
  const { rows } = await sql<{ connectionId: string; type: ObjectType }>`
    with waiting as (
      select row.id, row.connection_id, row.type, row.last_error is null as "isIdle"
      from crm_connections connection join crm_outbox row on row.connection_id = connection.id
      where connection.workspace_id = ${workspaceId} and connection.deleted_at is null and row.status = 'pending'
    ), woken as (
      update crm_outbox row set next_at = now() from waiting
      where row.id = waiting.id and waiting."isIdle" and row.next_at > now()
    )
    select distinct connection_id as "connectionId", type from waiting`.execute(tx)
  return rows
}

/** Puts off what is due of a type: it waits for a switch. */
export const putOffPushes = async (
  { db }: Database,
  connectionId: string,
  type: ObjectType,
  delayMs: number,
): Promise<void> => {
  await db
    .updateTable('crm_outbox')
    .set({ next_at: sql<Date>`clock_timestamp() + ${delayMs} * interval '1 millisecond'` })
    .where('connection_id', '=', connectionId)
    .where('type', '=', type)
    .where('status', 'in', ['pending', 'in_flight'])
    .where('next_at', '<=', sql<Date>`clock_timestamp()`)
    .execute()
}
