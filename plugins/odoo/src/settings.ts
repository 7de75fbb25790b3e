import type { BaseSettings, Limits } from '@raccordo/core/plugin'

/** What a connection to an Odoo database is told; settings.json is its schema. */
export interface OdooSettings extends BaseSettings {
  readonly url: string
  readonly database: string
  readonly transport?: 'auto' | 'jsonrpc' | 'json2'
  /** True to take leads that nobody has qualified yet for deals too. */
  readonly leads?: boolean
}

/** Scheme, host and path prefix, without the slash that people leave at the end. */
export const baseUrl = (settings: OdooSettings): string => settings.url.replace(/\/+$/, '')

const sizes = { page: 500, read: 500, write: 100 } as const

/**
 * Odoo publishes no numbers. On its own hosting integrators are told one call a second and none in parallel
 * (github.com/odoo/documentation/issues/3647); a server of one's own is bounded by its workers alone.
 */
export const limits = (settings: OdooSettings): Limits =>
  isOdooOnline(settings)
    ? { ...sizes, rates: [{ requests: 1, perMs: 1_000 }], parallel: [{ max: 1 }] }
    : { ...sizes, rates: [], parallel: [{ max: 4 }] }

const isOdooOnline = (settings: OdooSettings): boolean =>
  URL.canParse(settings.url) && /(^|\.)odoo\.com$/.test(new URL(settings.url).hostname)
