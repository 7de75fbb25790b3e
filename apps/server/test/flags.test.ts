import type { FlagInfo, Host } from '@raccordo/core'
import { expect, test } from 'vitest'
import { buildServer } from '../src/server.ts'
import { ACME_KEY, ADMIN_KEY, fakeHost, OTHER_KEY } from './fake_host.ts'

/** A host that keeps flags in memory, and a way to call it as somebody. */
const served = () => {
  const kept: FlagInfo[] = []
  const flags: Host['flags'] = {
    list: async (workspaceId) => kept.filter((flag) => flag.workspaceId === workspaceId),
    put: async (workspaceId, { provider = '*', object = '*', direction = '*', enabled }) => {
      const flag = { workspaceId, provider, object, direction, enabled, updatedAt: '2026-01-01T00:00:00.000Z' }
      kept.push(flag)
      return flag
    },
    remove: async () => {
      kept.length = 0
    },
  }
  const app = buildServer({ ...fakeHost(), flags })
  return async (key: string, method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object) => {
    const headers = { authorization: `Bearer ${key}` }
    const answer = await app.inject({ method, url: `/crm${path}`, headers, ...(body && { payload: body }) })
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() }
  }
}

test('flags are set, listed and taken away by the key of their workspace or an admin, and by no other', async () => {
  const call = served()
  const path = '/workspaces/acme/flags'
  const flag = { provider: 'shop', direction: 'push', enabled: false }
  expect((await call(OTHER_KEY, 'PUT', path, flag)).status).toBe(403)
  expect((await call(OTHER_KEY, 'GET', path)).status).toBe(403)
  expect((await call(OTHER_KEY, 'DELETE', path)).status).toBe(403)
  expect(await call(ACME_KEY, 'PUT', path, flag)).toMatchObject({ status: 200, body: { ...flag, object: '*' } })
  expect(await call(ADMIN_KEY, 'GET', path)).toMatchObject({ status: 200, body: { items: [flag], next: null } })
  expect((await call(ACME_KEY, 'DELETE', `${path}?provider=shop&direction=push`)).status).toBe(204)
  expect((await call(ACME_KEY, 'GET', path)).body.items).toEqual([])
})

test.each([
  [{}, '/enabled'],
  [{ enabled: 'yes' }, '/enabled'],
  [{ enabled: true, direction: 'sideways' }, '/direction'],
  [{ enabled: true, objects: ['contact'] }, '/objects'],
])('a flag %j is refused with a pointer', async (body, pointer) => {
  expect(await served()(ACME_KEY, 'PUT', '/workspaces/acme/flags', body)).toMatchObject({
    status: 422,
    body: { kind: 'invalid', pointer },
  })
})
