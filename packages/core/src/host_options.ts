import type { Parts } from './container.ts'
import type { Provider } from './contract.ts'
import type { DatabaseSource, OnBoundary } from './store/database.ts'

/** Everything that `createHost()` takes; every member has a default that works. */
export interface HostOptions {
  /** A Postgres URL; an embedded database in `dataDir` if absent. */
  readonly databaseUrl?: string | undefined
  /** Folder of the embedded database and of the key that is made for it; `.raccordo` if absent. */
  readonly dataDir?: string | undefined
  /** Instead of both: what the caller opened. */
  readonly database?: DatabaseSource
  /** Fernet keys: the first encrypts, all decrypt. Made in `dataDir` for an embedded database, required otherwise. */
  readonly encryptionKeys?: readonly string[]
  /** Where providers are looked for: the host's package.json. The nearest to the working directory if absent. */
  readonly hostPackageJson?: string | undefined
  readonly providers?: {
    /** Ids to take; all that are installed, if absent. */
    readonly only?: readonly string[]
    readonly except?: readonly string[]
    /** Providers that are no installed package (tests, a host's own). */
    readonly extra?: readonly Provider[]
  }
  /** Replaces `import()`, for bundlers. */
  readonly importer?: (url: string) => Promise<unknown>
  /** Seconds between polls of an enabled connection; 60 if absent, 0 polls only when asked. */
  readonly pollSeconds?: number | undefined
  /** Hours between sweeps; 24 if absent, 0 sweeps only when asked. */
  readonly sweepHours?: number | undefined
  /** Whether base URLs may point to private addresses. */
  readonly allowPrivateHosts?: boolean
  /** Requests a second and connection, over and above the vendors' limits. */
  readonly rateLimit?: number | undefined
  /** The address under which CRMs reach this host, for webhooks. */
  readonly publicUrl?: string | undefined
  /** Further origins that a person may be sent to after signing in, beside that of `publicUrl`: `https://app.example.com`. */
  readonly returnOrigins?: readonly string[]
  /** Path under it at which the host hands webhooks to `webhooks.receive`; `/crm/webhooks`, the server's, if absent. */
  readonly webhookPath?: string | undefined
  /**
   * Derives the webhook secret of each connection that has one of its own; of several the first derives and all verify.
   * If absent, one is made for each connection and kept encrypted.
   */
  readonly webhookSecret?: string | readonly string[] | undefined
  /** Days that pushes are kept after they ended, 30 if absent; the latest of each record stays known by its key. */
  readonly keepPushesDays?: number | undefined
  /** OAuth clients by provider id. */
  readonly oauthClients?: Readonly<Record<string, { readonly id: string; readonly secret: string }>>
  /** Defaults of settings by provider id. */
  readonly defaultSettings?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Longest that one call to a CRM may take, in ms; 15,000 if absent. */
  readonly callTimeoutMs?: number
  /** False: this process only serves and enqueues, and another one works. */
  readonly works?: boolean
  /** pino level; `info` if absent. */
  readonly logLevel?: string | undefined
  /** Folder of rotating log files beside standard output. */
  readonly logDir?: string | undefined
  /** Told at every boundary that a process can die at; crash tests do. Nothing listens otherwise. */
  readonly onBoundary?: OnBoundary
  /** Replaces parts of the host (clock, log, key ring, database, metrics, …) before anything uses them. */
  readonly configure?: (parts: Parts) => void
}
