import type { ConnectionInfo, ListPage } from '@raccordo/core'
import { type ClientOptions, clientCommand, clientOf } from './command.ts'
import { table } from './table.ts'
import { show, type Terminal } from './terminal.ts'

const words = (connections: readonly ConnectionInfo[]): string =>
  table(
    ['connection', 'workspace', 'provider', 'name', 'status', 'objects'],
    connections.map(({ id, workspaceId, provider, name, status, objects }) => [
      id,
      workspaceId,
      provider,
      name,
      status,
      objects.join(', '),
    ]),
    'No CRM is connected. Connect one with `raccordo connect`.',
  )

/** All pages of the list, as `--json` prints them too. */
const everyConnection = async (terminal: Terminal, options: ClientOptions & { workspace?: string }) => {
  const client = await clientOf(terminal, options)
  const connections: ConnectionInfo[] = []
  let after: string | null | undefined
  do {
    const query = { workspaceId: options.workspace, after: after ?? undefined, limit: 1_000 }
    const page: ListPage<ConnectionInfo> = await client.get('/connections', query)
    connections.push(...page.items)
    after = page.next
  } while (after !== null)
  return connections
}

export const connectionsCommand = (terminal: Terminal) =>
  clientCommand('connections', 'List the connected CRMs', ['connections', 'connections --workspace acme'])
    .option('--workspace <id>', 'only those of one workspace')
    .action(async (options: ClientOptions & { workspace?: string }) => {
      show(terminal, options.json, await everyConnection(terminal, options), words)
    })
