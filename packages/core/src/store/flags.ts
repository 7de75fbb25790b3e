import { type RawBuilder, sql } from 'kysely'
import type { Database, Executor, Tx } from './database.ts'
import type { ConnectionStatus, Pass } from './schema.ts'

/** A switch of a workspace; '*' stands for any. */
export interface Flag {
  readonly provider: string
  /** A canonical type, the name of a remote object, or '*'. */
  readonly object: string
  readonly direction: 'pull' | 'push' | '*'
  readonly enabled: boolean
}
export type StoredFlag = Flag & { readonly updatedAt: Date }
export type FlagKey = Omit<Flag, 'enabled'>

const columns = ['provider', 'object', 'direction', 'enabled', 'updated_at as updatedAt'] as const

export const listFlags = async (db: Executor | Tx, workspaceId: string): Promise<readonly StoredFlag[]> =>
  db
    .selectFrom('crm_flags')
    .select(columns)
    .where('workspace_id', '=', workspaceId)
    .orderBy('provider')
    .orderBy('object')
    .orderBy('direction')
    .execute()

/** Before flags are changed: from here to the end of the transaction nobody else changes any, and no cursor is made. */
export const lockFlags = async (tx: Tx): Promise<void> => {
  await sql`lock table crm_flags in share row exclusive mode`.execute(tx)
}

/** Before cursors are made: the flags stay as they are until they are there. */
export const holdFlags = async (tx: Tx): Promise<void> => {
  await sql`lock table crm_flags in share mode`.execute(tx)
}

export const writeFlag = async (tx: Tx, workspaceId: string, flag: Flag): Promise<StoredFlag> =>
  tx
    .insertInto('crm_flags')
    .values({ workspace_id: workspaceId, ...flag })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'provider', 'object', 'direction'])
        .doUpdateSet({ enabled: flag.enabled, updated_at: sql<Date>`now()` }),
    )
    .returning(columns)
    .executeTakeFirstOrThrow()

/** Takes a flag away; answers what it said, undefined where there was none. */
export const dropFlag = async (tx: Tx, workspaceId: string, key: FlagKey): Promise<StoredFlag | undefined> =>
  tx
    .deleteFrom('crm_flags')
    .where('workspace_id', '=', workspaceId)
    .where('provider', '=', key.provider)
    .where('object', '=', key.object)
    .where('direction', '=', key.direction)
    .returning(columns)
    .executeTakeFirst()

/** SQL that is true where the deciding flag of a workspace says off; the same rule as `decidingFlag`. */
export const isSwitchedOff = (of: {
  readonly workspaceId: RawBuilder<unknown>
  readonly provider: RawBuilder<unknown>
  readonly type: RawBuilder<unknown>
  readonly object: RawBuilder<unknown>
  readonly direction: 'pull' | 'push'
}): RawBuilder<boolean> => sql<boolean>`coalesce((
  select not flag.enabled from crm_flags flag
  where flag.workspace_id = ${of.workspaceId} and flag.provider in (${of.provider}, '*')
    and flag.object in (${of.object}, ${of.type}, '*') and flag.direction in (${sql.lit(of.direction)}, '*')
  order by flag.provider <> '*' desc,
    case flag.object when ${of.object} then 2 when ${of.type} then 1 else 0 end desc, flag.direction <> '*' desc
  limit 1), false)`

const NO_OBJECT_NAMES = sql.raw("('*', 'contact', 'company', 'deal', 'activity')")

/**
 * SQL that is true where nothing of a canonical type may be pushed, as far as its flags alone tell: false where a flag
 * switches a single object on.
 */
export const isTypeSwitchedOff = (of: {
  readonly workspaceId: RawBuilder<unknown>
  readonly provider: RawBuilder<unknown>
  readonly type: RawBuilder<unknown>
}): RawBuilder<boolean> => sql<boolean>`(${isSwitchedOff({ ...of, object: of.type, direction: 'push' })}
  and not exists (
    select 1 from crm_flags flag where flag.workspace_id = ${of.workspaceId} and flag.enabled
      and flag.provider in (${of.provider}, '*') and flag.object not in ${NO_OBJECT_NAMES}
      and flag.direction in ('push', '*')
  ))`

/** A pass that a change of flags has switched on or off. */
export interface SwitchedPass {
  readonly connectionId: string
  readonly provider: string
  readonly object: string
  readonly pass: Pass
  readonly paused: boolean
}

/**
 * Brings the cursors of a workspace in step with its flags, after `lockFlags`. A poll that goes on is due at once, and
 * is followed by another one where it was under way, because its window ends where it was stopped.
 */
export const refreshPaused = async (tx: Tx, workspaceId: string): Promise<readonly SwitchedPass[]> => {
  const { rows } = await sql<SwitchedPass>`
    with judged as (
      select cursor.connection_id, cursor.object, cursor.pass, ${isSwitchedOff({
        workspaceId: sql`cursor.workspace_id`,
        provider: sql`cursor.provider`,
        type: sql`cursor.type`,
        object: sql`cursor.object`,
        direction: 'pull',
      })} as off
      from crm_connections connection join crm_sync_cursors cursor on cursor.connection_id = connection.id
      where connection.workspace_id = ${workspaceId} and connection.deleted_at is null
    )
    update crm_sync_cursors cursor set paused = judged.off, updated_at = now(),
      next_at = case when not judged.off and cursor.pass = 'delta' then now() else cursor.next_at end,
      requested_at = case when not judged.off and cursor.pass = 'delta' and cursor.state = 'running'
        then clock_timestamp() else cursor.requested_at end
    from judged
    where cursor.connection_id = judged.connection_id and cursor.object = judged.object and cursor.pass = judged.pass
      and cursor.paused <> judged.off
    returning cursor.connection_id as "connectionId", cursor.provider, cursor.object, cursor.pass, cursor.paused`.execute(
    tx,
  )
  return rows
}

/** Whether a connection may work, and the flags of its workspace: asked between two steps of any work. */
export interface Switches {
  readonly enabled: boolean
  readonly status: ConnectionStatus
  readonly flags: readonly Flag[]
}

/** Undefined where the connection is gone. */
export const switchesOf = async ({ db }: Database, connectionId: string): Promise<Switches | undefined> => {
  const { rows } = await sql<Switches>`
    select connection.enabled, connection.status, coalesce((
      select jsonb_agg(jsonb_build_object('provider', flag.provider, 'object', flag.object,
        'direction', flag.direction, 'enabled', flag.enabled))
      from crm_flags flag where flag.workspace_id = connection.workspace_id), '[]') as flags
    from crm_connections connection where connection.id = ${connectionId} and connection.deleted_at is null`.execute(db)
  return rows[0]
}
