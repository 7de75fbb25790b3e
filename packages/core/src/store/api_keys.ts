import { type Selectable, sql } from 'kysely'
import type { Database } from './database.ts'
import type { ApiKeysTable } from './schema.ts'

export type StoredApiKey = Selectable<ApiKeysTable>

export const insertApiKey = async (
  { db }: Database,
  key: { readonly id: string; readonly name: string; readonly hash: string; readonly workspaceId: string | null },
): Promise<StoredApiKey> =>
  db
    .insertInto('crm_api_keys')
    .values({ id: key.id, name: key.name, hash: key.hash, workspace_id: key.workspaceId })
    .returningAll()
    .executeTakeFirstOrThrow()

export const listApiKeys = async ({ db }: Database): Promise<readonly StoredApiKey[]> =>
  db.selectFrom('crm_api_keys').selectAll().orderBy('created_at').execute()

export const findApiKey = async ({ db }: Database, hash: string): Promise<StoredApiKey | undefined> =>
  db.selectFrom('crm_api_keys').selectAll().where('hash', '=', hash).where('revoked_at', 'is', null).executeTakeFirst()

export const revokeApiKey = async ({ db }: Database, id: string): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('crm_api_keys')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
