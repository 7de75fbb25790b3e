import type { CredentialStore } from '../auth/ports.ts'
import type { HostOptions } from '../host_options.ts'
import type { Registry } from '../registry/index.ts'
import type { Engine } from '../sync/engine.ts'

/** What the parts of a host share. */
export interface HostDeps {
  readonly engine: Engine
  readonly registry: Registry
  readonly options: HostOptions
  /** Credentials at rest, encrypted on the way in and out. */
  readonly credentials: CredentialStore
  /** Never aborted before the host breaks off. */
  readonly signal: AbortSignal
}

export const NOT_THERE = {
  connection: (id: string) => `There is no connection ${id}.`,
} as const
