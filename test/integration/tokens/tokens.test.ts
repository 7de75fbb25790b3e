import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createHost, type Host, type HostOptions, loadSimulators } from '@raccordo/core'
import { testDatabases } from '@raccordo/testkit/database'
import type { Simulator, SimulatorDefinition } from '@raccordo/testkit/simulator'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Processes, startProcesses } from './processes.ts'

const PROCESSES = 16
const LIFE_MS = 1_800_000
const hostPackageJson = fileURLToPath(new URL('../../../package.json', import.meta.url))

type Portal = Simulator & {
  signIn(): { readonly accessToken: string; readonly refreshToken: string; readonly expiresAt: string }
  expireAccessTokens(): void
}

/** HubSpot's grants rotate here, so that a refresh token that is sent twice or not kept is the end of the sign-in. */
describe('sixteen processes that share one rotating grant', () => {
  const databases = testDatabases(inject('postgresUrl'))
  const path = '/account-info/2026-03/details'
  let aheadMs = 0
  let portal: Portal
  let databaseUrl: string
  let host: Host
  let connectionId: string
  let processes: Processes

  beforeAll(async () => {
    const [hubspot] = await loadSimulators(hostPackageJson, { only: ['hubspot'] })
    const simulator = hubspot?.simulator as SimulatorDefinition
    portal = (await simulator.start({
      rotatesRefreshTokens: true,
      now: () => new Date(Date.now() + aheadMs),
    })) as Portal
    databaseUrl = await databases.createDatabase()
    const options: HostOptions = {
      database: { url: databaseUrl, poolSize: 3 },
      encryptionKeys: [`${randomBytes(32).toString('base64url')}=`],
      hostPackageJson,
      providers: { only: ['hubspot'] },
      oauthClients: { hubspot: { id: String(portal.oauth?.clientId), secret: String(portal.oauth?.clientSecret) } },
      allowPrivateHosts: true,
      works: false,
      logLevel: 'silent',
    }
    host = await createHost(options)
    await host.start()
    const connection = await host.connections.create({
      workspaceId: 'acme',
      provider: 'hubspot',
      // Sixteen processes that call at once, again and again, would wait for the budget more than for anything else.
      settings: { ...portal.connection.settings, limits: { rates: [10_000] } },
      credentials: portal.signIn(),
      trusted: true,
    })
    connectionId = connection.id
    processes = await startProcesses(PROCESSES, { host: options, connectionId })
  })
  afterAll(async () => {
    await processes.stop()
    await host.stop()
    await portal.stop()
    await databases.dropDatabase(databaseUrl)
  })

  const refreshes = () =>
    portal.log.filter(({ path: asked, requestBody }) => asked.endsWith('/token') && requestBody.includes('refresh'))
  const successes = () => refreshes().filter(({ status }) => status === 200)
  const until = async (isSo: () => boolean | Promise<boolean>, what: string): Promise<void> => {
    for (let tries = 0; !(await isSo()); tries += 1) {
      if (tries > 600) throw new Error(`It never came to this: ${what}`)
      await delay(50)
    }
  }
  const everyCallIsFine = async (): Promise<void> => {
    const outcomes = await processes.all({ aheadMs, path })
    expect(outcomes).toHaveLength(2 * PROCESSES)
    expect(outcomes.filter((outcome) => outcome !== 200)).toEqual([])
    expect((await host.connections.get(connectionId)).status).toBe('active')
  }

  it('refresh it once at each expiry', async () => {
    await everyCallIsFine()
    expect(refreshes()).toHaveLength(0)
    for (let expiry = 1; expiry <= 4; expiry += 1) {
      aheadMs += LIFE_MS
      await everyCallIsFine()
      expect(refreshes()).toHaveLength(expiry)
    }
  })

  it('refresh it once where the CRM ends the access token before its time', async () => {
    const before = refreshes().length
    portal.expireAccessTokens()
    await everyCallIsFine()
    expect(refreshes()).toHaveLength(before + 1)
  })

  it('keep it alive where the process that refreshes is frozen before the answer reaches it', async () => {
    const [asked, answered] = [refreshes().length, successes().length]
    aheadMs += LIFE_MS
    portal.faults.add({ path: /token$/, times: 1, effect: { kind: 'delay', when: 'after', ms: 1_500 } })
    const fine = everyCallIsFine()
    await until(() => refreshes().length > asked, 'a refresh is under way')
    const winner = await holderOf(databaseUrl, `token:${connectionId}`)
    processes.freeze(winner)
    // Its lease ends; the next one sends the refresh token that the CRM has already taken back.
    await until(() => refreshes().length > asked + 1, 'another process refreshes too')
    processes.thaw(winner)
    await fine
    expect(successes()).toHaveLength(answered + 1)
    aheadMs += LIFE_MS
    await everyCallIsFine()
    expect(successes()).toHaveLength(answered + 2)
  })
})

/** The process that holds a lease: its owner is host, pid and chance. */
const holderOf = async (url: string, key: string): Promise<number> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query('select owner from crm_leases where key = $1', [key])
  await client.end()
  return Number(String(rows[0]?.owner).split(':').at(-2))
}
