import { type RawBuilder, sql } from 'kysely'

/**
 * Many rows as one parameter, to be used as `from ${recordset(rows, 'id text, seq bigint')}`: one statement and one
 * plan whatever their number.
 */
export const recordset = (rows: readonly object[], columns: string): RawBuilder<unknown> =>
  sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given(${sql.raw(columns)})`

/** An instant as text that both backends take for a timestamptz. */
export const instant = (at: Date | number): string => new Date(at).toISOString()
