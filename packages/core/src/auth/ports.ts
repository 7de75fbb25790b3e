import type { Fields } from '../contract.ts'

/** What `auth/` needs from the store. */

/** Credentials of a connection, in plain; `vault.ts` makes this store out of a `SealedCredentialStore`. */
export interface CredentialStore {
  read(connectionId: string): Promise<StoredCredentials | undefined>
  /**
   * Compare-and-set: stores `credentials` as the next version where the version is still `expectedVersion`, clears
   * "needs reconnect", drops the session. False where it is another.
   */
  replaceCredentials(connectionId: string, expectedVersion: number, credentials: Fields): Promise<boolean>
  /** Keeps a session (or none) made from that version of the credentials; false where the version is another. The version stays. */
  replaceSession(connectionId: string, version: number, session: StoredSession | undefined): Promise<boolean>
  /** Merges settings learned from a token answer into the connection's. */
  learnSettings(connectionId: string, settings: Fields): Promise<void>
  /** Jobs pause and a person is told why. Nothing where the credentials are no longer of that version. */
  markNeedsReconnect(connectionId: string, version: number, reason: string): Promise<void>
}

export interface StoredCredentials {
  readonly credentials: Fields
  /** Session made from this version of the credentials. */
  readonly session?: StoredSession
  readonly version: number
}

export interface StoredSession {
  readonly session: Fields
  /** ISO time; renewed when it has come. */
  readonly expiresAt?: string
}

/** The same with encrypted texts: what the database implements. */
export interface SealedCredentialStore {
  read(connectionId: string): Promise<SealedCredentials | undefined>
  replaceCredentials(connectionId: string, expectedVersion: number, credentials: string): Promise<boolean>
  replaceSession(connectionId: string, version: number, session: string | undefined): Promise<boolean>
  learnSettings(connectionId: string, settings: Fields): Promise<void>
  markNeedsReconnect(connectionId: string, version: number, reason: string): Promise<void>
}

export interface SealedCredentials {
  readonly workspaceId: string
  readonly credentials: string
  readonly session?: string
  readonly version: number
}

/** Locks across processes that end by themselves: `crm_leases`, or nothing where there is one process. */
export interface LeasePort {
  /** Undefined where another holds it. */
  acquire(key: string, forMs: number): Promise<HeldLease | undefined>
}
export interface HeldLease {
  /** Prolongs it from now; false where another has it by now. */
  renew(forMs: number): Promise<boolean>
  release(): Promise<void>
}

/** OAuth apps of this server: `CRM_<PROVIDER>_CLIENT_ID` and `CRM_<PROVIDER>_CLIENT_SECRET`. */
export interface OAuthApps {
  app(providerId: string): OAuthApp | undefined
}

export interface OAuthApp {
  readonly clientId: string
  readonly clientSecret: string
}
