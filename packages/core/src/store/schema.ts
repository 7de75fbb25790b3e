import type { ColumnType, Generated } from 'kysely'
import type { ErrorKind, Fields, Json, Link, LookupRow, ObjectType } from '../contract.ts'

/** jsonb: read as a value, written as text. */
type JsonColumn<T> = ColumnType<T, string, string>
type Time = ColumnType<Date, Date | string, Date | string>
type TimeOrNull = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
type Defaulted<T> = ColumnType<T, T | undefined, T>
type DefaultedJson<T> = ColumnType<T, string | undefined, string>

export type Pass = 'backfill' | 'delta' | 'settle' | 'sweep'
export type OutboxStatus = 'pending' | 'in_flight' | 'done' | 'superseded' | 'dead'
export type ConnectionStatus = 'active' | 'needs_reconnect'
/** What went wrong, as it may be stored and shown. */
export type StoredError = { readonly kind: ErrorKind; readonly message: string; readonly [member: string]: unknown }
export type HistoryEntry = { readonly at: string } & StoredError

export interface ConnectionsTable {
  id: string
  workspace_id: string
  provider: string
  name: string
  settings: JsonColumn<Fields>
  credentials: string
  session: ColumnType<string | null, string | null | undefined, string | null>
  credentials_version: Generated<number>
  trusted: Defaulted<boolean>
  status: Defaulted<ConnectionStatus>
  status_reason: string | null
  account: ColumnType<Fields | null, string | null | undefined, string | null>
  signed_in_at: Defaulted<Date>
  credentials_expire_at: TimeOrNull
  expiry_warned_at: TimeOrNull
  objects: JsonColumn<readonly string[]>
  switched_off: DefaultedJson<Readonly<Record<string, string>>>
  enabled: Defaulted<boolean>
  skew_ms: Defaulted<number>
  created_at: Defaulted<Date>
  updated_at: ColumnType<Date, Date | undefined, unknown>
  deleted_at: TimeOrNull
}

export interface SignInsTable {
  state_hash: string
  workspace_id: string
  provider: string
  sealed: string
  expires_at: Time
}

export interface FlagsTable {
  workspace_id: string
  provider: string
  object: string
  direction: 'pull' | 'push' | '*'
  enabled: boolean
  updated_at: Defaulted<Date>
}

export interface MappingsTable {
  id: Generated<number>
  scope: 'workspace' | 'connection'
  owner_id: string
  provider: string
  version: number
  spec: JsonColumn<Json>
  actor: string | null
  created_at: Defaulted<Date>
}

export interface SyncCursorsTable {
  connection_id: string
  object: string
  pass: Pass
  provider: string
  workspace_id: string
  type: ObjectType
  state: Defaulted<'idle' | 'running' | 'off'>
  step: string | null
  window_from: TimeOrNull
  window_to: TimeOrNull
  cursor: string | null
  restarts: Defaulted<number>
  lost_cursors: Defaulted<number>
  paused: Defaulted<boolean>
  watermark: TimeOrNull
  run_id: string | null
  run_seq: number | null
  requested_at: TimeOrNull
  guard_from: TimeOrNull
  forced: Defaulted<boolean>
  records: Defaulted<number>
  pages: Defaulted<number>
  changed: Defaulted<number>
  total: number | null
  started_at: TimeOrNull
  finished_at: TimeOrNull
  next_at: TimeOrNull
  failures: Defaulted<number>
  last_error: ColumnType<StoredError | null, string | null | undefined, string | null>
  updated_at: Defaulted<Date>
}

export interface StoredLink {
  readonly object: ObjectType
  readonly externalId: string
}

export interface RecordsTable {
  connection_id: string
  object: string
  external_id: string
  type: ObjectType
  data: JsonColumn<Fields>
  raw: ColumnType<Fields | null, string | null, string | null>
  links: DefaultedJson<readonly Link[]>
  hash: string
  remote_stamp: TimeOrNull
  read_end: number
  version: Defaulted<number>
  deleted_at: TimeOrNull
  deleted_reason: string | null
  merged_into: string | null
  merged_object: string | null
  origin: 'crm' | 'push'
  path: string
  seq: number
  field_seqs: DefaultedJson<Readonly<Record<string, number>>>
  seen_run: Defaulted<number>
  mapping_version: string | null
  updated_at: Defaulted<Date>
}

export interface LinksTable {
  connection_id: string
  type: ObjectType
  local_id: string
  object: string
  external_id: string
  created_at: Defaulted<Date>
}

export interface OutboxTable {
  id: string
  seq: Generated<number>
  connection_id: string
  type: ObjectType
  local_id: string
  idempotency_key: string
  data: JsonColumn<Fields>
  links: DefaultedJson<readonly StoredLink[]>
  status: Defaulted<OutboxStatus>
  stage: 'call' | 'settle' | null
  operation: 'create' | 'update' | null
  object: string | null
  external_id: string | null
  attempts: Defaulted<number>
  next_at: Time
  fence: number | null
  deadline: TimeOrNull
  seen_seq: Defaulted<number>
  kept: ColumnType<readonly string[] | null, string | null | undefined, string | null>
  last_error: ColumnType<StoredError | null, string | null | undefined, string | null>
  history: DefaultedJson<readonly HistoryEntry[]>
  superseded_by: string | null
  correlation_id: string
  actor: string | null
  created_at: Defaulted<Date>
  updated_at: Defaulted<Date>
}

export interface PushHeadsTable {
  connection_id: string
  type: ObjectType
  local_id: string
  outbox_id: string | null
}

export interface FeedHeadsTable {
  connection_id: string
  seq: Defaulted<number>
  read_seqs: DefaultedJson<Readonly<Record<string, number>>>
  audit_seq: Defaulted<number>
  audit_hash: Defaulted<string>
}

export interface WebhookInboxTable {
  id: Generated<number>
  connection_id: string
  provider: string
  dedupe_key: string
  object: string
  external_id: string
  op: 'upsert' | 'delete' | 'erase'
  at: Time
  merged_into: string | null
  origin: Defaulted<'webhook' | 'reread'>
  correlation_id: string
  received_at: Defaulted<Date>
  processed_at: TimeOrNull
  next_at: TimeOrNull
  attempts: Defaulted<number>
  last_error: ColumnType<StoredError | null, string | null | undefined, string | null>
}

export interface ChannelsTable {
  connection_id: string
  provider: string
  state: Defaulted<'none' | 'active' | 'failing'>
  secret: string | null
  basis: string | null
  objects: DefaultedJson<readonly string[]>
  remote_state: ColumnType<Fields | null, string | null | undefined, string | null>
  expires_at: TimeOrNull
  renewed_at: TimeOrNull
  last_event_at: TimeOrNull
  next_at: TimeOrNull
  failures: Defaulted<number>
  last_error: ColumnType<StoredError | null, string | null | undefined, string | null>
}

export interface ChoresTable {
  name: 'purge'
  next_at: Time
  finished_at: TimeOrNull
}

export interface DeadLettersTable {
  id: string
  connection_id: string
  provider: string
  direction: 'push' | 'pull'
  type: ObjectType
  object: string | null
  local_id: string | null
  external_id: string | null
  outbox_id: string | null
  outbox_seq: number | null
  kind: string
  reason: string
  error: JsonColumn<StoredError>
  payload: JsonColumn<Fields>
  history: DefaultedJson<readonly HistoryEntry[]>
  attempts: Defaulted<number>
  correlation_id: string | null
  created_at: Defaulted<Date>
  replayed_at: TimeOrNull
  replay_result: string | null
}

export interface AuditTable {
  connection_id: string
  seq: number
  at: Time
  actor: string
  action: string
  type: ObjectType
  object: string | null
  external_id: string | null
  local_id: string | null
  changes: JsonColumn<Json>
  correlation_id: string | null
  previous_hash: string
  hash: string
}

export interface RateBucketsTable {
  key: string
  slots: JsonColumn<Json>
  blocked_until: TimeOrNull
  updated_at: Defaulted<Date>
}

export interface LeasesTable {
  key: string
  fence: number
  owner: string | null
  expires_at: Time
}

export interface LookupsTable {
  connection_id: string
  name: string
  rows: JsonColumn<readonly LookupRow[] | readonly Json[]>
  fetched_at: Defaulted<Date>
}

export interface ApiKeysTable {
  id: string
  name: string
  hash: string
  workspace_id: string | null
  created_at: Defaulted<Date>
  last_used_at: TimeOrNull
  revoked_at: TimeOrNull
}

export interface Schema {
  crm_connections: ConnectionsTable
  crm_sign_ins: SignInsTable
  crm_flags: FlagsTable
  crm_mappings: MappingsTable
  crm_sync_cursors: SyncCursorsTable
  crm_records: RecordsTable
  crm_links: LinksTable
  crm_outbox: OutboxTable
  crm_push_heads: PushHeadsTable
  crm_feed_heads: FeedHeadsTable
  crm_webhook_inbox: WebhookInboxTable
  crm_channels: ChannelsTable
  crm_chores: ChoresTable
  crm_dead_letters: DeadLettersTable
  crm_audit: AuditTable
  crm_rate_buckets: RateBucketsTable
  crm_leases: LeasesTable
  crm_lookups: LookupsTable
  crm_api_keys: ApiKeysTable
}
