import type { DeadLetter, PushStatus } from '@raccordo/core'
import { describe, expect, it } from 'vitest'
import { ACME_KEY, ADMIN_KEY, CONNECTIONS, notFound, OTHER_KEY } from './fake_host.ts'
import { bearer, fakeApi } from './requests.ts'

const PUSH = { id: 'p1', connectionId: 'c22', status: 'done' } as PushStatus
const LETTER = { id: 'd1', connectionId: 'c22' } as DeadLetter

/** Everything that hangs on a connection of the other workspace. */
const FOREIGN: readonly (readonly [method: string, path: string, payload?: object])[] = [
  ['GET', '/connections/c22'],
  ['PATCH', '/connections/c22', { name: 'mine' }],
  ['DELETE', '/connections/c22'],
  ['POST', '/connections/c22/validate'],
  ['GET', '/connections/c22/status'],
  ['GET', '/connections/c22/mapping'],
  ['PUT', '/connections/c22/mapping', { version: 1, objects: {} }],
  ['POST', '/connections/c22/mapping/check', { version: 1, objects: {} }],
  ['GET', '/connections/c22/schema/contact'],
  ['POST', '/connections/c22/backfill'],
  ['POST', '/connections/c22/pull'],
  ['POST', '/connections/c22/sweep'],
  ['GET', '/connections/c22/runs/r1'],
  ['GET', '/connections/c22/records/contact'],
  ['GET', '/connections/c22/records/contact/7'],
  ['POST', '/connections/c22/push', { object: 'contact', localId: '1', data: {} }],
  ['PUT', '/connections/c22/links', { object: 'contact', localId: '1', externalId: '2' }],
  ['GET', '/connections/c22/links'],
  ['POST', '/connections/c22/request', { path: '/x' }],
  ['GET', '/push/p1'],
  ['GET', '/dead-letters/d1'],
  ['POST', '/dead-letters/d1/replay'],
  ['GET', '/dead-letters?connectionId=c22'],
  ['POST', '/dead-letters/replay', { connectionId: 'c22' }],
]

describe('API keys', () => {
  const api = fakeApi(
    { outbox: { get: async () => PUSH }, deadLetters: { get: async () => LETTER } },
    { adminKey: 'admin key of the environment'.replaceAll(' ', '-') },
  )

  it.each([
    ['no key', {}],
    ['another scheme', { authorization: `Basic ${ADMIN_KEY}` }],
    ['an unknown key', bearer('nobody')],
    ['an empty key', { authorization: 'Bearer ' }],
  ])('%s is answered with 401 and how to sign in', async (_name, headers) => {
    const reply = await api.request('GET', '/crm/providers', { headers })
    expect(reply.statusCode).toBe(401)
    expect(reply.headers['www-authenticate']).toContain('Bearer')
    expect(reply.json()).toMatchObject({ kind: 'auth', status: 401 })
  })

  it('are refused before the body is read', async () => {
    const options = { headers: { 'content-type': 'application/json' }, payload: '{' }
    expect((await api.request('POST', '/crm/connections', options)).statusCode).toBe(401)
  })

  it('of the environment is an admin key', async () => {
    const reply = await api.request('GET', '/crm/connections', { headers: bearer('admin-key-of-the-environment') })
    expect(reply.json().items).toHaveLength(2)
  })

  it.each(FOREIGN)("of a workspace finds nothing at another's %s %s", async (method, path, payload) => {
    const reply = await api.request(String(method), `/crm${path}`, typeof payload === 'object' ? { payload } : {})
    expect(reply.statusCode).toBe(404)
    expect(reply.json().kind).toBe('not_found')
  })

  it("are told the same of another workspace's connection as of one that is not there", async () => {
    const foreign = await api.request('GET', '/crm/connections/c22')
    const absent = await api.request('GET', '/crm/connections/c99')
    expect(foreign.json().detail.replace('c22', 'c99')).toBe(absent.json().detail)
  })

  it("are told the same of another workspace's push and dead letter as of ones that are not there", async () => {
    const none = fakeApi({
      outbox: {
        get: async () => {
          throw notFound('push')
        },
      },
      deadLetters: {
        get: async () => {
          throw notFound('dead letter')
        },
      },
    })
    for (const path of ['/crm/push/p1', '/crm/dead-letters/d1']) {
      const [foreign, absent] = [await api.request('GET', path), await none.request('GET', path)]
      expect(foreign.json().detail).toBe(absent.json().detail)
    }
  })

  it('of a workspace list and name their own workspace only', async () => {
    const list = await api.request('GET', '/crm/connections')
    expect(list.json()).toEqual({ items: [CONNECTIONS[0]], next: null })
    expect((await api.request('GET', '/crm/connections?workspaceId=other')).statusCode).toBe(403)
    const payload = { workspaceId: 'other', provider: 'shop', settings: {} }
    expect((await api.request('POST', '/crm/connections', { payload })).statusCode).toBe(403)
    expect((await api.request('GET', '/crm/records/contact?workspaceId=other&email=a@b.c')).statusCode).toBe(403)
  })

  it('are made, listed and revoked by admins alone', async () => {
    expect((await api.request('GET', '/crm/api-keys')).statusCode).toBe(403)
    expect((await api.request('POST', '/crm/api-keys', { payload: { name: 'mine' } })).statusCode).toBe(403)
    expect((await api.request('DELETE', '/crm/api-keys/k1')).statusCode).toBe(403)
  })

  it('of an admin see what outlived its connection, those of a workspace do not', async () => {
    const orphan = fakeApi({
      connections: {
        get: async (id) => {
          throw notFound(id)
        },
      },
      deadLetters: { get: async () => LETTER },
    })
    const path = '/crm/dead-letters/d1'
    expect((await orphan.request('GET', path, { headers: bearer(ADMIN_KEY) })).statusCode).toBe(200)
    expect((await orphan.request('GET', path, { headers: bearer(ACME_KEY) })).statusCode).toBe(404)
  })

  it("of a workspace may not lead an admin's OAuth secret to another address", async () => {
    const update = async () => CONNECTIONS[1] ?? expect.fail()
    const guarded = fakeApi({ connections: { update } })
    const payload = { settings: { authBaseUrl: 'https://elsewhere.example' } }
    const change = (key: string) => guarded.request('PATCH', '/crm/connections/c22', { headers: bearer(key), payload })
    expect((await change(OTHER_KEY)).json()).toMatchObject({ status: 403, pointer: '/settings/authBaseUrl' })
    expect((await change(ADMIN_KEY)).statusCode).toBe(200)
  })
})
