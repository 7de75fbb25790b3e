import type { ConnectionInfo } from '@raccordo/core'
import type { Step } from '../journey.ts'

/** Connects the CRM: the server checks settings and credentials before it keeps them. */
export const connect: Step = async (journey, checks) => {
  const { api, crm, double } = journey
  const { settings, credentials } = double.connection
  const connection = await api.send<ConnectionInfo>('POST', 'connections', {
    workspaceId: 'demo',
    provider: crm.id,
    name: `${crm.title} of the demo`,
    settings,
    credentials,
  })
  journey.connection = connection
  checks.equal('The connection is active', 'active', connection.status)
  const secrets = Object.values(credentials).filter((value) => typeof value === 'string' && value.length > 8)
  const answered = JSON.stringify(await api.get(`connections/${connection.id}`))
  checks.none(
    'The connection shows no credential',
    secrets.filter((secret) => answered.includes(String(secret))).map(() => 'a credential'),
  )
  const { account } = connection
  return `${connection.id}${account === undefined ? '' : `, account ${account.name ?? account.id}`}`
}
