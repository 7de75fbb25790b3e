import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectionInfo, ListPage } from '@raccordo/core'
import { type Client, part } from './client.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

const LOOK_EVERY_MS = 1_000

/** When each connection of a workspace to a provider was last signed in, by id. */
const signIns = async (client: Client, workspaceId: string, provider: string) => {
  const found = new Map<string, ConnectionInfo>()
  let after: string | null | undefined
  do {
    const query = { workspaceId, after: after ?? undefined, limit: 1_000 }
    const page: ListPage<ConnectionInfo> = await client.get('/connections', query)
    for (const connection of page.items) if (connection.provider === provider) found.set(connection.id, connection)
    after = page.next
  } while (after !== null)
  return found
}

/**
 * Signs in with OAuth: tells the address to open, and waits until the person has agreed there. A connection that was
 * there already shows it by the time of its last sign-in.
 */
export const connectWithOAuth = async (
  terminal: Terminal,
  client: Client,
  { provider, ...body }: Readonly<Record<string, unknown>>,
  json: boolean | undefined,
): Promise<ConnectionInfo> => {
  const workspaceId = String(body['workspaceId'])
  const before = await signIns(client, workspaceId, String(provider))
  const path = `/oauth/${part(String(provider))}/start`
  const { url, expiresAt } = await client.send<{ url: string; expiresAt: string }>('POST', path, body)
  // With --json standard output is for the connection alone.
  const out = json === true ? terminal.stderr : terminal.stdout
  out.write(`Open this address in a browser and agree there:\n\n  ${url}\n\nWaiting until ${expiresAt} …\n`)
  while (Date.now() < Date.parse(expiresAt)) {
    await delay(LOOK_EVERY_MS)
    const now = await signIns(client, workspaceId, String(provider))
    const signedIn = [...now.values()].find(({ id, signedInAt }) => before.get(id)?.signedInAt !== signedInAt)
    if (signedIn !== undefined) return signedIn
  }
  throw new CliFailure(
    EXIT.failed,
    'Nobody signed in within ten minutes. The address is no longer good: run this again.',
  )
}
