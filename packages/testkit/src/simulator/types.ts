import type { Fields, Link, ObjectType } from '@raccordo/core/plugin'

/**
 * A CRM that a test or a demo can see into and act upon, as a user of that CRM would: a simulator, or a real server
 * behind the same handles. Values are canonical (docs/mapping.md), so that no caller needs to know the CRM's own names.
 */
export interface CrmDouble {
  /** What a connection needs to reach it. */
  readonly connection: { readonly settings: Fields; readonly credentials: Fields }
  /** Makes companies and contacts, each contact in one of the companies. Names and e-mails are invented and distinct. */
  seed(plan: { readonly contacts: number; readonly companies: number }): Promise<void>
  /** Every live record of a type, as the CRM holds it now: the truth that a store is compared with. */
  truth(type: ObjectType): Promise<readonly TruthRecord[]>
  /** A user of the CRM changes a record. */
  edit(type: ObjectType, id: string, data: Fields): Promise<void>
  /** A user of the CRM makes a record; answers its id. */
  add(type: ObjectType, data: Fields, links?: readonly Link[]): Promise<string>
  /** A user of the CRM deletes a record; `archive` where the CRM has a softer form. */
  remove(type: ObjectType, id: string, how?: 'delete' | 'archive'): Promise<void>
  /** Calls that reached it so far. */
  calls(): number
  stop(): Promise<void>
}

export interface TruthRecord {
  readonly id: string
  /** Canonical values; members that the CRM has no place for are absent. References are in `links`. */
  readonly data: Fields
  readonly links: readonly Link[]
  readonly updatedAt: string
}

/** A simulated CRM: real HTTP on a port of 127.0.0.1, with state, and hostile on demand. */
export interface Simulator extends CrmDouble {
  /** Scheme, host and port. */
  readonly url: string
  readonly faults: Faults
  /** Every request with its answer, oldest first; bodies as text. */
  readonly log: readonly LoggedRequest[]
  /** How long its search index hides a change, in ms; 0 at the start. Of no effect where the CRM has no such index. */
  indexLagMs: number
  /** Whether it keeps to the vendor's rate limits; off at the start. */
  rateLimits: boolean
  /** How long what `add` and `edit` write takes to commit, in ms, while bearing the stamp of its beginning; absent where the CRM stamps at the commit. */
  commitDelayMs?: number
  /** A user merges two records: the second one vanishes into the first; answers the id of the one that is left. Absent where the CRM merges nothing. */
  merge?(type: ObjectType, keptId: string, lostId: string): Promise<string>
  /** A user brings back what was deleted or archived. Absent where nothing comes back. */
  restore?(type: ObjectType, id: string): Promise<void>
  /** What it would send by itself; absent where the CRM sends nothing. */
  readonly webhooks?: SimulatedWebhooks
  /** The OAuth app that it knows; absent where people do not sign in with OAuth. Its consent page is what `giveConsent` submits. */
  readonly oauth?: { readonly clientId: string; readonly clientSecret: string }
}

export interface SimulatedWebhooks {
  /** The requests that the CRM would send to `url` at an instant to tell of the changes, signed with `secret`. */
  deliveries(told: {
    readonly url: string
    readonly secret: string
    readonly at: Date
    readonly changes: readonly SimulatedChange[]
  }): readonly SimulatedDelivery[]
  /**
   * From now on every change is told to `url`, as the app's own settings in the CRM would have it; undefined ends it.
   * Absent where only channels that clients make themselves are served; those are served without it.
   */
  tell?(url: string | undefined): void
}

export interface SimulatedChange {
  readonly type: ObjectType
  readonly id: string
  readonly op: 'upsert' | 'delete' | 'erase'
  /** With 'delete': the record that it was merged into. */
  readonly mergedInto?: string
}

export interface SimulatedDelivery {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface SimulatorOptions {
  /** Port on 127.0.0.1; a free one if absent. */
  readonly port?: number
  /** Seed of every random choice it makes. */
  readonly seed?: number
  /** The time that it lives in; the real one if absent. */
  readonly now?: () => Date
  /** Told of every request before anything is done with it; what it answers is waited for. A virtual clock moves here, and users act between two calls. */
  readonly onRequest?: () => void | Promise<void>
  /** Runs something after that many ms of its time and answers how to call it off; real timers if absent. */
  readonly schedule?: (ms: number, run: () => void) => () => void
  /** Anything that one simulator alone understands (a version, a plan): documented by its plugin. */
  readonly [option: string]: unknown
}

/** What a plugin package exports as `simulator` from the entry that its manifest names. */
export interface SimulatorDefinition {
  readonly provider: string
  start(options?: SimulatorOptions): Promise<Simulator>
  /** The same handles on a real server, where the CRM can be driven so: `pnpm demo --<provider> URL …`. */
  attach?(connection: { readonly settings: Fields; readonly credentials: Fields }): Promise<CrmDouble>
}

export interface LoggedRequest {
  readonly at: Date
  readonly method: string
  readonly path: string
  readonly query: string
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly requestBody: string
  readonly status: number | 'cut'
  readonly responseBody: string
}

/** What an HTTP handler of a simulator is given. */
export interface SimulatorRequest {
  readonly method: string
  /** Path without query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly rawBody: Buffer
  /** Values of the `:name` parts of the route's path. */
  readonly params: Readonly<Record<string, string>>
  /** The body as JSON; undefined where there is none or it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a simulator takes whatever a client sends
  json(): any
  /** The body as a form. */
  form(): URLSearchParams
}

export interface SimulatorReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string or bytes go out as they are, undefined as an empty body, anything else as JSON. */
  readonly body?: unknown
}

export type SimulatorHandler = (request: SimulatorRequest) => SimulatorReply | Promise<SimulatorReply>

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | '*'
  /** `/crm/objects/:version/:type/search`; a last part `*` takes the rest as `params.rest`. */
  readonly path: string
  readonly handle: SimulatorHandler
}

export interface Faults {
  /** Adds a rule; rules are tried in order, the first that matches and has turns left is used. */
  add(rule: FaultRule): void
  clear(): void
}

export interface FaultRule {
  /** Which requests it takes; all, if absent. `body` is matched against the request's text. */
  readonly method?: string
  readonly path?: string | RegExp
  readonly body?: RegExp
  /** How many requests it takes; without end, if absent. */
  readonly times?: number
  /** Share of the matching requests it takes, 0 to 1; 1 if absent. */
  readonly probability?: number
  readonly effect: FaultEffect
}

export type FaultEffect =
  /** Answers so. 'before': the handler never runs; 'after': it runs, and its answer is thrown away. */
  | { readonly kind: 'reply'; readonly when: 'before' | 'after'; readonly reply: SimulatorReply }
  /** Closes the connection without an answer. */
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' }
  /** Waits, then goes on as usual. */
  | { readonly kind: 'delay'; readonly when: 'before' | 'after'; readonly ms: number }
  /** Runs the handler `ms` after the connection was closed without an answer: a commit behind the client's back. */
  | { readonly kind: 'late-commit'; readonly ms: number }
  /** Sends half of the answer's body, then closes. */
  | { readonly kind: 'truncate' }

/** The HTTP side of a simulator: routing, faults, log, clock and seeded chance. A plugin's simulator adds the CRM. */
export interface SimulatorServer {
  readonly url: string
  readonly faults: Faults
  readonly log: readonly LoggedRequest[]
  calls(): number
  now(): Date
  /** The next number of the seeded generator, in [0, 1). */
  random(): number
  stop(): Promise<void>
}

export interface ServeOptions extends SimulatorOptions {
  readonly routes: readonly Route[]
  /** Runs before routing (authentication, limits); an answer ends the request. */
  readonly before?: (request: SimulatorRequest) => SimulatorReply | undefined | Promise<SimulatorReply | undefined>
  /** Runs on every answer before it goes out (headers that every reply of the CRM has). */
  readonly after?: (request: SimulatorRequest, reply: SimulatorReply) => SimulatorReply
  /** What a path that no route takes is answered with; 404 without a body if absent. */
  readonly notFound?: SimulatorHandler
}
