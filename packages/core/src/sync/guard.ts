import { instant } from '../store/rows.ts'
import type { Scan } from './scan.ts'
import { contextOf } from './steps.ts'
import { CLOCK_DOUBT_MS } from './window.ts'

/** After this many repetitions a CRM that never rests is left to settle passes and sweeps. */
const MOST_REPEATS = 5

/**
 * Whether a scan by offset may have skipped records: where one was deleted while it went on, or where one left its
 * window because somebody changed it, all that stood behind moved up by one, and one that was on the next page is now
 * on the last one read. `sinceMs` is when the scan began, by this machine's clock.
 */
const mayHaveSkipped = async (scan: Scan, sinceMs: number): Promise<boolean> => {
  const { crm, object, window } = scan
  const span = {
    from: instant(sinceMs + crm.connection.skew_ms - CLOCK_DOUBT_MS),
    to: instant(crm.crmNowMs() + CLOCK_DOUBT_MS),
  }
  const ctx = await contextOf(scan, 'guard')
  if (object.deleted?.scope === 'window') {
    const { records } = await object.deleted.page(ctx, { window: span, limit: 1 })
    if (records.length > 0) return true
  }
  if (window === undefined) return false
  const fields = scan.mapped.compiled.remoteFields.slice(0, crm.limits.fields)
  const changed = await object.pull?.(ctx, { window: span, limit: 1, fields })
  return (changed?.records.length ?? 0) > 0
}

/** Whether a scan by offset, which has come to its end, is to be read once more. */
export const mustRepeat = async (scan: Scan, sinceMs: number, repeats: number): Promise<boolean> => {
  if (scan.object.paging !== 'offset' || !(await mayHaveSkipped(scan, sinceMs))) return false
  if (repeats < MOST_REPEATS) return true
  scan.engine.log.warn(
    { connection_id: scan.key.connectionId, object: scan.object.name, pass: scan.key.pass },
    'the CRM changed under every repetition of a scan by offset; settle passes and sweeps see to the rest',
  )
  return false
}
