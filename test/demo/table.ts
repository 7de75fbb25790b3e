import Table from 'cli-table3'
import type { Told } from './journey.ts'

/** The table at the end: a line for each CRM. */
export const tableOf = (told: readonly Told[]): string => {
  const table = new Table({
    head: ['provider', 'contacts', 'companies', 'changes', 'call id', 'deal id', 'API calls', 'seconds', ''],
    colAligns: ['left', 'right', 'right', 'right', 'left', 'left', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  })
  for (const { title, counts, callId, dealId, apiCalls, seconds, isRight } of told) {
    const { contacts, companies, changes } = counts
    table.push([
      title,
      contacts,
      companies,
      changes,
      callId ?? 'none',
      dealId ?? 'none',
      apiCalls,
      seconds.toFixed(1),
      isRight ? 'ok' : 'FAILED',
    ])
  }
  return table.toString()
}
