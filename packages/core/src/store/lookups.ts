import { sql } from 'kysely'
import type { Json, LookupRow } from '../contract.ts'
import type { Database } from './database.ts'

/** A cached table of a tenant: a plugin's lookup, or the schema of an object under `describe:<object>`. */
export interface CachedTable<Row = LookupRow> {
  readonly rows: readonly Row[]
  readonly fetchedAt: Date
}

export const readLookup = async <Row = LookupRow>(
  { db }: Database,
  connectionId: string,
  name: string,
): Promise<CachedTable<Row> | undefined> => {
  const row = await db
    .selectFrom('crm_lookups')
    .select(['rows', 'fetched_at'])
    .where('connection_id', '=', connectionId)
    .where('name', '=', name)
    .executeTakeFirst()
  return row === undefined ? undefined : { rows: row.rows as unknown as readonly Row[], fetchedAt: row.fetched_at }
}

export const writeLookup = async (
  { db }: Database,
  connectionId: string,
  name: string,
  rows: readonly LookupRow[] | readonly Json[],
): Promise<void> => {
  const text = JSON.stringify(rows)
  await db
    .insertInto('crm_lookups')
    .values({ connection_id: connectionId, name, rows: text })
    .onConflict((conflict) =>
      conflict.columns(['connection_id', 'name']).doUpdateSet({ rows: text, fetched_at: sql<Date>`now()` }),
    )
    .execute()
}

/** Forgets what is cached under names that begin so, after a schema fault or a change of settings. */
export const dropLookups = async ({ db }: Database, connectionId: string, prefix = ''): Promise<void> => {
  await db
    .deleteFrom('crm_lookups')
    .where('connection_id', '=', connectionId)
    .where(sql<boolean>`starts_with(name, ${prefix})`)
    .execute()
}
