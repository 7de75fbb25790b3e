import { afterEach, describe, expect, test } from 'vitest'
import { type OdooSimulatorOptions, startOdooSimulator } from '../simulator/index.ts'
import { provider } from '../src/index.ts'
import type { OdooSettings } from '../src/settings.ts'
import { openContext } from './context.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()))
})
const start = async (options?: OdooSimulatorOptions) => {
  const simulator = await startOdooSimulator(options)
  running.push(simulator)
  const settings = simulator.connection.settings as unknown as OdooSettings
  return {
    simulator,
    settings,
    signIn: (credentials: object, more: object = {}) => openContext({ ...settings, ...more }, { ...credentials }),
  }
}

const password = { username: 'connector@example.test', password: 'connector-pass' }
const key = { apiKey: 'TEST-API-KEY' }
const named = { username: password.username, ...key }

describe('signing in', () => {
  const auto: readonly [number, object, string][] = [
    [19, password, 'jsonrpc'],
    [19, named, 'json2'],
    [19, key, 'json2'],
    [18, named, 'jsonrpc'],
    [14, password, 'jsonrpc'],
  ]
  for (const [version, credentials, transport] of auto)
    test(`${Object.keys(credentials).join(' and ')} at Odoo ${version} go over ${transport}`, async () => {
      const ctx = await (await start({ version })).signIn(credentials)
      expect(ctx.session).toMatchObject({ transport, version: `${version}.0`, uid: expect.any(Number) })
      expect(await provider.probe(ctx)).toMatchObject({
        name: 'My Company',
        currency: 'USD',
        id: expect.stringMatching(/\/crm$/),
      })
    })

  test('the transport can be chosen, and one that cannot work is refused with the reason', async () => {
    const { signIn } = await start()
    expect((await signIn(named, { transport: 'jsonrpc' })).session['transport']).toBe('jsonrpc')
    await expect(signIn(password, { transport: 'json2' })).rejects.toMatchObject({
      kind: 'invalid',
      field: 'transport',
    })
    await expect(signIn(key, { transport: 'jsonrpc' })).rejects.toMatchObject({ kind: 'invalid', field: 'username' })
  })

  test('a key alone needs Odoo 19, and an older server is named', async () => {
    const { signIn } = await start({ version: 16 })
    await expect(signIn(key)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('this server is 16.0'),
    })
  })

  test('a wrong password and a wrong key are auth errors that name the database', async () => {
    const { signIn } = await start()
    await expect(signIn({ ...password, password: 'nope' })).rejects.toMatchObject({
      kind: 'auth',
      message: 'Odoo refuses this user name or password for database "crm".',
    })
    await expect(signIn({ apiKey: 'nope' })).rejects.toMatchObject({
      kind: 'auth',
      message: expect.stringContaining('"crm"'),
    })
  })

  test('a wrong database is an invalid setting, over either transport', async () => {
    const { signIn } = await start()
    const database = 'nodb'
    await expect(signIn(password, { database })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('"nodb"'),
      setting: 'database',
    })
    await expect(signIn(key, { database })).rejects.toMatchObject({ kind: 'invalid', setting: 'database' })
  })

  test('credentials that cannot sign in are refused before any call', async () => {
    const { simulator, signIn } = await start()
    for (const credentials of [{}, { username: 'a' }, { password: 'b' }, { username: '', password: 'b' }])
      await expect(signIn(credentials)).rejects.toMatchObject({ kind: 'invalid' })
    expect(simulator.calls()).toBe(0)
  })

  test('the end of an API key is known ahead, from Odoo or from the credentials; a password has none', async () => {
    const { simulator, signIn } = await start()
    const endOf = async (credentials: object) => (await provider.probe(await signIn(credentials))).credentialsExpireAt
    for (const credentials of [key, named]) {
      const daysAhead = (Date.parse((await endOf(credentials)) ?? '') - Date.now()) / 86_400_000
      expect(daysAhead).toBeCloseTo(30, 1)
    }
    const expiresAt = '2031-01-02T03:04:05Z'
    expect(await endOf({ ...key, expiresAt })).toBe(expiresAt)
    expect(await endOf(password)).toBeUndefined()
    const ended = { expiration_date: '2020-01-01 00:00:00' }
    for (const id of [1, 2, 3]) simulator.database.writeAsUser('res.users.apikeys', id, ended)
    expect(await endOf(key)).toBeUndefined()
    expect(
      (await provider.probe(await (await start({ version: 14 })).signIn(named))).credentialsExpireAt,
    ).toBeUndefined()
  })

  test('what is no Odoo is said to be none', async () => {
    const { simulator, signIn } = await start()
    simulator.faults.add({ effect: { kind: 'reply', when: 'before', reply: { status: 404, body: 'Not here' } } })
    await expect(signIn(password)).rejects.toMatchObject({ kind: 'invalid', field: 'url' })
  })

  test('the secret is sent and never said', async () => {
    const { signIn } = await start()
    const error = await signIn({ ...password, password: 'hush-hush' }).catch((thrown: unknown) => thrown)
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('hush-hush')
  })

  test('Odoo Online is asked once a second and never in parallel, a server of one’s own four at a time', () => {
    const limits = provider.api.limits as (settings: OdooSettings) => unknown
    const online = { rates: [{ requests: 1, perMs: 1_000 }], parallel: [{ max: 1 }] }
    expect(limits({ url: 'https://acme.odoo.com', database: 'acme' })).toMatchObject(online)
    expect(limits({ url: 'https://notodoo.com', database: 'acme' })).toMatchObject({
      rates: [],
      parallel: [{ max: 4 }],
    })
  })

  test('the address may end in a slash', () => {
    const baseUrl = provider.api.baseUrl as (settings: OdooSettings) => string
    expect(baseUrl({ url: 'https://crm.example/odoo/', database: 'x' })).toBe('https://crm.example/odoo')
  })
})
