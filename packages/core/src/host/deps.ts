import type { KeyRing } from '../auth/keyring.ts'
import type { OAuthDeps } from '../auth/oauth2.ts'
import type { CredentialStore } from '../auth/ports.ts'
import type { Account, Ctx, Fields, Json } from '../contract.ts'
import type { HostOptions } from '../host_options.ts'
import type { AnyProvider, Registry } from '../registry/index.ts'
import type { StoredConnection } from '../store/connections.ts'
import type { Engine } from '../sync/engine.ts'
import type { HostHooks } from './hooks.ts'

/** Credentials on trial: proved by a probe before anything is kept. */
export interface Trials {
  open(connection: TrialConnection, correlationId: string | undefined): Promise<Trial>
  /** What `probe` answers in a context, or its refusal in words that say what to correct. */
  proved(provider: AnyProvider, open: () => Promise<Ctx<Fields>>): Promise<Account>
  /** Forgets what is held of a connection's credentials, after they or its settings changed. */
  forget(connectionId: string): void
}
export interface TrialConnection {
  readonly id: string
  readonly workspaceId: string
  readonly provider: AnyProvider
  readonly settings: Fields
  readonly credentials: Fields
  readonly trusted: boolean
}
export interface Trial {
  probe(): Promise<Account>
  /** Settings that the token answer taught. */
  learned(): Fields
  /** The credentials as the probe left them: a refresh may have changed them. */
  current(): Promise<Fields>
  /** The same, encrypted. */
  seal(): Promise<string>
  skewMs(): number
}

/** What the parts of a host share. */
export interface HostDeps {
  readonly engine: Engine
  readonly registry: Registry
  readonly options: HostOptions
  readonly hooks: HostHooks
  /** Credentials at rest, encrypted on the way in and out. */
  readonly credentials: CredentialStore
  readonly keyRing: KeyRing
  readonly oauth: OAuthDeps
  readonly trials: Trials
  /** What is left of the rate budget, by bucket. */
  rateBudget(connection: StoredConnection): Promise<Json>
  /** Never aborted before the host breaks off. */
  readonly signal: AbortSignal
}
