import { stampMsOf } from './incoming.ts'
import type { ReadPage } from './plan.ts'
import type { Scan } from './scan.ts'
import { CLOCK_DOUBT_MS } from './window.ts'

/**
 * Warns of a stamp that lies beyond the window's end and beyond the CRM's present, as its clock was measured: that clock
 * is not the one that stamps, and windows that end at its present may end too early. The record is taken all the same,
 * and comes again in a later window. True where it has warned, which once a turn is enough for.
 */
export const warnOfFuture = ({ engine, crm, object, key, window }: Scan, page: ReadPage): boolean => {
  const endMs = Math.max(crm.crmNowMs(), window === undefined ? 0 : Date.parse(window.to)) + CLOCK_DOUBT_MS
  const ahead = page.records.find(({ updatedAt }) => (stampMsOf(updatedAt) ?? 0) > endMs)
  if (ahead === undefined) return false
  engine.metrics.operation(crm.provider.id, 'future_stamp', 'error')
  engine.log.warn(
    {
      connection_id: key.connectionId,
      object: object.name,
      pass: key.pass,
      external_id: ahead.id,
      stamp: ahead.updatedAt,
      ahead_ms: (stampMsOf(ahead.updatedAt) ?? endMs) - endMs,
    },
    "a record bears a stamp from the future of the CRM's own clock",
  )
  return true
}
