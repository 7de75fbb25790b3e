import { randomBytes } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { type Backend, eachBackend } from '@raccordo/testkit/database'
import { type SimulatorReply, type SimulatorServer, serveSimulator } from '@raccordo/testkit/simulator'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Host, NewConnection } from '../../src/api.ts'
import { TOKENS } from '../../src/container.ts'
import type { Account, Failure, Fields, Provider, Reply } from '../../src/contract.ts'
import { warnOfExpiry } from '../../src/host/expiry.ts'
import { createHost } from '../../src/host.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { hostTemplate } from '../crm/rig.ts'
import { plainProvider } from '../http/bench.ts'

const DAY_MS = 86_400_000

/** A CRM whose only call answers what the test says; its refusals name what is wrong, as a good plugin's do. */
const accounting: Provider = {
  ...plainProvider({
    classify: ({ status, body }: Reply): Failure | undefined =>
      status < 400 || typeof body !== 'object' ? undefined : (body as Failure),
  }),
  id: 'books',
  title: 'Books',
  auth: {
    apiKey: {},
    oauth2: {
      authorizeUrl: 'https://books.example/authorize',
      tokenUrl: 'https://books.example/token',
      scopes: { base: ['base'], contact: ['people.read'] },
    },
  },
  settings: { type: 'object', properties: { database: { type: 'string' }, apiBaseUrl: { type: 'string' } } },
  objects: [{ type: 'contact', name: 'people', paging: 'keyset', scopes: ['notes.read'], read: async () => [] }],
  mapping: { version: 1, objects: { contact: { fields: { email: 'email' } } } },
  probe: async (ctx) => (await ctx.call({ path: '/me' })).body as Account,
}

const OK: SimulatorReply = { body: { id: 'a1', name: 'Account' } }

const suite = ({ open }: Backend): void => {
  let books: SimulatorServer
  let answer: SimulatorReply = OK
  let host: Host
  let database: Database
  let aheadMs = 0
  // Nobody waits between tries.
  const clock = {
    wallMs: () => Date.now() + aheadMs,
    monotonicMs: () => performance.now(),
    sleep: async () => undefined,
  }

  const wanted = (settings: Fields = {}, credentials: Fields = { apiKey: 'right-key' }): NewConnection => ({
    workspaceId: 'acme',
    provider: 'books',
    settings: { apiBaseUrl: books.url, ...settings },
    credentials,
  })

  beforeAll(async () => {
    books = await serveSimulator({ routes: [{ method: 'GET', path: '/me', handle: () => answer }] })
    const source = await open()
    database = await openDatabase(source)
    host = await createHost({
      database: source,
      providers: { only: ['books'], extra: [accounting] },
      encryptionKeys: [`${randomBytes(32).toString('base64url')}=`],
      allowPrivateHosts: true,
      pollSeconds: 0,
      sweepHours: 0,
      configure: (parts) => parts.provide(TOKENS.clock, () => clock),
      logLevel: 'silent',
      works: false,
    })
    await host.start()
  })
  afterAll(async () => {
    await host.stop()
    await database.close()
    await books.stop()
  })
  beforeEach(() => {
    answer = OK
  })

  it.each([
    ['wrong credentials', 401, { kind: 'auth', message: 'Unknown key' }, { kind: 'auth', pointer: '/credentials' }],
    [
      'a missing scope, by name',
      403,
      { kind: 'forbidden', message: 'Not granted', scopes: ['people.read'] },
      { kind: 'forbidden', scopes: ['people.read'] },
    ],
    [
      'a wrong database',
      404,
      { kind: 'not_found', message: 'No such database', setting: 'database' },
      { kind: 'invalid', setting: 'database', pointer: '/settings/database' },
    ],
  ] as const)('tells %s', async (_, status, body, expected) => {
    const { id } = await host.connections.create(wanted())
    answer = { status, body }
    await expect(host.connections.create(wanted())).rejects.toMatchObject(expected)
    const { message } = body
    const told = { ok: false, ...expected, detail: expect.stringContaining(message) }
    expect(await host.connections.validate(id)).toMatchObject(told)
    expect(await host.connections.validate(id, { apiKey: 'other-key' })).toMatchObject(told)
    // Only refused credentials stop a connection, and the next success sets it to work again.
    expect((await host.connections.get(id)).status).toBe(expected.kind === 'auth' ? 'needs_reconnect' : 'active')
    answer = OK
    expect(await host.connections.validate(id)).toMatchObject({ ok: true, account: { id: 'a1' } })
    expect((await host.connections.get(id)).status).toBe('active')
    await host.connections.remove(id)
  })

  it('tells a used up budget, and when to come again', async () => {
    answer = { status: 429, body: { kind: 'quota', message: 'Come back tomorrow', retryAfterMs: 3_600_000 } }
    await expect(host.connections.create(wanted())).rejects.toMatchObject({
      kind: 'quota',
      message: 'Come back tomorrow',
      retryAfterMs: 3_600_000,
    })
    answer = OK
    const { id } = await host.connections.create(wanted())
    answer = { status: 429, body: { kind: 'quota', message: 'Come back tomorrow', retryAfterMs: 3_600_000 } }
    const told = { ok: false, kind: 'quota', detail: 'Come back tomorrow', retryAfterMs: 3_600_000 }
    expect(await host.connections.validate(id)).toMatchObject(told)
    expect((await host.connections.get(id)).status).toBe('active')
    await host.connections.remove(id)
  })

  it('tells in words why a CRM cannot be reached', async () => {
    const silent = createServer((socket) => socket.end('hello', () => socket.destroy()))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const reasons = [
      ['http://127.0.0.1:1', /nothing answers at 127\.0\.0\.1:1 \(ECONNREFUSED\)/],
      ['http://nonesuch.invalid', /DNS does not know the name nonesuch\.invalid/],
      [`https://127.0.0.1:${port}`, /TLS/],
    ] as const
    for (const [apiBaseUrl, message] of reasons) {
      await expect(host.connections.create(wanted({ apiBaseUrl }))).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringMatching(message),
      })
    }
    await new Promise((resolve) => silent.close(resolve))
    expect(await host.connections.list()).toEqual([])
  })

  it('names the scopes that enabled objects need and the grant lacks', async () => {
    answer = { body: { id: 'a1', scopes: ['base', 'people.read'] } }
    const { id } = await host.connections.create(wanted())
    expect(await host.connections.validate(id)).toMatchObject({ ok: true, missingScopes: ['notes.read'] })
    await host.connections.remove(id)
  })

  it('warns two weeks ahead of the end of credentials, once a day and by one process', async () => {
    const ends = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString()
    const late = await host.connections.create(wanted({}, { apiKey: 'right-key', expiresAt: ends(20) }))
    answer = { body: { id: 'a1', credentialsExpireAt: ends(10) } }
    const soon = await host.connections.create(wanted())
    const renewed = { accessToken: 'access-1', refreshToken: 'refresh-1', expiresAt: ends(3) }
    answer = OK
    const never = await host.connections.create(wanted({}, renewed))
    expect(soon.credentialsExpireAt).toBe(soon.account?.credentialsExpireAt)
    expect(never.credentialsExpireAt).toBeUndefined()
    const report = (await host.health.report('books')).providers as { books: { expiring: { id: string }[] } }
    expect(report.books.expiring.map(({ id }) => id)).toEqual([soon.id])
    expect(await host.metrics()).toMatch(
      new RegExp(`crm_credentials_expire_seconds\\{provider="books",connection="${soon.id}"\\} 8\\d{5}`),
    )

    const told: unknown[] = []
    const quiet = () => undefined
    const warn = (fields: object) => void told.push((fields as Fields)['connection_id'])
    const parts = { database, clock, log: { debug: quiet, info: quiet, warn, error: quiet } }
    const warned = async () => {
      told.length = 0
      await Promise.all([warnOfExpiry(parts), warnOfExpiry(parts)])
      return told.toSorted()
    }
    expect(await warned()).toEqual([soon.id])
    expect(await warned()).toEqual([])
    aheadMs = DAY_MS + 1_000
    expect(await warned()).toEqual([soon.id])
    aheadMs = 8 * DAY_MS
    expect(await warned()).toEqual([late.id, soon.id].toSorted())
    // A new key begins anew.
    answer = { body: { id: 'a1', credentialsExpireAt: ends(100) } }
    await host.connections.update(soon.id, { credentials: { apiKey: 'new-key' } })
    aheadMs = 10 * DAY_MS
    expect(await warned()).toEqual([late.id])
  })
}

eachBackend('a check of credentials', suite, hostTemplate)
