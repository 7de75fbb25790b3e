import type { Told } from './journey.ts'
import type { Stack } from './stack.ts'

/** What is left in a real CRM, and how to find it. */
export const leftovers = ({ title, mark, counts, callId }: Told, address: string): string =>
  [
    `Left in ${title} at ${address}: ${counts.companies} companies, their contacts and ${callId === undefined ? 'no call' : `call ${callId}`}.`,
    `All bear "${mark}" in name and e-mail: search for it there to remove them.`,
  ].join('\n')

/** What to do with a stack that is left running. */
export const invitation = ({ url, adminKey }: Stack, told: readonly Told[], crms: readonly string[]): string => {
  const connectionId = told.find((each) => each.connectionId !== undefined)?.connectionId ?? 'ID'
  const curl = `curl -s -H "Authorization: Bearer $CRM_API_KEY" $CRM_URL/crm`
  const call = {
    object: 'activity',
    localId: 'my-first-call',
    data: { kind: 'call', direction: 'inbound', subject: 'Hello', started_at: new Date().toISOString() },
    links: [{ object: 'contact', externalId: 'ID OF A CONTACT' }],
  }
  return [
    'Running, until Ctrl-C:',
    `  server     ${url}`,
    ...crms.map((crm) => `  CRM        ${crm}`),
    '',
    'Try:',
    `  export CRM_URL=${url} CRM_API_KEY=${adminKey}`,
    `  ${curl}/providers`,
    `  ${curl}/connections`,
    `  ${curl}/connections/${connectionId}/status`,
    `  ${curl}/connections/${connectionId}/mapping`,
    `  ${curl}/connections/${connectionId}/records/contact?limit=2`,
    `  ${curl}/connections/${connectionId}/push -H 'Content-Type: application/json' \\`,
    `    -d '${JSON.stringify(call)}'`,
    '  pnpm raccordo connections list',
  ].join('\n')
}
