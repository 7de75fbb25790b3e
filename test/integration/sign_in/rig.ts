import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createHost, type Fields, type Host, type HostOptions, loadSimulators } from '@raccordo/core'
import { buildServer } from '@raccordo/server'
import { testDatabases } from '@raccordo/testkit/database'
import type { Simulator, SimulatorDefinition } from '@raccordo/testkit/simulator'

export const hostPackageJson = fileURLToPath(new URL('../../../package.json', import.meta.url))
export const ADMIN_KEY = 'admin-key-of-the-environment'

type SigningIn = Simulator & { readonly oauth: NonNullable<Simulator['oauth']> }

/** Simulators of the installed providers whose people sign in with OAuth, each with a fresh CRM. */
export const oauthSimulators = async (): Promise<readonly { provider: string; start(): Promise<SigningIn> }[]> => {
  const found: { provider: string; start(): Promise<SigningIn> }[] = []
  for (const { provider, simulator } of await loadSimulators(hostPackageJson)) {
    const start = async () => (await (simulator as SimulatorDefinition).start()) as SigningIn
    const crm = await start()
    if (crm.oauth !== undefined) found.push({ provider, start })
    await crm.stop()
  }
  return found
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the members that it expects
  readonly body: any
}

/** One server of several on one database. */
export interface Server {
  readonly url: string
  readonly host: Host
  call(method: string, path: string, body?: object, key?: string): Promise<Answer>
  /** Opens an address as a browser would, without following where it leads. */
  visit(url: string, accept?: string): Promise<Answer>
  stop(): Promise<void>
}

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
}

const startServer = async (options: HostOptions): Promise<Server> => {
  const host = await createHost(options)
  await host.start()
  const app = buildServer(host, { adminKey: ADMIN_KEY })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return {
    url,
    host,
    call: async (method, path, body, key = ADMIN_KEY) =>
      answerOf(
        await fetch(`${url}/crm${path}`, {
          method,
          headers: {
            authorization: `Bearer ${key}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      ),
    visit: async (address, accept = 'text/html') =>
      answerOf(await fetch(address, { headers: { accept }, redirect: 'manual' })),
    stop: async () => {
      await app.close()
      await host.stop()
    },
  }
}

/** Two servers on a Postgres of their own, which know the simulator's OAuth app. */
export const startServers = async (postgresUrl: string, provider: string, crm: SigningIn, more: HostOptions = {}) => {
  const databases = testDatabases(postgresUrl)
  const databaseUrl = await databases.createDatabase()
  const { clientId: id, clientSecret: secret } = crm.oauth
  const options: HostOptions = {
    databaseUrl,
    encryptionKeys: [`${randomBytes(32).toString('base64url')}=`],
    hostPackageJson,
    oauthClients: { [provider]: { id, secret } },
    allowPrivateHosts: true,
    pollSeconds: 0,
    sweepHours: 0,
    works: false,
    logLevel: 'silent',
    ...more,
  }
  const first = await startServer(options)
  const second = await startServer(options)
  return {
    first,
    second,
    databaseUrl,
    stop: async () => {
      await Promise.all([first.stop(), second.stop()])
      await databases.dropDatabase(databaseUrl)
    },
  }
}

/** Settings that point a provider at its simulator, without what its credentials need. */
export const settingsOf = (crm: Simulator): Fields => crm.connection.settings
