import { setTimeout as delay } from 'node:timers/promises'
import { createHost, type FeedPage, type Host } from '@raccordo/core'
import { type Backend, eachBackend, type Template } from '@raccordo/testkit/database'
import { seededRandom } from '@raccordo/testkit/simulator'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, apiOf, bearer } from './requests.ts'
import { SHOP_KEY, type Shop, shopProvider, startShop } from './shop.ts'

const ADMIN = 'admin-key-of-the-environment'
const asAdmin = bearer(ADMIN)

const encryptionKeys = [`${Buffer.alloc(32, 7).toString('base64url')}=`]
const quiet = { encryptionKeys, pollSeconds: 0, sweepHours: 0, logLevel: 'silent', works: true }

/** The tables are there, as after a first start. */
const STARTED: Template = {
  name: 'started_host',
  prepare: async (database) => {
    const host = await createHost({ ...quiet, database, providers: { only: [] } })
    await host.start()
    await host.stop()
  },
}

const suite = ({ open }: Backend): void => {
  let shop: Shop
  let host: Host
  let api: Api
  let id: string

  const call = async (method: string, path: string, payload?: object, headers: Record<string, string> = asAdmin) => {
    const reply = await api.request(method, `/crm${path}`, payload === undefined ? { headers } : { headers, payload })
    return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() }
  }
  const connect = (apiKey: string, workspaceId = 'acme') =>
    call('POST', '/connections', {
      workspaceId,
      provider: 'shop',
      settings: { apiBaseUrl: shop.server.url },
      credentials: { apiKey },
    })
  const settled = async (pushId: string) => (await call('GET', `/push/${pushId}?wait=20`)).body
  const feed = async (query = ''): Promise<FeedPage> =>
    (await call('GET', `/connections/${id}/records/contact${query}`)).body

  beforeAll(async () => {
    shop = await startShop()
    host = await createHost({
      ...quiet,
      database: await open(),
      providers: { only: ['shop'], extra: [shopProvider] },
      allowPrivateHosts: true,
      webhookSecret: 'hook',
      publicUrl: 'https://crm.example.com',
    })
    await host.start()
    api = apiOf(host, { adminKey: ADMIN })
    shop.add({ email: 'ada@example.com', first: 'Ada', last: 'Byron' })
    shop.add({ email: 'alan@example.com', first: 'Alan', last: 'Turing' })
    id = (await connect(SHOP_KEY)).body.id
  })
  afterAll(async () => {
    await api.app.close()
    await host.stop()
    await shop.stop()
  })

  it('is ready, and tells its providers and metrics', async () => {
    expect((await api.request('GET', '/readyz')).json()).toMatchObject({ ok: true })
    expect((await call('GET', '/providers')).body.items.map((provider: { id: string }) => provider.id)).toEqual([
      'shop',
    ])
    expect((await call('GET', '/providers/shop/mapping')).body).toMatchObject({ version: 1 })
    expect((await api.request('GET', '/metrics')).body).toContain('# HELP')
    expect((await call('GET', '/health?provider=shop')).status).toBe(200)
  })

  it('keeps no connection whose credentials the CRM refuses, and shows no secret', async () => {
    const refused = await connect('wrong')
    expect(refused).toMatchObject({ status: 422, body: { kind: 'auth' } })
    const { body } = await call('GET', '/connections?workspaceId=acme')
    expect(body.items.map((connection: { id: string }) => connection.id)).toEqual([id])
    expect(JSON.stringify([refused, body])).not.toMatch(/key-of-the-shop/)
  })

  it('checks settings with a pointer', async () => {
    const payload = { workspaceId: 'acme', provider: 'shop', settings: { nope: 1 }, credentials: { apiKey: SHOP_KEY } }
    const { status, body } = await call('POST', '/connections', payload)
    expect(status).toBe(422)
    expect(JSON.stringify(body)).toContain('nope')
  })

  it('validates stored and new credentials', async () => {
    expect((await call('POST', `/connections/${id}/validate`)).body).toMatchObject({
      ok: true,
      account: { id: 'shop-1' },
    })
    const wrong = await call('POST', `/connections/${id}/validate`, { credentials: { apiKey: 'wrong' } })
    expect(wrong).toMatchObject({ status: 422, body: { ok: false, kind: 'auth' } })
  })

  it('backfills into the feed, page by page, and answers records and look-ups', async () => {
    const { status, body } = await call('POST', `/connections/${id}/backfill`, { objects: ['contact'] })
    expect(status).toBe(202)
    await host.sync.wait(id, body.runId, { timeoutMs: 20_000 })
    const first = await feed('?limit=1')
    const second = await feed(`?limit=1&after=${first.next}`)
    expect([first, second].map(({ records }) => records[0]?.data['email'])).toEqual([
      'ada@example.com',
      'alan@example.com',
    ])
    expect(first.hasMore).toBe(true)
    expect((await feed(`?after=${second.next}`)).records).toEqual([])
    const externalId = first.records[0]?.externalId
    expect((await call('GET', `/connections/${id}/records/contact/${externalId}`)).body).toMatchObject({ externalId })
    const found = await call('GET', '/records/contact?workspaceId=acme&email=ada@example.com')
    expect(found.body.items).toMatchObject([{ connectionId: id, provider: 'shop', externalId }])
  })

  it('holds a long poll until something comes', async () => {
    const { next } = await feed('?limit=1000')
    const waiting = feed(`?after=${next}&wait=20`)
    shop.add({ email: 'grace@example.com', first: 'Grace', last: 'Hopper' })
    // The CRM's clock is known to within a second, so a poll looks no nearer to the present than that.
    await delay(1_100)
    await call('POST', `/connections/${id}/pull`)
    expect((await waiting).records.map(({ data }) => data['email'])).toContain('grace@example.com')
  })

  it('pushes once, answers the same id to a repetition, and tells what became of it', async () => {
    const item = { object: 'contact', localId: 'l-1', data: { email: 'new@example.com', first_name: 'New' } }
    const pushed = await call('POST', `/connections/${id}/push`, item)
    expect(pushed.status).toBe(202)
    expect((await call('POST', `/connections/${id}/push`, item)).body.id).toBe(pushed.body.id)
    const done = await settled(pushed.body.id)
    expect(done).toMatchObject({ status: 'done', localId: 'l-1' })
    expect(shop.people.get(done.externalId)?.fields['email']).toBe('new@example.com')
    const links = await call('GET', `/connections/${id}/links?localId=l-1`)
    expect(links.body.items).toMatchObject([{ localId: 'l-1', externalId: done.externalId }])
  })

  it('keeps what the CRM refuses as a dead letter with its words, and replays it', async () => {
    const item = { object: 'contact', localId: 'l-2', data: { email: 'refused@example.com' } }
    const pushed = await call('POST', `/connections/${id}/push`, { items: [item] })
    const dead = await settled(pushed.body.items[0].id)
    expect(dead.status).toBe('dead')
    const letters = await call('GET', `/dead-letters?connectionId=${id}`)
    expect(letters.body.items).toMatchObject([{ connectionId: id, localId: 'l-2', object: 'contact' }])
    const [letter] = letters.body.items
    expect((await call('GET', `/dead-letters/${letter.id}`)).body.id).toBe(letter.id)
    expect((await call('POST', `/dead-letters/${letter.id}/replay`)).body).toMatchObject({ result: 'requeued' })
    expect((await call('POST', '/dead-letters/nope/replay')).status).toBe(404)
  })

  it('refuses a push that cannot be right, whole', async () => {
    const good = { object: 'contact', localId: 'l-3', data: { first_name: 'Fine' } }
    const bad = { object: 'contact', localId: 'l-4', data: { shoe_size: 44 } }
    const { status, body } = await call('POST', `/connections/${id}/push`, { items: [good, bad] })
    expect(status).toBe(422)
    expect(body.pointer).toContain('/items/1')
  })

  it('passes a signed call through', async () => {
    const { body } = await call('POST', `/connections/${id}/request`, { path: '/me' })
    expect(body).toMatchObject({ status: 200, body: { id: 'shop-1' } })
  })

  it('shows, checks and replaces the mapping and shows the live schema', async () => {
    expect((await call('GET', `/connections/${id}/mapping`)).body).toMatchObject({ spec: { version: 1 } })
    const spec = { version: 1, objects: { contact: { fields: { title: 'last' } } } }
    expect((await call('POST', `/connections/${id}/mapping/check`, spec)).body).toEqual({ ok: true, faults: [] })
    const wrong = { version: 1, objects: { contact: { fields: { nonsense: 'last' } } } }
    const refused = await call('PUT', `/connections/${id}/mapping`, wrong)
    expect(refused.status).toBe(422)
    expect((await call('PUT', `/connections/${id}/mapping`, spec)).body).toMatchObject({ version: 1 })
    expect(JSON.stringify((await call('GET', `/connections/${id}/schema/contact`)).body)).toContain('"email"')
  })

  it('opens a workspace with a key that was made for it, until it is revoked', async () => {
    const made = (await call('POST', '/api-keys', { name: 'app', workspaceId: 'elsewhere' })).body
    const headers = bearer(made.secret)
    expect((await call('GET', '/connections', undefined, headers)).body).toEqual({ items: [], next: null })
    expect((await call('GET', `/connections/${id}`, undefined, headers)).status).toBe(404)
    expect((await call('DELETE', `/api-keys/${made.id}`)).status).toBe(204)
    expect((await call('GET', '/connections', undefined, headers)).status).toBe(401)
    expect(JSON.stringify((await call('GET', '/api-keys')).body)).not.toContain(made.secret)
  })

  it('refuses forged webhooks and those of providers that are not there', async () => {
    const forged = await api.request('POST', `/crm/webhooks/shop/${id}`, { headers: {}, payload: '{"events":[]}' })
    expect(forged.statusCode).toBe(401)
    expect((await api.request('POST', '/crm/webhooks/nope', { headers: {}, payload: '{}' })).statusCode).toBe(404)
  })

  it('answers ids, cursors and filters of any kind without a bug', async () => {
    const random = seededRandom(7)
    const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? ''
    const scraps = [
      '0',
      '-1',
      'null',
      "'",
      '%20',
      'ä',
      'x'.repeat(300),
      '00000000-0000-0000-0000-000000000000',
      'e30',
      '1e9',
    ]
    const paths = [
      () => `/connections/${pick(scraps)}`,
      () => `/push/${pick(scraps)}`,
      () => `/dead-letters/${pick(scraps)}`,
      () => `/connections/${id}/records/contact?after=${pick(scraps)}`,
      () => `/connections/${id}/records/contact/${pick(scraps)}`,
      () => `/connections/${id}/links?after=${pick(scraps)}`,
      () => `/dead-letters?after=${pick(scraps)}`,
      () => `/connections?after=${pick(scraps)}`,
      () => `/dead-letters?connectionId=${pick(scraps)}`,
      () => `/records/contact?workspaceId=acme&phone_e164=${pick(scraps)}`,
      () => `/health?provider=${pick(scraps)}`,
      () => `/connections/${id}/schema/${pick(['contact', 'deal', 'activity', 'company'])}`,
    ]
    for (let turn = 0; turn < 150; turn += 1) {
      const path = paths[turn % paths.length]?.() ?? ''
      const { status, body } = await call('GET', path)
      expect(status, `${path}: ${JSON.stringify(body)}`).not.toBe(500)
    }
  })

  it('forgets a connection that is removed', async () => {
    const other = (await connect(SHOP_KEY, 'short-lived')).body.id
    expect((await call('PATCH', `/connections/${other}`, { name: 'Renamed', enabled: false })).body).toMatchObject({
      name: 'Renamed',
      enabled: false,
    })
    expect((await call('DELETE', `/connections/${other}`)).status).toBe(204)
    expect((await call('GET', `/connections/${other}`)).status).toBe(404)
  })
}

eachBackend('a real host behind the API', suite, STARTED)
