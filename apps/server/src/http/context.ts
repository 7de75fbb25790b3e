import type { Host } from '@raccordo/core'

/** What every group of routes is given. */
export interface RouteContext {
  readonly host: Host
  /** Aborted as soon as the server begins to close. */
  readonly closing: AbortSignal
  readonly adminKey: string | undefined
  /** Addresses that webhooks may come from, by provider id; any, where a provider is not named. */
  readonly webhookAddresses: Readonly<Record<string, readonly string[]>>
}

/** What the paths of most routes hold. */
export interface ConnectionPath {
  readonly Params: { readonly id: string }
}
