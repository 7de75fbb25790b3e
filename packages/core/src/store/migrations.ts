import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import * as spine from './migrations/0001_spine.ts'
import type { Schema } from './schema.ts'

const MIGRATIONS = { '0001_spine': spine }

const migrator = (db: Kysely<Schema>): Migrator =>
  new Migrator({
    db,
    provider: { getMigrations: async () => MIGRATIONS },
    migrationTableName: 'crm_migrations',
    migrationLockTableName: 'crm_migrations_lock',
  })

/** Brings the schema up to date; answers the names of the migrations that ran. Safe when several hosts start at once. */
export const migrate = async (db: Kysely<Schema>): Promise<readonly string[]> => {
  const { error, results } = await migrator(db).migrateToLatest()
  if (error !== undefined) throw error
  return (results ?? []).map(({ migrationName }) => migrationName)
}

/** Names of the migrations that have not run yet. */
export const pendingMigrations = async (db: Kysely<Schema>): Promise<readonly string[]> => {
  const migrations = await migrator(db).getMigrations()
  return migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
}
