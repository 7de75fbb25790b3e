import { type Kysely, sql } from 'kysely'

/** The tables of DESIGN's spine. Statements stand in the order of the paths that use them. */
const STATEMENTS = [
  `create table crm_connections (
    id text primary key,
    workspace_id text not null,
    provider text not null,
    name text not null,
    settings jsonb not null,
    -- Fernet tokens, bound to workspace and connection
    credentials text not null,
    session text,
    credentials_version integer not null default 1,
    trusted boolean not null default false,
    status text not null default 'active',
    status_reason text,
    account jsonb,
    -- when a person last gave credentials
    signed_in_at timestamptz not null default now(),
    -- when the credentials end for good, and when that was last warned of
    credentials_expire_at timestamptz,
    expiry_warned_at timestamptz,
    objects jsonb not null,
    switched_off jsonb not null default '{}',
    enabled boolean not null default true,
    skew_ms bigint not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
  )`,
  `create index crm_connections_workspace on crm_connections (workspace_id) where deleted_at is null`,
  `create index crm_connections_account on crm_connections (provider, (account->>'id')) where deleted_at is null`,

  // Sign-ins that were begun and wait for their redirect: the state's hash, and the rest encrypted.
  `create table crm_sign_ins (
    state_hash text primary key,
    workspace_id text not null,
    provider text not null,
    sealed text not null,
    expires_at timestamptz not null
  )`,

  // Switches of a workspace, '*' for any; the most specific one wins, and all is on where none speaks.
  `create table crm_flags (
    workspace_id text not null,
    provider text not null,
    object text not null,
    direction text not null check (direction in ('pull', 'push', '*')),
    enabled boolean not null,
    updated_at timestamptz not null default now(),
    primary key (workspace_id, provider, object, direction)
  )`,

  `create table crm_mappings (
    id bigint generated always as identity primary key,
    scope text not null check (scope in ('workspace', 'connection')),
    owner_id text not null,
    provider text not null,
    version integer not null,
    spec jsonb not null,
    actor text,
    created_at timestamptz not null default now(),
    unique (scope, owner_id, provider, version)
  )`,

  // One row for each pass over a remote object: what it covers, how far it is, when it goes on.
  `create table crm_sync_cursors (
    connection_id text not null,
    object text not null,
    pass text not null check (pass in ('backfill', 'delta', 'settle', 'sweep')),
    provider text not null,
    workspace_id text not null,
    type text not null,
    state text not null default 'idle' check (state in ('idle', 'running', 'off')),
    step text,
    window_from timestamptz,
    window_to timestamptz,
    cursor text,
    restarts integer not null default 0,
    -- how often in a row the CRM has forgotten the place of the scan
    lost_cursors integer not null default 0,
    -- a flag of the workspace has switched it off: kept in step with crm_flags, so that what is due is found cheaply
    paused boolean not null default false,
    watermark timestamptz,
    run_id text,
    -- a sweep's number: a tick of crm_reads from its beginning
    run_seq bigint,
    requested_at timestamptz,
    -- since when a scan by offset may have been disturbed
    guard_from timestamptz,
    forced boolean not null default false,
    records bigint not null default 0,
    pages bigint not null default 0,
    changed bigint not null default 0,
    total bigint,
    started_at timestamptz,
    finished_at timestamptz,
    next_at timestamptz,
    failures integer not null default 0,
    last_error jsonb,
    updated_at timestamptz not null default now(),
    primary key (connection_id, object, pass)
  )`,
  `create index crm_sync_cursors_due on crm_sync_cursors (next_at) where next_at is not null and not paused`,
  `create index crm_sync_cursors_run on crm_sync_cursors (run_id)`,

  `create sequence crm_reads`,
  `create table crm_records (
    connection_id text not null,
    object text not null,
    external_id text not null,
    type text not null,
    data jsonb not null,
    raw jsonb,
    links jsonb not null default '[]',
    hash text not null,
    -- of the fields that this read covered; a write of ours adds what it wrote
    remote_stamp timestamptz,
    read_end bigint not null,
    version integer not null default 1,
    deleted_at timestamptz,
    deleted_reason text,
    merged_into text,
    -- the object of the survivor
    merged_object text,
    origin text not null,
    path text not null,
    seq bigint not null,
    -- position in the feed at which the CRM last changed a field that was known before
    field_seqs jsonb not null default '{}',
    seen_run bigint not null default 0,
    mapping_version text,
    updated_at timestamptz not null default now(),
    primary key (connection_id, object, external_id)
  )`,
  `create index crm_records_feed_type on crm_records (connection_id, type, seq)`,
  `create index crm_records_email on crm_records (connection_id, type, lower(data->>'email')) where data->>'email' is not null`,
  `create index crm_records_phone on crm_records (connection_id, type, (coalesce(data->>'phone_e164', data->>'phone'))) where coalesce(data->>'phone_e164', data->>'phone') is not null`,

  `create table crm_links (
    connection_id text not null,
    type text not null,
    local_id text not null,
    object text not null,
    external_id text not null,
    created_at timestamptz not null default now(),
    primary key (connection_id, type, local_id)
  )`,
  `create index crm_links_remote on crm_links (connection_id, type, external_id)`,

  `create table crm_outbox (
    id text primary key,
    seq bigint generated always as identity,
    connection_id text not null,
    type text not null,
    local_id text not null,
    idempotency_key text not null,
    data jsonb not null,
    links jsonb not null default '[]',
    status text not null default 'pending' check (status in ('pending', 'in_flight', 'done', 'superseded', 'dead')),
    -- what an in-flight row waits for: 'call' (a worker has it) or 'settle' (its outcome is unknown)
    stage text,
    operation text,
    object text,
    external_id text,
    attempts integer not null default 0,
    next_at timestamptz not null default now(),
    fence bigint,
    deadline timestamptz,
    seen_seq bigint not null default 0,
    kept jsonb,
    last_error jsonb,
    history jsonb not null default '[]',
    superseded_by text,
    correlation_id text not null,
    actor text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create index crm_outbox_open on crm_outbox (connection_id, type, next_at) where status in ('pending', 'in_flight')`,
  `create index crm_outbox_record on crm_outbox (connection_id, type, local_id, seq)`,
  `create index crm_outbox_done on crm_outbox (updated_at) where status in ('done', 'superseded')`,

  `create table crm_push_heads (
    connection_id text not null,
    type text not null,
    local_id text not null,
    outbox_id text,
    primary key (connection_id, type, local_id)
  )`,

  `create table crm_feed_heads (
    connection_id text primary key,
    seq bigint not null default 0,
    -- by type: how far the host has read its feed
    read_seqs jsonb not null default '{}',
    audit_seq bigint not null default 0,
    audit_hash text not null default ''
  )`,

  `create table crm_webhook_inbox (
    id bigint generated always as identity primary key,
    connection_id text not null,
    provider text not null,
    dedupe_key text not null,
    object text not null,
    external_id text not null,
    op text not null,
    at timestamptz not null,
    merged_into text,
    -- 'webhook': announced by the CRM; 'reread': asked for by a read that could not tell
    origin text not null default 'reread',
    correlation_id text not null,
    received_at timestamptz not null default now(),
    processed_at timestamptz,
    next_at timestamptz default now(),
    attempts integer not null default 0,
    last_error jsonb,
    unique (connection_id, dedupe_key)
  )`,
  `create index crm_webhook_inbox_open on crm_webhook_inbox (connection_id, next_at) where processed_at is null`,
  `create index crm_webhook_inbox_record on crm_webhook_inbox (connection_id, object, external_id, processed_at)`,
  `create index crm_webhook_inbox_done on crm_webhook_inbox (processed_at) where processed_at is not null`,

  `create table crm_channels (
    connection_id text primary key,
    provider text not null,
    state text not null default 'none' check (state in ('none', 'active', 'failing')),
    -- of the connection's own, encrypted; null where it is derived from the host's
    secret text,
    -- fingerprint of the address and the secret that the CRM was given
    basis text,
    -- remote objects that the CRM was asked to speak of
    objects jsonb not null default '[]',
    -- what the plugin wants to see again at the next renewal
    remote_state jsonb,
    expires_at timestamptz,
    renewed_at timestamptz,
    last_event_at timestamptz,
    next_at timestamptz,
    failures integer not null default 0,
    last_error jsonb
  )`,
  `create index crm_channels_due on crm_channels (next_at) where next_at is not null`,

  // What is done for the whole host, and when next.
  `create table crm_chores (
    name text primary key,
    next_at timestamptz not null,
    finished_at timestamptz
  )`,
  `insert into crm_chores (name, next_at) values ('purge', now() + interval '1 day')`,

  `create table crm_dead_letters (
    id text primary key,
    connection_id text not null,
    provider text not null,
    direction text not null check (direction in ('push', 'pull')),
    type text not null,
    object text,
    local_id text,
    external_id text,
    outbox_id text,
    outbox_seq bigint,
    kind text not null,
    reason text not null,
    error jsonb not null,
    payload jsonb not null,
    history jsonb not null default '[]',
    attempts integer not null default 0,
    correlation_id text,
    created_at timestamptz not null default now(),
    replayed_at timestamptz,
    replay_result text
  )`,
  `create index crm_dead_letters_connection on crm_dead_letters (connection_id, created_at, id)`,
  `create unique index crm_dead_letters_pull on crm_dead_letters (connection_id, object, external_id)
    where direction = 'pull' and replayed_at is null`,

  `create table crm_audit (
    connection_id text not null,
    seq bigint not null,
    at timestamptz not null default now(),
    actor text not null,
    action text not null,
    type text not null,
    object text,
    external_id text,
    local_id text,
    changes jsonb not null,
    correlation_id text,
    previous_hash text not null,
    hash text not null,
    primary key (connection_id, seq)
  )`,

  `create table crm_rate_buckets (
    key text primary key,
    slots jsonb not null,
    blocked_until timestamptz,
    updated_at timestamptz not null default now()
  )`,

  `create table crm_leases (
    key text primary key,
    fence bigint not null,
    owner text,
    expires_at timestamptz not null
  )`,

  `create table crm_lookups (
    connection_id text not null,
    name text not null,
    rows jsonb not null,
    fetched_at timestamptz not null default now(),
    primary key (connection_id, name)
  )`,

  `create table crm_api_keys (
    id text primary key,
    name text not null,
    hash text not null unique,
    -- null: an admin key
    workspace_id text,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz
  )`,
]

// biome-ignore lint/suspicious/noExplicitAny: a migration runs against whatever schema it finds
export const up = async (db: Kysely<any>): Promise<void> => {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
