import type { Activity, Company, Contact, Deal } from './canonical_records.ts'
import type { Account, Call, ErrorKind, Fields, Json, ObjectType, Reply } from './contract.ts'
import type { Fault } from './errors.ts'

/** What a host application works with. `createHost()` makes one; the ready-made server puts it behind HTTP. */
export interface Host {
  /** Applies migrations, recovers what an earlier process left and begins to work. Answers once work goes on. */
  start(): Promise<void>
  /** Finishes or hands back the work in flight within ten seconds and closes the database. */
  stop(): Promise<void>
  /**
   * Does everything that is due now, in this process, and answers when nothing is: for a host that is woken by a
   * schedule (`works: false`) instead of running all the time. Call it after `start()`.
   */
  drain(): Promise<Drained>
  readonly providers: ProvidersApi
  readonly connections: ConnectionsApi
  readonly signIns: SignInsApi
  readonly sync: SyncApi
  readonly records: RecordsApi
  readonly outbox: OutboxApi
  readonly links: LinksApi
  readonly deadLetters: DeadLettersApi
  readonly flags: FlagsApi
  readonly webhooks: WebhooksApi
  readonly keys: KeysApi
  readonly health: HealthApi
  /** One record after another, typed: the facade that mirrors a CRM. */
  client(connectionId: string): Promise<CrmClient>
  /** Writes outcomes to the outbox; the shortest way in. Same as `outbox.push`. */
  push(connectionId: string, item: PushItem, options?: PushOptions): Promise<PushReceipt>
  /** One page of the change feed. Same as `records.feed`. */
  feed(connectionId: string, object: ObjectType, page?: FeedRequest): Promise<FeedPage>
  /** Prometheus text. */
  metrics(): Promise<string>
}

/** What a drain did. */
export interface Drained {
  /** Turns of work that were taken. */
  readonly turns: number
  /** When the next thing is due; absent where nothing ever will be by itself. */
  readonly nextAt?: Date
}

/** Who asks, for the audit and for logs. */
export interface Asker {
  readonly actor?: string
  readonly correlationId?: string
}

export interface ProviderInfo {
  readonly id: string
  readonly title: string
  readonly package: string
  readonly version: string
  /** JSON Schema of the settings. */
  readonly settings: Json
  readonly auth: readonly ('oauth2' | 'apiKey' | 'password')[]
  readonly objects: readonly ObjectInfo[]
  readonly scopes?: Json
  readonly hasSimulator: boolean
}
export interface ObjectInfo {
  readonly name: string
  readonly type: ObjectType
  readonly onByDefault: boolean
  /** Operations that the plugin offers: pull, stamps, deleted, read, links, find, create, update, locate, describe. */
  readonly capabilities: readonly string[]
}
export interface ProvidersApi {
  list(): readonly ProviderInfo[]
  /** Throws `not_found` with the installed ids. */
  get(id: string): ProviderInfo
  defaultMapping(id: string): Json
}

export interface NewConnection {
  readonly workspaceId: string
  readonly provider: string
  readonly name?: string
  readonly settings: Fields
  readonly credentials?: Fields
  /** Canonical types or remote object names to switch on; what the plugin has on by default, if absent. */
  readonly objects?: readonly string[]
  readonly enabled?: boolean
  /** Made with an admin key: its overridden `authBaseUrl` may be given the OAuth client's secret. */
  readonly trusted?: boolean
}
export interface ConnectionChange {
  readonly name?: string
  readonly settings?: Fields
  readonly credentials?: Fields
  readonly objects?: readonly string[]
  readonly enabled?: boolean
  /** Asked for with an admin key: an `authBaseUrl` in `settings` may be given the OAuth client's secret. */
  readonly trusted?: boolean
}
/** Never holds a secret. */
export interface ConnectionInfo {
  readonly id: string
  readonly workspaceId: string
  readonly provider: string
  readonly name: string
  readonly settings: Fields
  /** Remote object names that are switched on. */
  readonly objects: readonly string[]
  readonly enabled: boolean
  readonly status: 'active' | 'needs_reconnect' | 'paused'
  readonly statusReason?: string
  /** Objects that were switched off because the CRM forbids them, with its words. */
  readonly switchedOff: Readonly<Record<string, string>>
  readonly account?: Account
  /** When a person last gave credentials or signed in. */
  readonly signedInAt: string
  /** When the credentials end for good, where that is known: give it new ones before. */
  readonly credentialsExpireAt?: string
  readonly createdAt: string
  readonly updatedAt: string
}
export interface ValidateResult {
  readonly ok: boolean
  readonly account?: Account
  /** Scopes that the enabled objects need and the grant lacks, where the CRM tells what it granted. */
  readonly missingScopes?: readonly string[]
  readonly credentialsExpireAt?: string
  /**
   * What is wrong: `auth` the credentials, `forbidden` what they allow (with `scopes`), `invalid` a setting (with
   * `setting`: the database, the data centre), `unavailable` or `timeout` the way there, `quota` a used up budget.
   */
  readonly kind?: ErrorKind
  readonly detail?: string
  /** Scopes that the refused call needed; any one of them may be enough. */
  readonly scopes?: readonly string[]
  readonly setting?: string
  readonly pointer?: string
  readonly retryAfterMs?: number
}
export interface ConnectionsApi {
  /** Checks the settings, then the credentials with `probe`. Throws `invalid`, `auth`, `forbidden` and the like and keeps nothing. */
  create(connection: NewConnection, asker?: Asker): Promise<ConnectionInfo>
  list(filter?: { readonly workspaceId?: string }): Promise<readonly ConnectionInfo[]>
  /** Throws `not_found`. */
  get(id: string): Promise<ConnectionInfo>
  update(id: string, change: ConnectionChange, asker?: Asker): Promise<ConnectionInfo>
  remove(id: string, asker?: Asker): Promise<void>
  /** `probe` with stored credentials, or with the ones given. */
  validate(id: string, credentials?: Fields): Promise<ValidateResult>
  status(id: string): Promise<ConnectionState>
  /** The mapping in force, with the layer that each line comes from. */
  mapping(
    id: string,
  ): Promise<{ readonly spec: Json; readonly origins: Readonly<Record<string, string>>; readonly version: string }>
  /** Replaces the connection's own layer; every version is kept. Throws `invalid` with a pointer for each fault. */
  putMapping(id: string, spec: Json, asker?: Asker): Promise<{ readonly version: number }>
  checkMapping(id: string, spec: Json): Promise<readonly Fault[]>
  /** Live schema of the remote objects of a type. */
  schema(id: string, object: ObjectType): Promise<Json>
  /** Signed pass-through: the CRM's own status, headers and body. */
  request(id: string, call: Call, asker?: Asker): Promise<Reply>
}

export interface SignInRequest {
  readonly workspaceId: string
  readonly provider: string
  /** The connection to sign in again, which keeps its cursors, links, mapping and outbox; a new one, if absent. */
  readonly connectionId?: string
  readonly name?: string
  readonly settings?: Fields
  /** `{ clientId, clientSecret }` of an OAuth app of the connection's own; the host's `oauthClients`, if absent. */
  readonly credentials?: Fields
  readonly objects?: readonly string[]
  readonly enabled?: boolean
  /** Where the person goes in the end: an address of the host's own origin or of one of its `returnOrigins`. */
  readonly returnUrl?: string
  /** Begun with an admin key: an `authBaseUrl` in `settings` may be given the OAuth client's secret. */
  readonly trusted?: boolean
  /** Where this host was reached, for hosts without a `publicUrl`: taken only where it is a loopback address. */
  readonly origin?: string
}
/** A sign-in whose person has come back. Its state is used up. */
export interface SignIn {
  readonly workspaceId: string
  readonly returnUrl?: string
  /**
   * Trades the code for tokens and makes the connection, or signs in again the one that was named or that the workspace
   * has to the same account already. `redirect`: the query that the CRM sent the person back with. Throws `auth` where the
   * person or the CRM refused, `conflict` for the grant of another account, and what `connections.create` throws; nothing
   * is kept then.
   */
  finish(redirect: Fields, asker?: Asker): Promise<{ readonly connection: ConnectionInfo; readonly isNew: boolean }>
}
/** Signing in with OAuth 2.0: a person is sent to the CRM and comes back to `/crm/oauth/<provider>/callback`. */
export interface SignInsApi {
  /** The address to send the person to, good for ten minutes and once. Throws `invalid` and the like with a pointer. */
  start(request: SignInRequest, asker?: Asker): Promise<{ readonly url: string; readonly expiresAt: string }>
  /** Takes a state that came back. Throws `invalid` where it is unknown, used up or too old. */
  resume(provider: string, state: string): Promise<SignIn>
}

export interface PassState {
  readonly object: string
  readonly type: ObjectType
  readonly pass: 'backfill' | 'delta' | 'settle' | 'sweep'
  readonly state: 'idle' | 'running' | 'off'
  readonly runId?: string
  readonly watermark?: string
  readonly windowFrom?: string
  readonly windowTo?: string
  readonly records: number
  readonly pages: number
  readonly changed: number
  readonly total?: number
  readonly recordsPerSecond?: number
  readonly secondsLeft?: number
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly nextAt?: string
  readonly lastError?: Json
}
export interface WebhookState {
  /** 'none': it is polled only, `reason` says why; 'failing': the CRM refused or lost the channel, polling goes on. */
  readonly state: 'none' | 'active' | 'failing'
  readonly reason?: string
  /** Where events go, without the secret. */
  readonly url?: string
  /** End of the channel as the CRM named it; it is renewed before. */
  readonly expiresAt?: string
  readonly renewedAt?: string
  readonly lastEventAt?: string
  readonly lastError?: Json
}
export interface ConnectionState {
  readonly connection: ConnectionInfo
  readonly passes: readonly PassState[]
  /** Seconds between now and the oldest watermark of its objects. */
  readonly lagSeconds?: number
  readonly outbox: { readonly pending: number; readonly inFlight: number; readonly dead: number }
  readonly inbox: { readonly pending: number }
  readonly webhook: WebhookState
  readonly deadLetters: number
  /** What flags of the workspace have switched off here, and why. */
  readonly paused: readonly PausedObject[]
  readonly feedPosition: number
  readonly rateBudget: Json
  readonly skewMs: number
}

/** What a switch speaks of; '*' or absent: any. */
export interface FlagKey {
  /** Id of a provider. */
  readonly provider: string
  /** A canonical type or the name of a remote object. */
  readonly object: string
  readonly direction: 'pull' | 'push' | '*'
}
export interface FlagInfo extends FlagKey {
  readonly workspaceId: string
  readonly enabled: boolean
  readonly updatedAt: string
}
/**
 * Switches of a workspace: a provider, an object or a direction, on or off. The most specific one decides: one that names
 * the provider before one that does not, then one that names the remote object before its type before '*', then one
 * that names the direction. All is on where none speaks.
 *
 * What is switched off waits: nothing is read, pushes are taken and stay pending in their order. Switched on again it
 * goes on where it stood, with everything that happened meanwhile, deletions too.
 */
export interface FlagsApi {
  list(workspaceId: string): Promise<readonly FlagInfo[]>
  /** Throws `invalid` with a pointer where provider or object are unknown. */
  put(workspaceId: string, flag: Partial<FlagKey> & { readonly enabled: boolean }, asker?: Asker): Promise<FlagInfo>
  /** Throws `not_found` where there is no such flag. */
  remove(workspaceId: string, flag?: Partial<FlagKey>, asker?: Asker): Promise<void>
}
/** An object that a flag has switched off. */
export interface PausedObject {
  /** The remote object's name. */
  readonly object: string
  readonly type: ObjectType
  readonly direction: 'pull' | 'push'
  readonly reason: string
}

export interface RunRequest extends Asker {
  /** Canonical types or remote object names; all that are switched on, if absent. */
  readonly objects?: readonly string[]
  /** Only for a sweep: deletes even where more is gone than the brake lets pass. */
  readonly force?: boolean
}
export interface SyncApi {
  /** Reads everything, resumable; an unfinished one goes on under its own run id. */
  backfill(connectionId: string, request?: RunRequest): Promise<{ readonly runId: string }>
  /** Polls for changes now. */
  pull(connectionId: string, request?: RunRequest): Promise<{ readonly runId: string }>
  sweep(connectionId: string, request?: RunRequest): Promise<{ readonly runId: string }>
  /** Waits until the run has ended; throws its error where it failed, `timeout` after `timeoutMs` (10 minutes if absent). */
  wait(
    connectionId: string,
    runId: string,
    options?: { readonly timeoutMs?: number; readonly onProgress?: (passes: readonly PassState[]) => void },
  ): Promise<readonly PassState[]>
}

export interface RecordLink {
  readonly object: ObjectType
  readonly externalId: string
  readonly localId: string | null
}
export interface FeedRecord {
  readonly object: ObjectType
  readonly externalId: string
  /** The remote object's name. */
  readonly kind: string
  readonly localId: string | null
  readonly data: Fields
  readonly links: readonly RecordLink[]
  readonly deleted: boolean
  /** Why it is gone, where it is: from the CRM, out of the mapping's `when`, or into another record. */
  readonly reason?: 'deleted' | 'filtered' | 'merged'
  readonly deletedAt?: string
  /** External id of the survivor of a merge, and the name of its remote object. */
  readonly mergedInto?: string
  readonly mergedIntoKind?: string
  readonly origin: 'crm' | 'push'
  readonly updatedAt: string
  readonly seq: number
}
export interface FeedRequest {
  /** Opaque cursor from an earlier page; from the start, if absent. */
  readonly after?: string
  /** 1 to 1,000; 100 if absent. */
  readonly limit?: number
  /** Seconds to wait for something to come, 0 to 60. */
  readonly waitSeconds?: number
}
export interface FeedPage {
  readonly records: readonly FeedRecord[]
  /** The place to go on from, now or later. */
  readonly next: string
  readonly hasMore: boolean
}
export interface RecordFilter {
  readonly workspaceId: string
  readonly email?: string
  readonly phone_e164?: string
  readonly localId?: string
}
export interface RecordsApi {
  feed(connectionId: string, object: ObjectType, page?: FeedRequest): Promise<FeedPage>
  get(connectionId: string, object: ObjectType, externalId: string): Promise<FeedRecord>
  /** Who is calling? Over all connections of a workspace. */
  find(
    object: ObjectType,
    filter: RecordFilter,
  ): Promise<readonly (FeedRecord & { readonly connectionId: string; readonly provider: string })[]>
  /**
   * Removes a person's content everywhere but for the id: record, outbox, dead letters and the contents of the audit,
   * whose digests stay. The CRM is asked first: throws `conflict` where the record still lives there. 'pending': the
   * rest follows as soon as a push that is on its way has ended.
   */
  erase(
    connectionId: string,
    object: ObjectType,
    externalId: string,
    asker?: Asker,
  ): Promise<{ readonly status: 'erased' | 'pending' }>
}

export interface PushItem {
  readonly object: ObjectType
  readonly localId: string
  /** Canonical members; a patch: absent stays, null clears. */
  readonly data: Fields
  readonly links?: readonly { readonly object: ObjectType; readonly externalId: string }[]
}
/** One statement in the caller's own transaction: the shape that pg-boss's adapters for kysely, knex, drizzle and prisma make. */
export interface HostTransaction {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}
export interface PushOptions extends Asker {
  readonly transaction?: HostTransaction
}
export interface PushReceipt {
  readonly id: string
  readonly idempotencyKey: string
  readonly status: PushStatus['status']
}
export interface PushStatus {
  readonly id: string
  readonly idempotencyKey: string
  readonly connectionId: string
  readonly object: ObjectType
  readonly localId: string
  readonly status: 'pending' | 'in_flight' | 'done' | 'superseded' | 'dead'
  readonly externalId: string | null
  readonly attempts: number
  readonly lastError: Json
  /** True where it waits for something to be switched on or signed in again; `pausedReason` says for what. */
  readonly paused?: boolean
  readonly pausedReason?: string
  readonly supersededBy?: string
  /** Fields that were left as the CRM has them, because it owns them and changed them. */
  readonly keptByCrm?: readonly string[]
  readonly createdAt: string
  readonly updatedAt: string
}
export interface OutboxApi {
  /** Throws `invalid` with a pointer and changes nothing where the item cannot be right. */
  push(connectionId: string, item: PushItem, options?: PushOptions): Promise<PushReceipt>
  /** At most 1,000, all or none; answers in the same order. */
  pushAll(connectionId: string, items: readonly PushItem[], options?: PushOptions): Promise<readonly PushReceipt[]>
  get(id: string): Promise<PushStatus>
  /** Waits until the row is done, superseded or dead; throws `timeout` after `timeoutMs` (60 s if absent). */
  wait(id: string, options?: { readonly timeoutMs?: number }): Promise<PushStatus>
}

export interface LinkInfo {
  readonly object: ObjectType
  readonly localId: string
  readonly externalId: string
  readonly kind: string
}
export interface LinksApi {
  put(
    connectionId: string,
    link: {
      readonly object: ObjectType
      readonly localId: string
      readonly externalId: string
      readonly kind?: string
    },
    asker?: Asker,
  ): Promise<LinkInfo>
  list(
    connectionId: string,
    filter?: {
      readonly object?: ObjectType
      readonly localId?: string
      readonly externalId?: string
      readonly after?: string
      readonly limit?: number
    },
  ): Promise<ListPage<LinkInfo>>
}
export interface ListPage<Item> {
  readonly items: readonly Item[]
  /** Cursor of the next page, null at the end. */
  readonly next: string | null
}

export interface DeadLetter {
  readonly id: string
  readonly connectionId: string
  readonly provider: string
  readonly direction: 'push' | 'pull'
  readonly object: ObjectType
  readonly localId: string | null
  readonly externalId: string | null
  /** An error kind, or `remote_deleted`, `ambiguous`. */
  readonly kind: string
  readonly reason: string
  readonly payload: Json
  readonly history: Json
  readonly attempts: number
  readonly correlationId: string | null
  readonly createdAt: string
  readonly replayedAt: string | null
  readonly replayResult: string | null
}
export interface DeadLetterFilter {
  readonly connectionId?: string
  readonly workspaceId?: string
  readonly object?: ObjectType
  readonly kind?: string
  readonly replayed?: boolean
}
export interface DeadLettersApi {
  list(filter: DeadLetterFilter & { readonly after?: string; readonly limit?: number }): Promise<ListPage<DeadLetter>>
  get(id: string): Promise<DeadLetter>
  /** 'requeued', or 'superseded' where the record has a newer row. */
  replay(
    id: string,
    asker?: Asker,
  ): Promise<{ readonly id: string; readonly result: 'requeued' | 'superseded'; readonly pushId?: string }>
  replayAll(
    filter: DeadLetterFilter,
    asker?: Asker,
  ): Promise<{ readonly requeued: number; readonly superseded: number }>
}

export interface IncomingWebhook {
  readonly method: string
  /** Path and query as received; the public address is put in front. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}
export interface WebhooksApi {
  /** Verifies, stores inbox rows and rings in one transaction; answers how many events were new. Throws `auth` (forged), `invalid` (unreadable), `not_found`. */
  receive(
    provider: string,
    connectionId: string | undefined,
    request: IncomingWebhook,
    asker?: Asker,
  ): Promise<{ readonly accepted: number; readonly duplicates: number }>
  /** Counts what was refused before it came here: from a foreign address, or too large. */
  rejected(provider: string, reason: WebhookRejection): void
  /**
   * The address that a person enters in the CRM, with the connection's secret in it: show it to nobody else. Throws
   * `invalid` where the provider sends no webhooks or the host has no public address.
   */
  address(connectionId: string, asker?: Asker): Promise<{ readonly url: string }>
}
/** Why a webhook was not taken. */
export type WebhookRejection = 'signature' | 'unreadable' | 'unknown' | 'address' | 'size'

export interface ApiKeyInfo {
  readonly id: string
  readonly name: string
  /** null: an admin key. */
  readonly workspaceId: string | null
  readonly createdAt: string
  readonly revokedAt: string | null
}
export interface KeysApi {
  /** Makes a key; the secret is in this answer and nowhere else. */
  create(key: {
    readonly name: string
    readonly workspaceId?: string
  }): Promise<ApiKeyInfo & { readonly secret: string }>
  list(): Promise<readonly ApiKeyInfo[]>
  revoke(id: string): Promise<void>
  /** Whose key it is; undefined where it is none. */
  check(secret: string): Promise<{ readonly id: string; readonly workspaceId: string | null } | undefined>
  /** True where no key was ever made. */
  isEmpty(): Promise<boolean>
}

export interface HealthApi {
  /** Database reachable and migrated, workers running. */
  ready(): Promise<{ readonly ok: boolean; readonly checks: Readonly<Record<string, string>> }>
  /** State of the connections, of one provider if named. */
  report(provider?: string): Promise<{ readonly status: 'ok' | 'degraded'; readonly providers: Json }>
}

/**
 * A connected CRM, method by method and typed. `upsert*` goes through the outbox and waits for the outcome; `pull*` reads
 * the CRM itself and touches no cursor.
 */
export interface CrmClient {
  /** One cheap call with the stored credentials; says what is wrong where something is. */
  healthcheck(): Promise<ValidateResult>
  /** The same with other credentials, which are not kept. */
  validateCredentials(credentials?: Fields): Promise<ValidateResult>
  /** The mapping in force, or its part for one object. */
  getFieldMapping(object?: ObjectType): Promise<Json>
  /**
   * A patch: absent stays, null clears. Answers with status 'done', 'superseded' or 'dead' (`lastError` says why); throws
   * `invalid` with a pointer before anything is sent, and `timeout` where it is still on its way, which it then goes on.
   */
  upsertContact(localId: string, data: Contact, options?: UpsertOptions): Promise<PushStatus>
  upsertCompany(localId: string, data: Company, options?: UpsertOptions): Promise<PushStatus>
  upsertDeal(localId: string, data: Deal, options?: UpsertOptions): Promise<PushStatus>
  upsertActivity(localId: string, data: Activity, options?: UpsertOptions): Promise<PushStatus>
  pullContacts(options?: PullOptions): AsyncIterable<PulledRecord<Contact>>
  pullCompanies(options?: PullOptions): AsyncIterable<PulledRecord<Company>>
  pullDeals(options?: PullOptions): AsyncIterable<PulledRecord<Deal>>
  pullActivities(options?: PullOptions): AsyncIterable<PulledRecord<Activity>>
  /** Signed, throttled and retried pass-through: the CRM's own status, headers and body. Throws `invalid` with a pointer. */
  request(call: Call): Promise<Reply>
}
export interface UpsertOptions {
  readonly links?: PushItem['links']
  readonly timeoutMs?: number
}
export interface PullOptions {
  /** ISO time with a zone: what the CRM stamps as changed at or after it, and what was deleted since, where the CRM tells. Everything that lives, if absent. */
  readonly since?: string
  /** Remote objects of the type to read (docs/client.md); all that are switched on, if absent. */
  readonly kinds?: readonly string[]
}
export interface PulledRecord<Data extends Fields = Fields> {
  readonly object: ObjectType
  readonly externalId: string
  /** The remote object's name. */
  readonly kind: string
  readonly localId: string | null
  /** Empty where it is deleted. */
  readonly data: Data
  readonly links: readonly RecordLink[]
  readonly deleted: boolean
  readonly deletedAt?: string
  /** External id of the survivor of a merge, and the name of its remote object. */
  readonly mergedInto?: string
  readonly mergedIntoKind?: string
  readonly updatedAt: string | null
}
