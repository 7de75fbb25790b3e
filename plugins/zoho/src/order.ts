import type { Order } from '@raccordo/core/plugin'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/**
 * When records last changed, to the second. No document says that queries or lists lag behind, and none that a stamp is
 * that of the commit: a minute is for long requests, the hour for mass updates and imports that stamp their records early.
 */
export const order: Order = {
  field: 'Modified_Time',
  precision: 's',
  lateMs: { usual: MINUTE_MS, worst: HOUR_MS },
}
