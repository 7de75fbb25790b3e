import { sql } from 'kysely'
import type { Database } from './database.ts'

/** What is in use of every rate bucket of an owner (a connection or an account), as the buckets themselves count. */
export const budgetInUse = async (
  { db }: Database,
  owners: readonly string[],
): Promise<readonly { readonly bucket: string; readonly used: number; readonly blockedUntil: string | null }[]> => {
  const { rows } = await sql<{ bucket: string; used: number; blockedUntil: Date | null }>`
    select key as bucket, blocked_until as "blockedUntil",
      coalesce((select sum(value::int) from jsonb_each_text(slots -> 'used')), 0)::int as used
    from crm_rate_buckets, unnest(${owners}::text[]) as owner
    where starts_with(key, owner || ':') order by key`.execute(db)
  return rows.map(({ bucket, used, blockedUntil }) => ({
    bucket,
    used,
    blockedUntil: blockedUntil === null || blockedUntil.getTime() < Date.now() ? null : blockedUntil.toISOString(),
  }))
}
