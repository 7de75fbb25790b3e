import type { ConnectionInfo, ListPage, ProviderInfo } from '@raccordo/core'
import type { Client } from './client.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

const attempt = async (check: string, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error
    return [failed(check, error.message, 'Look at the log of the server.')]
  }
}

/** Whether a server answers and says that it can work. */
export const checkServer = async (client: Client): Promise<readonly Finding[]> => {
  try {
    await client.get('/readyz')
    return [ok('server', `ready at ${client.url}`)]
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error
    if (error.exitCode === EXIT.unreachable) {
      return [failed('server', `none answers at ${client.url}`, 'Start one: raccordo serve. Or set CRM_URL.')]
    }
    return [failed('server', `not ready at ${client.url}: ${JSON.stringify(error.problem)}`, 'Look at its log.')]
  }
}

const connectionFinding = ({ id, provider, name, status, statusReason = '' }: ConnectionInfo): Finding => {
  const check = `connection ${id}`
  const detail = `${provider} "${name}" ${status}${statusReason === '' ? '' : `: ${statusReason}`}`
  return status === 'needs_reconnect'
    ? failed(check, detail, `Give it new credentials: PATCH /crm/connections/${id}`)
    : ok(check, detail)
}

/** The server's providers and connections, where there is a key to ask with. */
export const checkConnections = (client: Client, hasKey: boolean): Promise<readonly Finding[]> =>
  attempt('connections', async () => {
    if (!hasKey) return [warning('connections', 'not looked at', 'Set CRM_API_KEY to have them checked.')]
    const providers = await client.get<ListPage<ProviderInfo>>('/providers')
    const names = providers.items.map(({ id, version }) => `${id} ${version}`).join(', ')
    const { items } = await client.get<ListPage<ConnectionInfo>>('/connections', { limit: 1_000 })
    return [ok('server providers', names === '' ? 'none' : names), ...items.map(connectionFinding)]
  })
