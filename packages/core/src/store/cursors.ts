import { type Selectable, sql } from 'kysely'
import type { ObjectType } from '../contract.ts'
import type { Database, Executor, Tx } from './database.ts'
import { holdFlags, isSwitchedOff } from './flags.ts'
import { instant, recordset } from './rows.ts'
import type { Pass, StoredError, SyncCursorsTable } from './schema.ts'

export type StoredCursor = Selectable<SyncCursorsTable>
export interface CursorKey {
  readonly connectionId: string
  readonly object: string
  readonly pass: Pass
}

/** Makes the cursor rows that a connection's objects lack; a delta begins at `watermark`. Never touches one that is there. */
export const ensureCursors = async (
  tx: Tx,
  connection: { readonly id: string; readonly provider: string; readonly workspaceId: string },
  objects: readonly {
    readonly name: string
    readonly type: ObjectType
    /** With the time at which each is due by itself for the first time. */
    readonly passes: readonly { readonly pass: Pass; readonly nextAt: Date | null }[]
  }[],
  watermark: Date,
): Promise<void> => {
  const rows = objects.flatMap(({ name, type, passes }) =>
    passes.map(({ pass, nextAt }) => ({
      object: name,
      type,
      pass,
      watermark: pass === 'delta' || pass === 'settle' ? instant(watermark) : null,
      nextAt: nextAt === null ? null : instant(nextAt),
    })),
  )
  if (rows.length === 0) return
  await holdFlags(tx)
  const isPaused = isSwitchedOff({
    workspaceId: sql`${connection.workspaceId}`,
    provider: sql`${connection.provider}`,
    type: sql`given.type`,
    object: sql`given.object`,
    direction: 'pull',
  })
  await sql`
    insert into crm_sync_cursors (connection_id, provider, workspace_id, object, type, pass, watermark, next_at, paused)
    select ${connection.id}, ${connection.provider}, ${connection.workspaceId}, object, type, pass, watermark, "nextAt",
      ${isPaused}
    from ${recordset(rows, 'object text, type text, pass text, watermark timestamptz, "nextAt" timestamptz')}
    on conflict (connection_id, object, pass) do nothing`.execute(tx)
}

export const findCursor = async (db: Executor | Tx, key: CursorKey): Promise<StoredCursor | undefined> =>
  db
    .selectFrom('crm_sync_cursors')
    .selectAll()
    .where('connection_id', '=', key.connectionId)
    .where('object', '=', key.object)
    .where('pass', '=', key.pass)
    .executeTakeFirst()

export const listCursors = async ({ db }: Database, connectionId: string): Promise<readonly StoredCursor[]> =>
  db
    .selectFrom('crm_sync_cursors')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .orderBy('object')
    .orderBy('pass')
    .execute()

export const cursorsOfRun = async (
  { db }: Database,
  connectionId: string,
  runId: string,
): Promise<readonly StoredCursor[]> =>
  db
    .selectFrom('crm_sync_cursors')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('run_id', '=', runId)
    .orderBy('object')
    .execute()

/** A run of this pass that was asked for and has not ended: a further request joins it. */
export const pendingRun = async (db: Executor | Tx, connectionId: string, pass: Pass): Promise<string | undefined> => {
  const row = await db
    .selectFrom('crm_sync_cursors')
    .select('run_id')
    .where('connection_id', '=', connectionId)
    .where('pass', '=', pass)
    .where('run_id', 'is not', null)
    .where('finished_at', 'is', null)
    // What was switched off meanwhile never ends: its run is over.
    .where('state', '<>', 'off')
    .executeTakeFirst()
  return row?.run_id ?? undefined
}

/**
 * Asks for a pass now. What runs already goes on, and is followed by another scan unless it is `resumed`: a backfill
 * or a sweep that has begun answers the request by itself, a poll that has begun may have missed what came since.
 */
export const requestPass = async (
  tx: Tx,
  connectionId: string,
  request: {
    readonly objects: readonly string[]
    readonly pass: Pass
    readonly runId: string
    readonly resumed: boolean
    readonly forced: boolean
  },
): Promise<void> => {
  await tx
    .updateTable('crm_sync_cursors')
    .set({
      run_id: request.runId,
      next_at: sql<Date>`now()`,
      failures: 0,
      last_error: null,
      finished_at: null,
      forced: request.forced,
      requested_at: request.resumed
        ? sql<Date>`case when state = 'running' then requested_at else clock_timestamp() end`
        : sql<Date>`clock_timestamp()`,
      updated_at: sql<Date>`now()`,
    })
    .where('connection_id', '=', connectionId)
    .where('object', '=', sql<string>`any(${request.objects}::text[])`)
    .where('pass', '=', request.pass)
    .where('state', '<>', 'off')
    .execute()
}

/** A new scan: its frozen window (none for a whole scan) and counters at zero. */
export const openScan = async (
  tx: Tx,
  key: CursorKey,
  scan: {
    readonly window: { readonly from: string; readonly to: string } | undefined
    readonly step: string
    readonly runSeq: number | null
  },
): Promise<void> => {
  await cursorUpdate(tx, key, {
    state: 'running',
    step: scan.step,
    window_from: scan.window?.from ?? null,
    window_to: scan.window?.to ?? null,
    cursor: null,
    restarts: 0,
    lost_cursors: 0,
    run_seq: scan.runSeq,
    records: 0,
    pages: 0,
    changed: 0,
    total: null,
    started_at: sql<Date>`clock_timestamp()`,
    guard_from: sql<Date>`clock_timestamp()`,
    finished_at: null,
  })
}

export const cursorUpdate = async (
  tx: Executor | Tx,
  key: CursorKey,
  // biome-ignore lint/suspicious/noExplicitAny: kysely's update type of a table with raw expressions in it
  change: Record<string, any>,
): Promise<void> => {
  await tx
    .updateTable('crm_sync_cursors')
    .set({ ...change, updated_at: sql<Date>`now()` })
    .where('connection_id', '=', key.connectionId)
    .where('object', '=', key.object)
    .where('pass', '=', key.pass)
    .execute()
}

/** Begins the scan of a window anew, in the transaction of its last page: what it may have skipped is met then. */
export const repeatScan = async (tx: Tx, key: CursorKey, step: string): Promise<void> => {
  await cursorUpdate(tx, key, {
    step,
    cursor: null,
    restarts: sql<number>`restarts + 1`,
    guard_from: sql<Date>`clock_timestamp()`,
  })
}

/** Moves a scan behind a page, in that page's transaction. */
export const advanceScan = async (
  tx: Tx,
  key: CursorKey,
  page: {
    readonly step: string
    readonly cursor: string | null
    readonly records: number
    readonly changed: number
    readonly total?: number | undefined
  },
): Promise<void> => {
  await cursorUpdate(tx, key, {
    step: page.step,
    cursor: page.cursor,
    records: sql<number>`records + ${page.records}`,
    pages: sql<number>`pages + 1`,
    changed: sql<number>`changed + ${page.changed}`,
    failures: 0,
    last_error: null,
    ...(page.total === undefined ? {} : { total: page.total }),
  })
}

/** Ends a scan: the watermark moves (only ever forward), and the next one is due at `nextAt`. */
export const finishScan = async (
  tx: Tx,
  key: CursorKey,
  end: { readonly watermark: Date | null; readonly nextAt: Date | null; readonly error?: StoredError },
): Promise<void> => {
  await cursorUpdate(tx, key, {
    state: 'idle',
    step: null,
    cursor: null,
    // What was asked for while this scan ran may be news that it had passed by: it is due again at once.
    finished_at: sql<Date>`case when requested_at > started_at then null else clock_timestamp() end`,
    next_at: sql<Date>`case when requested_at > started_at then now() else ${end.nextAt === null ? null : instant(end.nextAt)}::timestamptz end`,
    forced: false,
    failures: 0,
    last_error: end.error === undefined ? null : JSON.stringify(end.error),
    ...(end.watermark === null
      ? {}
      : { watermark: sql<Date>`greatest(watermark, ${instant(end.watermark)}::timestamptz)` }),
  })
}

/** Notes a failure outside the work's transaction; the scan keeps its place and goes on at `nextAt`. */
export const failScan = async (
  { db }: Database,
  key: CursorKey,
  failure: {
    readonly error: StoredError
    readonly nextAt: Date | null
    readonly state?: 'off' | 'idle'
    readonly restart?: boolean
  },
): Promise<void> => {
  await cursorUpdate(db, key, {
    failures: sql<number>`failures + 1`,
    last_error: JSON.stringify(failure.error),
    next_at: failure.nextAt === null ? null : instant(failure.nextAt),
    ...(failure.state === undefined ? {} : { state: failure.state }),
    ...(failure.restart === true ? { cursor: null, lost_cursors: sql<number>`lost_cursors + 1` } : {}),
  })
}

/** Brings passes that an error had switched off or put off back to now, where their object is on. */
export const wakeCursors = async (tx: Tx, connectionId: string, objects: readonly string[]): Promise<void> => {
  await tx
    .updateTable('crm_sync_cursors')
    .set({
      state: sql<'idle'>`case when state = 'off' then 'idle' else state end`,
      next_at: sql<Date>`case when failures > 0 then now() else next_at end`,
      failures: 0,
      last_error: null,
    })
    .where('connection_id', '=', connectionId)
    .where('object', '=', sql<string>`any(${objects}::text[])`)
    .where((where) => where.or([where('failures', '>', 0), where('state', '=', 'off')]))
    .execute()
}

/**
 * Sets polls and sweeps to work that wait to be asked for: they were made or ended while their host polled only then.
 * Spread over the time between two of them, so that many connections do not begin at once.
 */
export const wakePolls = async ({ db }: Database, pollMs: number, sweepMs: number): Promise<void> => {
  await sql`
    update crm_sync_cursors set updated_at = now(), next_at = now() + random() * interval '1 millisecond'
      * case when pass = 'sweep' then ${sweepMs}::double precision else ${pollMs}::double precision end
    where pass in ('delta', 'settle', 'sweep') and next_at is null and state <> 'off'`.execute(db)
}

/** Lets the sweep of an object follow now, where it has one. */
export const wakeSweeps = async (tx: Tx, connectionId: string, object: string): Promise<void> => {
  await cursorUpdate(tx, { connectionId, object, pass: 'sweep' }, { next_at: sql<Date>`now()` })
}
