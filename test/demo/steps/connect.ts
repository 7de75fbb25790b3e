import type { ConnectionInfo } from '@raccordo/core'
import { giveConsent } from '@raccordo/testkit/simulator'
import got from 'got'
import type { Journey, Step } from '../journey.ts'
import { simulatedIn } from '../journey.ts'

/** A person signs in: goes where the server says, agrees on the CRM's page and comes back. */
const signIn = async ({ api, crm, double }: Journey): Promise<ConnectionInfo> => {
  const { settings } = double.connection
  const { url } = await api.send<{ url: string }>('POST', `oauth/${crm.id}/start`, {
    workspaceId: 'demo',
    name: nameOf(crm.title),
    settings,
  })
  const redirect = await giveConsent(url)
  const { id } = await got(redirect, { headers: { accept: 'application/json' } }).json<{ id: string }>()
  return api.get<ConnectionInfo>(`connections/${id}`)
}

const withCredentials = ({ api, crm, double }: Journey): Promise<ConnectionInfo> =>
  api.send<ConnectionInfo>('POST', 'connections', {
    workspaceId: 'demo',
    provider: crm.id,
    name: nameOf(crm.title),
    ...double.connection,
  })

const nameOf = (title: string): string => `${title} of the demo`

/** Connects the CRM, through its consent page where it has one: the server checks everything before it keeps it. */
export const connect: Step = async (journey, checks) => {
  const { api, double } = journey
  const app = simulatedIn(double)?.oauth
  const connection = await (app === undefined ? withCredentials(journey) : signIn(journey))
  journey.connection = connection
  checks.equal('The connection is active', 'active', connection.status)
  const secrets = Object.values({ ...double.connection.credentials, ...app }).filter(
    (value) => typeof value === 'string' && value.length > 8,
  )
  const answered = JSON.stringify(await api.get(`connections/${connection.id}`))
  checks.none(
    'The connection shows no credential',
    secrets.filter((secret) => answered.includes(String(secret))).map(() => 'a credential'),
  )
  const { account } = connection
  const how = app === undefined ? 'with credentials' : 'through its consent page'
  return `${connection.id}, ${how}${account === undefined ? '' : `, account ${account.name ?? account.id}`}`
}
