import type { Order } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'
import type { Settings } from './settings.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/**
 * How long the search index usually hides a change. HubSpot says "a few moments" and users have seen up to 30 s: a
 * minute holds for all but incidents, and the engine's pass over the last hour is for those.
 */
export const usualLagMs = (settings: Settings): number => Math.max(MINUTE_MS, (settings.searchLagSeconds ?? 0) * 1_000)

/** When records of a kind last changed, to the millisecond, and how late the index shows it. */
export const orderOf =
  (kind: Kind) =>
  (settings: Settings): Order => {
    const usual = usualLagMs(settings)
    return { field: kind.changedField, precision: 'ms', lateMs: { usual, worst: Math.max(HOUR_MS, usual) } }
  }
