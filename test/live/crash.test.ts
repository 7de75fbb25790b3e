import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { loadSimulators } from '@raccordo/core'
import type { SimulatorDefinition } from '@raccordo/testkit'
import { afterAll, describe, inject, it } from 'vitest'
import { serverHome } from '../crash/home.ts'
import type { ServerProcess } from '../crash/server_process.ts'
import { surviveKills } from '../crash/survival.ts'
import { REAL_PROVIDER, realConnection } from './connection.ts'
import { type LosingProxy, startLosingProxy } from './losing_proxy.ts'

const root = fileURLToPath(new URL('../../package.json', import.meta.url))

describe.each(['pglite', 'postgres'] as const)('kill -9 on %s with a real CRM', (backend) => {
  let server: ServerProcess | undefined
  let proxy: LosingProxy | undefined
  let home: Awaited<ReturnType<typeof serverHome>> | undefined
  afterAll(async () => {
    await server?.stop()
    await proxy?.stop()
    await home?.drop()
  })

  it('every record arrives once and every call exists once', { timeout: 900_000 }, async () => {
    const connection = realConnection()
    const [found] = await loadSimulators(root, { only: [REAL_PROVIDER] })
    const simulator = found?.simulator as SimulatorDefinition | undefined
    const crm = await simulator?.attach?.(connection)
    if (crm === undefined) throw new Error(`The plugin of ${REAL_PROVIDER} cannot drive a real CRM.`)
    proxy = await startLosingProxy(new URL(String(connection.settings['url'])))
    home = await serverHome(backend, inject('postgresUrl'))
    const { url, lose } = proxy
    const history = {
      provider: REAL_PROVIDER,
      crm,
      connection: { settings: { ...connection.settings, url }, credentials: connection.credentials },
      environment: home.environment,
      contacts: 5_000,
      calls: 200,
      mark: `Crash ${randomBytes(4).toString('hex')}`,
      loseAnswers: () => lose(0.3),
    }
    await surviveKills(history, (started) => {
      server = started
    })
  })
})
