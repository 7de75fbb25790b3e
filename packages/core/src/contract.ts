/**
 * The provider contract: everything that a plugin says and everything that it is given. Types only: nothing here
 * runs, and it imports nothing. docs/contract.md explains it member by member.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }
export type Fields = { readonly [name: string]: Json | undefined }
export type ObjectType = 'contact' | 'company' | 'deal' | 'activity'
/** A fact, or a fact that depends on the connection's settings. */
export type Of<Settings, T> = T | ((settings: Settings) => T)

/** A CRM, described. A plugin package exports one, as `provider`. */
export interface Provider<Settings extends object = Record<string, unknown>> {
  /** Contract major this plugin was written for; the host refuses any other. */
  readonly contract: 1
  readonly id: string
  readonly title: string
  /** JSON Schema of the per-connection settings: validation, the connect form and the docs come from it. */
  readonly settings: object
  readonly auth: Auth<Settings>
  readonly api: Api<Settings>
  /** One cheap authenticated call. Serves validateCredentials (new credentials) and healthcheck (stored ones). */
  probe(ctx: Ctx<Settings>): Promise<Account>
  /** What can be moved. An operation that is absent is a capability that the CRM lacks; nothing else declares it. */
  readonly objects: readonly RemoteObject<Settings>[]
  /** Small tables of the tenant that plugins and mappings look things up in (owners, stages, countries); cached by the engine. */
  readonly lookups?: { readonly [name: string]: Lookup<Settings> }
  readonly webhooks?: Webhooks<Settings>
  /** Default mapping spec (mapping.json); workspaces and connections override it field by field. */
  readonly mapping: object
}

/** Settings that the engine itself reads from every connection, whatever the plugin's own schema says. */
export interface BaseSettings {
  /** Replaces the plugin's `api.baseUrl`: a sandbox, a proxy or a simulator. */
  readonly apiBaseUrl?: string
  /** Replaces scheme and host of the plugin's OAuth URLs. */
  readonly authBaseUrl?: string
  /** Replaces the plugin's published limits for a customer's plan, member by member. */
  readonly limits?: Partial<Pick<Limits, 'page' | 'read' | 'write' | 'fields'>> & {
    /** Requests a period for each of the plugin's rates, in their order; null keeps the plugin's number. */
    readonly rates?: readonly (number | null)[]
    /** Most calls at once for each of the plugin's `parallel` entries; null keeps the plugin's number. */
    readonly parallel?: readonly (number | null)[]
  }
}

/** Ways to sign in, keyed by kind. At least one. */
export interface Auth<Settings> {
  readonly oauth2?: OAuth2<Settings>
  /**
   * `{ apiKey }`, sent as `<header>: <prefix> <key>` ("Authorization" and "Bearer" where absent). A provider that has
   * `session` signs its calls itself from `ctx.session`, and this only says that keys are taken.
   */
  readonly apiKey?: { readonly header?: string; readonly prefix?: string }
  /** `{ username, password }`, handed to `session`. */
  readonly password?: Record<never, never>
  /** Turns credentials of any kind into a session (a uid, a detected version); kept encrypted, renewed on an 'auth' error. */
  session?(ctx: Ctx<Settings>, credentials: Fields): Promise<{ session: Fields; expiresAt?: string }>
}
export interface OAuth2<Settings> {
  readonly authorizeUrl: Of<Settings, string>
  readonly tokenUrl: Of<Settings, string>
  readonly authorizeParams?: Readonly<Record<string, string>>
  /** Scopes always asked for, and those added only when an object type is enabled. */
  readonly scopes: { readonly base: readonly string[] } & { readonly [T in ObjectType]?: readonly string[] }
  readonly scopeSeparator?: string
  readonly pkce?: boolean
  /** Prefix of the Authorization header; "Bearer" if absent. */
  readonly prefix?: string
  /** Settings learned from the redirect, before the code is exchanged (the server that the account lives on). Allow-lists what it takes; throws for the rest. */
  fromRedirect?(redirect: Fields, settings: Settings): Partial<Settings>
  /** Settings learned from the token answer (the address of the account's API). Allow-lists what it takes. */
  fromToken?(token: Fields): Partial<Settings>
  /** Names a refusal of the token endpoint, which may come with status 200. Default: 'auth' where access_token is missing. */
  refused?(reply: Reply): ErrorKind | Failure | undefined
}

export interface Api<Settings> {
  readonly baseUrl: Of<Settings, string>
  /** The vendor's published limits for this kind of account; a connection's settings may override them. */
  readonly limits: Of<Settings, Limits>
  /** How long the CRM may still commit a write after the client has stopped waiting, in ms. */
  readonly settleMs: number
  /** Names an error that the status does not (faults under 200, daily quotas). Sees every reply, 2xx included. */
  classify?(reply: Reply): ErrorKind | Failure | undefined
  /** What the vendor says of its own budget in a reply; the limiter follows it. */
  budget?(reply: Reply): { remaining?: number; perMs?: number; retryAfterMs?: number } | undefined
}
export interface Limits {
  readonly rates: readonly Rate[]
  readonly parallel: readonly {
    readonly max: number
    readonly when?: (call: Call) => boolean
    readonly shared?: 'account'
  }[]
  /** Most records a page, ids a read, rows a write, fields a request. Longer field lists are split and merged by the engine. */
  readonly page: number
  readonly read: number
  readonly write: number
  readonly fields?: number
}
export interface Rate {
  readonly requests: number
  readonly perMs: number
  /** Which calls draw from it; all, if absent. */
  readonly when?: (call: Call) => boolean
  /** What a call costs; 1 if absent. */
  readonly cost?: (call: Call) => number
  /** Shared by all connections with the same account id, or one connection's own (default). */
  readonly shared?: 'account'
  readonly resets?: 'rolling' | 'account-midnight'
}

/** The only thing that a plugin may touch. `call` is signed, throttled, retried, logged and measured. */
export interface Ctx<Settings> {
  readonly settings: Settings
  readonly session: Fields
  readonly account: Account | undefined
  readonly signal: AbortSignal
  now(): Date
  call(request: Call): Promise<Reply>
  lookup(table: string, key: string): Promise<LookupRow | undefined>
}
export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Json
  /**
   * True when repeating the call cannot do harm; only then is a POST, PUT, PATCH or DELETE sent again after an unknown
   * outcome. GET is always taken as idempotent.
   */
  readonly idempotent?: boolean
  /** How long to wait for the answer, in ms; the engine's default (15,000) if absent. A longer one than the engine allows is cut. */
  readonly timeoutMs?: number
  /** Only for `probe` and `session`: sends the call without the Authorization header that the engine would add. */
  readonly anonymous?: boolean
}
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON where the answer is JSON, else text, else undefined. Shapes are the vendor's: read them leniently. */
  // biome-ignore lint/suspicious/noExplicitAny: a vendor's reply has no type that we could vouch for
  readonly body: any
}
export interface Lookup<Settings> {
  /** One page of rows; `key` is what mappings look up by (an e-mail, an ISO code), `id` the CRM's own. */
  list(ctx: Ctx<Settings>, cursor?: string): Promise<{ rows: readonly LookupRow[]; next?: string }>
}
export interface LookupRow {
  readonly id: string
  readonly key: string
  readonly label?: string
  readonly group?: string
  readonly archived?: boolean
}

/**
 * Facts about how the CRM orders and hides changes. The engine derives the safe plan from them; a plugin never
 * keeps a cursor of its own.
 */
export interface Order {
  /** Remote field that says when a record last changed. */
  readonly field: string
  readonly precision: 'ms' | 's'
  /** How late a change may appear behind an instant that has passed (index lag, long transactions): usually, and at worst, in ms. */
  readonly lateMs: { readonly usual: number; readonly worst: number }
}

/** One object of the CRM, under the CRM's own name: its contacts, its leads, its calls. Cursors, leases and mappings are kept for each. */
export interface RemoteObject<Settings> {
  readonly type: ObjectType
  /** Unique in the provider; the CRM's own name where that is unique. Ids are unique within one name only. */
  readonly name: string
  /** Which canonical records of the type it takes when pushed, by field value: { kind: ['call'] }. All, if absent. */
  readonly holds?: Readonly<Record<string, readonly string[]>>
  /** False where a connection must ask for it. */
  readonly onByDefault?: boolean
  /** OAuth scopes that are asked for only where this object is on, besides those of its type. */
  readonly scopes?: readonly string[]
  readonly order?: Of<Settings, Order>
  /** 'keyset': no record can be skipped by changes during the scan. 'offset': it can, and the engine guards the scan. */
  readonly paging: 'keyset' | 'offset'
  /** Names that a mapping may use for this object's fields: { email: 'Email', country: 'Mailing_Country' }. */
  readonly aliases?: Readonly<Record<string, string>>
  /**
   * One page of what changed inside `window` (or of everything, without one). The host owns loop, window, checkpoint and
   * retry. The same cursor twice must be harmless.
   */
  pull?(ctx: Ctx<Settings>, page: PageRequest): Promise<Page>
  /** Id and stamp alone, inside a window or of all: for settle passes and sweeps. Must not read a lagging index when `window` is absent. */
  stamps?(
    ctx: Ctx<Settings>,
    page: Omit<PageRequest, 'fields'>,
  ): Promise<{ rows: readonly { id: string; updatedAt?: string }[]; next?: string }>
  /** What was deleted, archived or merged away. 'window': it can be asked by time; 'full': only as a whole, at sweep cadence. */
  readonly deleted?: {
    readonly scope: 'window' | 'full'
    page(ctx: Ctx<Settings>, page: Omit<PageRequest, 'fields'>): Promise<Page>
  }
  /** Reads records by id, not through a lagging index. Ids that are unknown or not of this object are left out. */
  read?(ctx: Ctx<Settings>, ids: readonly string[], fields: readonly string[]): Promise<readonly RemoteRecord[]>
  /** Relations, where they do not come with the record: after a pull and in sweeps. */
  links?(
    ctx: Ctx<Settings>,
    ids: readonly string[],
    types: readonly ObjectType[],
  ): Promise<ReadonlyMap<string, readonly Link[]>>
  /** Existing records by the value of a unique field, not through a lagging index. Several ids for one value are all returned. */
  find?(ctx: Ctx<Settings>, field: string, values: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
  /** Adds rows, each at most once per marker as far as the CRM can; one outcome a row, in order. The marker is stored where `locate` finds it. */
  create?(ctx: Ctx<Settings>, rows: readonly Row[]): Promise<readonly Outcome[]>
  /** Changes rows that have a remoteId (each at most once in a call). Fields that are absent stay; null clears. */
  update?(ctx: Ctx<Settings>, rows: readonly (Row & { readonly remoteId: string })[]): Promise<readonly Outcome[]>
  /** After an unknown outcome of `create`, `settleMs` later: all ids that bear the row's marker, not through a lagging index where avoidable. */
  locate?(ctx: Ctx<Settings>, row: Row): Promise<readonly string[]>
  /** The tenant's live schema: fields, types, picklists. Feeds the type checker and the mapping editor. */
  describe?(ctx: Ctx<Settings>): Promise<readonly FieldInfo[]>
}
export interface PageRequest {
  readonly window?: { readonly from: string; readonly to: string }
  readonly cursor?: string
  readonly fields: readonly string[]
  readonly limit: number
}
export interface Page {
  readonly records: readonly RemoteRecord[]
  readonly next?: string | undefined
  readonly total?: number
}
export interface RemoteRecord {
  readonly id: string
  readonly updatedAt?: string
  /** Set where the record is deleted or archived. */
  readonly deletedAt?: string
  readonly fields: Fields
  readonly links?: readonly Link[]
  /** Ids of records that were merged into this one. */
  readonly mergedIds?: readonly string[]
  /** With `deletedAt`: the record that stands in its place now, perhaps of another object (a lead that became a contact). */
  readonly mergedInto?: { readonly object: string; readonly id: string }
}
export interface Link {
  readonly type: ObjectType
  readonly remoteId: string
}
export interface Row {
  /** Identity of the local record at this connection, stable for its life; the engine makes it. */
  readonly marker: string
  readonly remoteId?: string
  /** Unique field that matches existing records, from the mapping spec. */
  readonly key?: { readonly field: string; readonly value: string }
  readonly fields: Fields
  readonly links?: readonly Link[]
}
export type Outcome =
  | { readonly ok: true; readonly remoteId: string; readonly created: boolean; readonly updatedAt?: string }
  | ({ readonly ok: false } & Failure)
export interface Failure {
  readonly kind: ErrorKind
  readonly message: string
  /** Remote field at fault, where the CRM names it. */
  readonly field?: string
  readonly vendorCode?: string
  readonly retryAfterMs?: number
  /** OAuth scopes that the call needed and the grant lacks, where the CRM names them. */
  readonly scopes?: readonly string[]
  /** The connection's setting that is wrong, where that is what the refusal means: its database, its data centre. */
  readonly setting?: string
  /** Records that the CRM says are there already: one is adopted, several are a question for a person. */
  readonly existingIds?: readonly string[]
  /** The CRM may have done the work all the same (no answer came): the engine waits and looks, and never just repeats. */
  readonly unknownOutcome?: boolean
  /** The row was never sent (an earlier one of the batch ended it): it goes again and uses up no attempt. */
  readonly notSent?: boolean
}
export interface FieldInfo {
  readonly name: string
  readonly label: string
  readonly type:
    | 'text'
    | 'html'
    | 'number'
    | 'money'
    | 'boolean'
    | 'date'
    | 'datetime'
    | 'picklist'
    | 'multipicklist'
    | 'reference'
  readonly required?: boolean
  readonly readOnly?: boolean
  readonly unique?: boolean
  readonly maxLength?: number
  readonly options?: readonly { readonly value: string; readonly label: string; readonly group?: string }[]
  readonly references?: ObjectType
}

export interface Webhooks<Settings> {
  /** 'client': the OAuth app's secret signs, events come to the provider's URL and are routed by account. 'connection': a secret (≤ 50 characters) and URL of its own. */
  readonly secret: 'client' | 'connection'
  /** Proves the sender. Gets the bytes as received; nothing is parsed before this returns true. Never throws. */
  verify(request: RawRequest, secret: string): boolean
  /** Says what changed, not what it is now: the host reads the record again. */
  parse(request: RawRequest): readonly RemoteEvent[]
  /** Asks the CRM to send events. Repeatable; called again before `expiresAt` with the state that it returned. */
  subscribe?(
    ctx: Ctx<Settings>,
    hook: WebhookAddress & { readonly types: readonly ObjectType[]; readonly objects: readonly string[] },
    previous?: Fields,
  ): Promise<{ expiresAt?: string; state?: Fields }>
  unsubscribe?(ctx: Ctx<Settings>, state: Fields): Promise<void>
  /**
   * The address that a person enters in the CRM by hand, with what `verify` will look for in it; the bare URL, if absent.
   * Only for a secret of the connection's own.
   */
  address?(hook: WebhookAddress): string
}
/** Where a connection's events go. `url` bears no secret; a plugin that has no better place for the secret adds it. */
export interface WebhookAddress {
  readonly url: string
  /** At most 50 characters, safe in a URL. */
  readonly secret: string
}
export interface RawRequest {
  readonly method: string
  /** The public URL as the CRM called it, built from the configured public address. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly receivedAt: Date
}
export interface RemoteEvent {
  /** Deduplication key; not every CRM's event id is one. */
  readonly key: string
  readonly object: string
  readonly remoteId: string
  /** 'erase': the CRM forgot a person; raw, outbox, dead letters and audit contents go too. */
  readonly op: 'upsert' | 'delete' | 'erase'
  readonly at: string
  readonly accountId?: string
  readonly mergedInto?: string
}
export interface Account {
  readonly id: string
  readonly name?: string
  readonly scopes?: readonly string[]
  readonly timeZone?: string
  readonly currency?: string
  /** When the credentials end for good, where the CRM tells: the host warns ahead of it. */
  readonly credentialsExpireAt?: string
}

/** Why something failed, as the host must treat it. A closed set; docs/errors.md says what each one triggers. */
export type ErrorKind =
  | 'auth'
  | 'forbidden'
  | 'rate_limited'
  | 'quota'
  | 'unavailable'
  | 'timeout'
  | 'locked'
  | 'invalid'
  | 'not_found'
  | 'conflict'
  | 'schema'
  | 'cursor_gone'
  | 'bug'
