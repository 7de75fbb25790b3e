import { sql } from 'kysely'
import { type AuditEntry, chainAudit } from '../telemetry/audit.ts'
import type { Tx } from './database.ts'
import type { FeedHead } from './feed.ts'
import { recordset } from './rows.ts'

/** Appends entries to the connection's chain, whose head `reserveFeed` has locked in this transaction. */
export const appendAudit = async (
  tx: Tx,
  connectionId: string,
  head: FeedHead,
  entries: readonly AuditEntry[],
  at: string,
): Promise<void> => {
  if (entries.length === 0) return
  const rows = chainAudit({ seq: head.auditSeq, hash: head.auditHash }, at, entries)
  const last = rows.at(-1)
  await sql`
    with head as (
      update crm_feed_heads set audit_seq = ${last?.seq ?? head.auditSeq}, audit_hash = ${last?.hash ?? head.auditHash}
      where connection_id = ${connectionId}
    )
    insert into crm_audit (connection_id, seq, at, actor, action, type, object, external_id, local_id, changes,
      correlation_id, previous_hash, hash)
    select ${connectionId}, seq, at, actor, action, type, object, "externalId", "localId", changes,
      "correlationId", "previousHash", hash
    from ${recordset(
      rows,
      `seq bigint, at timestamptz, actor text, action text, type text, object text, "externalId" text, "localId" text,
       changes jsonb, "correlationId" text, "previousHash" text, hash text`,
    )}`.execute(tx)
}
