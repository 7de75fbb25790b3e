import { hash } from 'node:crypto'
import type { Fields, Json } from '../contract.ts'
import { sameJson, stableJson } from '../stable_json.ts'
import { type RedactText, redactDeep } from './redaction.ts'

/** One mutation on either side. `changes` names each changed field with its value before and after. */
export interface AuditEntry {
  readonly actor: string
  readonly action: string
  readonly type: string
  readonly object: string | null
  readonly externalId: string | null
  readonly localId: string | null
  readonly changes: Json
  readonly correlationId: string | null
}
export interface AuditRow extends AuditEntry {
  /** 1, 2, 3, … for each connection. */
  readonly seq: number
  readonly at: Date | string
  readonly previousHash: string
  readonly hash: string
}
/** Where a chain stands: at its start, `{ seq: 0, hash: '' }`. */
export interface ChainHead {
  readonly seq: number
  readonly hash: string
}
export type AuditVerdict =
  | { readonly ok: true; readonly head: ChainHead }
  | {
      readonly ok: false
      readonly seq: number
      readonly fault: 'gap' | 'broken-chain' | 'altered' | 'cut-off'
      readonly message: string
    }

const START: ChainHead = { seq: 0, hash: '' }
const ERASED = 'erased_digest'

/** The link of the chain: altering or removing a row shows at the next one. */
export const auditHash = (previousHash: string, seq: number, at: Date | string, entry: AuditEntry): string => {
  const { actor, action, type, object, externalId, localId, changes, correlationId } = entry
  const when = new Date(at).toISOString()
  const who = [actor, action, type, object, externalId, localId, digestOf(changes), correlationId]
  return sha256(JSON.stringify([previousHash, seq, when, ...who]))
}

/** Rows of one connection behind `head`, the row that was written last. */
export const chainAudit = (head: ChainHead, at: Date | string, entries: readonly AuditEntry[]): readonly AuditRow[] => {
  let { seq, hash: previousHash } = head
  return entries.map((entry) => {
    seq += 1
    const hash = auditHash(previousHash, seq, at, entry)
    const row = { ...entry, seq, at, previousHash, hash }
    previousHash = hash
    return row
  })
}

/**
 * Checks rows of one connection in the order of `seq`; names the first gap or alteration. `after` is where an earlier
 * part ended (the start, if absent); with `head`, the row that the connection says is its latest, an end that was cut
 * off shows too.
 */
export const verifyAudit = (
  rows: readonly AuditRow[],
  { after = START, head }: { readonly after?: ChainHead; readonly head?: ChainHead } = {},
): AuditVerdict => {
  let last = after
  for (const row of rows) {
    const wrong = faultOf(row, last)
    if (wrong) return { ok: false, seq: row.seq, ...wrong }
    last = { seq: row.seq, hash: row.hash }
  }
  if (head && (head.seq !== last.seq || head.hash !== last.hash)) {
    const message = `The chain ends at ${last.seq}, and the connection has written up to ${head.seq}`
    return { ok: false, seq: last.seq + 1, fault: 'cut-off', message }
  }
  return { ok: true, head: last }
}

const faultOf = (row: AuditRow, last: ChainHead) => {
  if (row.seq !== last.seq + 1)
    return { fault: 'gap' as const, message: `Row ${row.seq} follows row ${last.seq}: what was between is missing` }
  if (row.previousHash !== last.hash)
    return { fault: 'broken-chain' as const, message: `Row ${row.seq} does not continue row ${last.seq}` }
  if (row.hash !== auditHash(row.previousHash, row.seq, row.at, row))
    return { fault: 'altered' as const, message: `Row ${row.seq} is not what was written` }
  return undefined
}

/** What changed, field by field: `[before, after]`, null for absent. Strings go through `redactText`. */
export const changesOf = (
  before: Fields | null | undefined,
  after: Fields | null | undefined,
  redactText: RedactText = (text) => text,
): { readonly [field: string]: readonly [Json, Json] } => {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  const changes = [...names].flatMap((name) => {
    const pair = [before?.[name] ?? null, after?.[name] ?? null] as const
    return sameJson(pair[0], pair[1]) ? [] : [[name, redactDeep(pair, redactText)] as const]
  })
  return Object.fromEntries(changes) as { readonly [field: string]: readonly [Json, Json] }
}

/** What is left of `changes` when a person's content is erased: a digest, with which the chain still holds. */
export const erasedChanges = (changes: Json): Json => ({ [ERASED]: digestOf(changes) })

/** Rows are chained by the digest of their changes, so that the content can go and the proof stays. */
const digestOf = (changes: Json): string => {
  const erased = typeof changes === 'object' && changes !== null ? Reflect.get(changes, ERASED) : undefined
  return typeof erased === 'string' ? erased : sha256(stableJson(changes))
}

const sha256 = (text: string): string => hash('sha256', text)
