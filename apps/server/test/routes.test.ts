import type { Asker, FeedPage, Host, NewConnection, PassState, PushItem, PushStatus } from '@raccordo/core'
import { CrmError } from '@raccordo/core'
import { describe, expect, it } from 'vitest'
import { ADMIN_KEY, CONNECTIONS, PROVIDER } from './fake_host.ts'
import { bearer, fakeApi } from './requests.ts'

const admin = { headers: bearer(ADMIN_KEY) }

describe('routes', () => {
  it('list providers and give their default mappings', async () => {
    const api = fakeApi()
    expect((await api.request('GET', '/crm/providers')).json()).toEqual({ items: [PROVIDER], next: null })
    expect((await api.request('GET', '/crm/providers/shop/mapping')).json()).toEqual({ version: 1, of: 'shop' })
  })

  it('make a connection that only an admin key makes trusted, and say who asked', async () => {
    const made: { connection: NewConnection; asker: Asker | undefined }[] = []
    const create = async (connection: NewConnection, asker?: Asker) => {
      made.push({ connection, asker })
      return CONNECTIONS[0] ?? expect.fail()
    }
    const api = fakeApi({ connections: { create } })
    const payload = { workspaceId: 'acme', provider: 'shop', settings: {}, credentials: { apiKey: 'k' } }
    const reply = await api.request('POST', '/crm/connections', { payload })
    expect(reply.statusCode).toBe(201)
    expect(reply.headers.location).toBe('/crm/connections/c1')
    await api.request('POST', '/crm/connections', { ...admin, payload })
    expect(made.map(({ connection }) => connection.trusted)).toEqual([false, true])
    expect(made[0]?.asker).toEqual({ actor: 'key:k2', correlationId: reply.headers['x-correlation-id'] })
  })

  it('refuse a connection whose credentials the CRM refuses with 422', async () => {
    const create = async () => {
      throw new CrmError('auth', 'The key is wrong.', { provider: 'shop', status: 401 })
    }
    const payload = { workspaceId: 'acme', provider: 'shop', settings: {} }
    const reply = await fakeApi({ connections: { create } }).request('POST', '/crm/connections', { payload })
    expect(reply.json()).toMatchObject({ status: 422, kind: 'auth', detail: 'The key is wrong.' })
  })

  it('page connections without losing or repeating one', async () => {
    const api = fakeApi()
    const first = (await api.request('GET', '/crm/connections?limit=1', admin)).json()
    const second = (await api.request('GET', `/crm/connections?limit=1&after=${first.next}`, admin)).json()
    expect([...first.items, ...second.items]).toEqual(CONNECTIONS)
    expect(second.next).toBeNull()
    expect((await api.request('GET', '/crm/connections?after=%21', admin)).json()).toMatchObject({ pointer: '/after' })
  })

  it('answer a validation that fails with its kind and ok false', async () => {
    const validate = async () => ({ ok: false, kind: 'auth' as const, detail: 'Wrong password.' })
    const api = fakeApi({ connections: { validate } })
    const reply = await api.request('POST', '/crm/connections/c1/validate')
    expect(reply.json()).toMatchObject({ ok: false, status: 422, kind: 'auth', detail: 'Wrong password.' })
  })

  it('start runs and answer their ids', async () => {
    const asked: unknown[] = []
    const start = async (id: string, { objects }: { objects?: readonly string[] } = {}) => {
      asked.push([id, objects])
      return { runId: `run${asked.length}` }
    }
    const api = fakeApi({ sync: { backfill: start, pull: start, sweep: start } })
    for (const pass of ['backfill', 'pull', 'sweep']) {
      const reply = await api.request('POST', `/crm/connections/c1/${pass}`, { payload: { objects: ['contact'] } })
      expect(reply.statusCode).toBe(202)
    }
    expect(asked).toEqual([1, 2, 3].map(() => ['c1', ['contact']]))
  })

  it('tell a run that is not there from one that failed', async () => {
    const wait: Host['sync']['wait'] = async (_id, runId, { onProgress } = {}) => {
      if (runId === 'r1') onProgress?.([{ object: 'people' } as PassState])
      throw new CrmError('not_found', `About ${runId}.`)
    }
    const api = fakeApi({ sync: { wait } })
    expect((await api.request('GET', '/crm/connections/c1/runs/r1')).json()).toEqual({
      runId: 'r1',
      state: 'failed',
      passes: [{ object: 'people' }],
      error: { kind: 'not_found', detail: 'About r1.' },
    })
    expect((await api.request('GET', '/crm/connections/c1/runs/r2')).statusCode).toBe(404)
  })

  it('take a mapping as it is and as GET answers it', async () => {
    const saved: unknown[] = []
    const api = fakeApi({
      connections: {
        putMapping: async (_id, spec) => ({ version: saved.push(spec) }),
        checkMapping: async () => [{ pointer: '/objects', message: 'is empty' }],
      },
    })
    const spec = { version: 1, objects: {} }
    for (const payload of [spec, { spec }]) await api.request('PUT', '/crm/connections/c1/mapping', { payload })
    expect(saved).toEqual([spec, spec])
    const checked = await api.request('POST', '/crm/connections/c1/mapping/check', { payload: spec })
    expect(checked.json()).toEqual({ ok: false, faults: [{ pointer: '/objects', message: 'is empty' }] })
  })

  it('give the feed with the cursor, limit and wait that were asked for', async () => {
    const page: FeedPage = { records: [], next: 'n1', hasMore: false }
    const asked: unknown[] = []
    const feed = async (...request: unknown[]) => {
      asked.push(request)
      return page
    }
    const api = fakeApi({ records: { feed } })
    const path = '/crm/connections/c1/records/deal'
    expect((await api.request('GET', path)).json()).toEqual(page)
    await api.request('GET', `${path}?after=n1&limit=1000&wait=25`)
    expect(asked).toEqual([
      ['c1', 'deal', { limit: 100 }],
      ['c1', 'deal', { after: 'n1', limit: 1000, waitSeconds: 25 }],
    ])
  })

  it("look up records in the caller's workspace", async () => {
    const asked: unknown[] = []
    const find = async (object: string, filter: object) => {
      asked.push([object, filter])
      return []
    }
    const api = fakeApi({ records: { find } })
    const reply = await api.request('GET', '/crm/records/contact?phone_e164=%2B39061234')
    expect(reply.json()).toEqual({ items: [], next: null })
    expect(asked).toEqual([['contact', { workspaceId: 'acme', phone_e164: '+39061234' }]])
    expect((await api.request('GET', '/crm/records/contact?email=a', admin)).json().pointer).toBe('/workspaceId')
  })

  it('take one push or many and answer in the same order', async () => {
    const receipt = (id: string) => ({ id, idempotencyKey: `key-${id}`, status: 'pending' as const })
    const api = fakeApi({
      outbox: {
        push: async (_connection, { localId }) => receipt(localId),
        pushAll: async (_connection, items) => items.map(({ localId }) => receipt(localId)),
      },
    })
    const item = (localId: string): PushItem => ({ object: 'contact', localId, data: { email: null } })
    const one = await api.request('POST', '/crm/connections/c1/push', { payload: item('1') })
    expect(one.statusCode).toBe(202)
    expect(one.json()).toEqual(receipt('1'))
    const items = [item('2'), item('3')]
    const many = await api.request('POST', '/crm/connections/c1/push', { payload: { items } })
    expect(many.json()).toEqual({ items: [receipt('2'), receipt('3')] })
  })

  it('wait for a push as long as asked, and answer how it stands then', async () => {
    const open = { id: 'p1', connectionId: 'c1', status: 'in_flight' } as PushStatus
    const wait = async (_id: string, { timeoutMs }: { timeoutMs?: number } = {}): Promise<PushStatus> => {
      if (timeoutMs === 1_000) throw new CrmError('timeout', 'Not yet.')
      return { ...open, status: 'done' }
    }
    const api = fakeApi({ outbox: { get: async () => open, wait } })
    expect((await api.request('GET', '/crm/push/p1?wait=1')).json().status).toBe('in_flight')
    expect((await api.request('GET', '/crm/push/p1?wait=2')).json().status).toBe('done')
  })

  it('pass a call through and hide cookies', async () => {
    const request = async () => ({ status: 418, headers: { 'set-cookie': 'sid=1', etag: 'e' }, body: { tea: true } })
    const api = fakeApi({ connections: { request } })
    const reply = await api.request('POST', '/crm/connections/c1/request', { payload: { path: '/pot' } })
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toEqual({ status: 418, headers: { etag: 'e' }, body: { tea: true } })
  })

  it("list and replay dead letters of the caller's workspace", async () => {
    const asked: unknown[] = []
    const api = fakeApi({
      deadLetters: {
        list: async (filter) => {
          asked.push(filter)
          return { items: [], next: null }
        },
        replayAll: async (filter) => {
          asked.push(filter)
          return { requeued: 2, superseded: 1 }
        },
      },
    })
    await api.request('GET', '/crm/dead-letters?connectionId=c1&replayed=false&limit=5')
    const replayed = await api.request('POST', '/crm/dead-letters/replay', { payload: { kind: 'invalid' } })
    expect(replayed.json()).toEqual({ requeued: 2, superseded: 1 })
    expect(asked).toEqual([
      { connectionId: 'c1', workspaceId: 'acme', limit: 5, replayed: false },
      { workspaceId: 'acme', kind: 'invalid' },
    ])
  })

  it('make API keys for admins and show the secret once', async () => {
    const info = { id: 'k9', name: 'app', workspaceId: 'acme', createdAt: '', revokedAt: null }
    const asked: unknown[] = []
    const create = async (key: { name: string; workspaceId?: string }) => {
      asked.push(key)
      return { ...info, secret: 's3cret' }
    }
    const api = fakeApi({
      keys: { check: async () => ({ id: 'k1', workspaceId: null }), create, list: async () => [info] },
    })
    const made = await api.request('POST', '/crm/api-keys', { payload: { name: 'app', workspaceId: 'acme' } })
    expect(made.statusCode).toBe(201)
    expect(made.json().secret).toBe('s3cret')
    expect(asked).toEqual([{ name: 'app', workspaceId: 'acme' }])
    expect((await api.request('GET', '/crm/api-keys')).json()).toEqual({ items: [info], next: null })
  })
})

describe('probes', () => {
  it('answer without a key, at the top and under /crm', async () => {
    const api = fakeApi()
    for (const prefix of ['', '/crm']) {
      expect((await api.request('GET', `${prefix}/livez`, { headers: {} })).json()).toEqual({ ok: true })
      expect((await api.request('GET', `${prefix}/readyz`, { headers: {} })).json()).toMatchObject({ ok: true })
      const metrics = await api.request('GET', `${prefix}/metrics`, { headers: {} })
      expect(metrics.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
      expect(metrics.body).toContain('crm_dead_letters')
    }
  })

  it('stay alive and say why they are not ready while the database is away', async () => {
    const ready = async () => {
      throw new Error('Connection terminated')
    }
    const api = fakeApi({ health: { ready } })
    expect((await api.request('GET', '/livez')).statusCode).toBe(200)
    const reply = await api.request('GET', '/readyz')
    expect(reply.statusCode).toBe(503)
    expect(reply.json()).toEqual({ ok: false, checks: { database: 'does not answer' } })
  })

  it('report the health of one provider, and know which are installed', async () => {
    const api = fakeApi({
      health: { report: async (provider) => ({ status: 'ok', providers: { asked: provider ?? 'all' } }) },
    })
    expect((await api.request('GET', '/crm/health?provider=shop')).json().providers).toEqual({ asked: 'shop' })
    expect((await api.request('GET', '/crm/health?provider=nope')).statusCode).toBe(404)
  })
})
