import type { BaseSettings } from '@raccordo/core/plugin'

/** What a connection to HubSpot may set; settings.json is its schema. */
export interface Settings extends BaseSettings {
  /** The portal (hub id) that the credentials must belong to; checked by `probe`. */
  readonly portalId?: string | number
  /** "2026-03" if absent: any dated version, or "v3" for the older paths. */
  readonly apiVersion?: string
  /** How long this portal's search index may hide a change, in seconds; raises the engine's overlap above its minute. */
  readonly searchLagSeconds?: number
}
