import type { Order } from '../contract.ts'

/** A frozen stretch of the CRM's time: what changed at or after `from` and before `to`, as ISO texts. */
export interface Window {
  readonly from: string
  readonly to: string
}

const floorTo = (ms: number, precision: Order['precision']): number =>
  precision === 's' ? Math.floor(ms / 1000) * 1000 : ms

const windowOf = (fromMs: number, toMs: number, precision: Order['precision']): Window | undefined => {
  const from = floorTo(fromMs, precision)
  const to = floorTo(toMs, precision)
  return from < to ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : undefined
}

/** The `Date` header tells whole seconds, so the CRM's clock is known to within one. */
export const CLOCK_DOUBT_MS = 1000

/**
 * The next window of a delta: from the last one's end, less the time that a change may usually come late, to the CRM's
 * present. Undefined where no time has passed (or a clock went back): then there is nothing to ask, and nothing moves.
 */
export const deltaWindow = (watermark: Date, order: Order, crmNowMs: number): Window | undefined =>
  windowOf(watermark.getTime() - order.lateMs.usual, crmNowMs - CLOCK_DOUBT_MS, order.precision)

/**
 * The window of a settle pass: everything that a late commit or a lagging index may still have changed behind the
 * delta's back, and that will not be covered by the delta's own overlap. Reaches further back where passes were missed.
 */
export const settleWindow = (deltaWatermark: Date, lastSettled: Date, order: Order): Window | undefined => {
  const { usual, worst } = order.lateMs
  const to = deltaWatermark.getTime() - usual
  const from = Math.min(deltaWatermark.getTime() - 2 * worst, lastSettled.getTime() - worst)
  return windowOf(from, to, order.precision)
}
