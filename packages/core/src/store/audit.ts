import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Json, ObjectType } from '../contract.ts'
import { stableJson } from '../stable_json.ts'
import type { Tx } from './database.ts'
import { type FeedHead, moveAuditHead } from './feed.ts'
import { recordset } from './rows.ts'

/** One mutation on either side. `changes` names each changed field with its value before and after. */
export interface AuditEntry {
  readonly actor: string
  readonly action: string
  readonly type: ObjectType
  readonly object: string | null
  readonly externalId: string | null
  readonly localId: string | null
  readonly changes: Json
  readonly correlationId: string | null
}

/** The link of the chain: altering or removing a row shows at the next one. */
export const auditHash = (previousHash: string, seq: number, at: string, entry: AuditEntry): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        previousHash,
        seq,
        at,
        entry.actor,
        entry.action,
        entry.type,
        entry.object,
        entry.externalId,
        entry.localId,
        stableJson(entry.changes),
        entry.correlationId,
      ]),
    )
    .digest('hex')

/** Appends entries to the connection's chain, whose head `reserveFeed` has locked in this transaction. */
export const appendAudit = async (
  tx: Tx,
  connectionId: string,
  head: FeedHead,
  entries: readonly AuditEntry[],
  at: string,
): Promise<void> => {
  if (entries.length === 0) return
  let { auditSeq: seq, auditHash: previous } = head
  const rows = entries.map((entry) => {
    seq += 1
    const hash = auditHash(previous, seq, at, entry)
    const row = { ...entry, changes: stableJson(entry.changes), seq, at, previousHash: previous, hash }
    previous = hash
    return row
  })
  await sql`
    insert into crm_audit (connection_id, seq, at, actor, action, type, object, external_id, local_id, changes,
      correlation_id, previous_hash, hash)
    select ${connectionId}, seq, at, actor, action, type, object, "externalId", "localId", changes::jsonb,
      "correlationId", "previousHash", hash
    from ${recordset(
      rows,
      `seq bigint, at timestamptz, actor text, action text, type text, object text, "externalId" text, "localId" text,
       changes text, "correlationId" text, "previousHash" text, hash text`,
    )}`.execute(tx)
  await moveAuditHead(tx, connectionId, seq, previous)
}
