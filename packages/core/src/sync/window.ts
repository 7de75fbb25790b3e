import type { Order } from '../contract.ts'

/** A frozen stretch of the CRM's time: what changed at or after `from` and before `to`, as ISO texts. */
export interface Window {
  readonly from: string
  readonly to: string
}

const floorTo = (ms: number, precision: Order['precision']): number =>
  precision === 's' ? Math.floor(ms / 1000) * 1000 : ms

/** A window in the CRM's own steps of time; undefined where it would hold nothing. */
export const windowBetween = (fromMs: number, toMs: number, precision: Order['precision']): Window | undefined => {
  const from = floorTo(fromMs, precision)
  const to = floorTo(toMs, precision)
  return from < to ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : undefined
}

/** The `Date` header tells whole seconds, so the CRM's clock is known to within one. */
export const CLOCK_DOUBT_MS = 1000

/**
 * The next window of a delta. It ends a little ahead of the CRM's present, so that whatever was changed before it was
 * asked for lies inside; it begins before the last one's end by the time that a change may usually come late, and by
 * as much again as that end lay ahead. Undefined where no time has passed (or a clock went back): then nothing moves.
 */
export const deltaWindow = (watermark: Date, order: Order, crmNowMs: number): Window | undefined =>
  windowBetween(
    watermark.getTime() - order.lateMs.usual - 2 * CLOCK_DOUBT_MS,
    Math.max(crmNowMs + CLOCK_DOUBT_MS, watermark.getTime()),
    order.precision,
  )

/**
 * The window of a settle pass: everything that a late commit or a lagging index may still have changed behind the
 * delta's back, and that will not be covered by the delta's own overlap. Reaches further back where passes were missed.
 */
export const settleWindow = (deltaWatermark: Date, lastSettled: Date, order: Order): Window | undefined => {
  const { usual, worst } = order.lateMs
  const to = deltaWatermark.getTime() - usual
  // Watermarks lie ahead of the CRM's present, as far as the delta's windows do.
  const reach = worst + 2 * CLOCK_DOUBT_MS
  const from = Math.min(deltaWatermark.getTime() - worst - reach, lastSettled.getTime() - reach)
  return windowBetween(from, to, order.precision)
}
