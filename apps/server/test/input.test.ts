import { describe, expect, it } from 'vitest'
import { ADMIN_KEY } from './fake_host.ts'
import { bearer, fakeApi } from './requests.ts'

const api = fakeApi({
  sync: { pull: async () => ({ runId: 'r1' }) },
  outbox: { pushAll: async () => [] },
  records: { feed: async () => ({ records: [], next: 'x', hasMore: false }) },
})
const json = { ...bearer(ADMIN_KEY), 'content-type': 'application/json' }
const post = (path: string, payload: unknown) =>
  api.request('POST', `/crm${path}`, { headers: json, payload: JSON.stringify(payload) })

describe('input', () => {
  it('that is not JSON is answered with 400', async () => {
    const reply = await api.request('POST', '/crm/connections', { headers: json, payload: '{"workspaceId":' })
    expect(reply.statusCode).toBe(400)
    expect(reply.json()).toMatchObject({ kind: 'invalid', status: 400 })
  })

  it('of another type is answered with 415', async () => {
    const headers = { ...bearer(ADMIN_KEY), 'content-type': 'text/xml' }
    expect((await api.request('POST', '/crm/connections', { headers, payload: '<a/>' })).statusCode).toBe(415)
  })

  it('with several faults names each with its pointer and a hint', async () => {
    const reply = await post('/connections', { workspaceId: 7, provider: 'shop', settings: [], extra: 1 })
    expect(reply.statusCode).toBe(422)
    const { faults } = reply.json()
    expect(faults.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/extra',
      '/settings',
      '/workspaceId',
    ])
    for (const fault of faults) expect(fault.remedy).toBeTruthy()
  })

  it('that lacks a member points to the member', async () => {
    const reply = await post('/connections', { workspaceId: 'acme', settings: {} })
    expect(reply.json()).toMatchObject({ pointer: '/provider', status: 422 })
  })

  it('that names a provider which is not installed is told which are', async () => {
    const reply = await post('/connections', { workspaceId: 'acme', provider: 'nope', settings: {} })
    expect(reply.json()).toMatchObject({ status: 422, pointer: '/provider' })
    expect(reply.json().detail).toContain('shop')
    const read = await api.request('GET', '/crm/providers/nope/mapping')
    expect(read.statusCode).toBe(404)
    expect(read.json().detail).toContain('shop')
  })

  it('that says "contacts" is told the four objects', async () => {
    for (const path of [
      '/connections/c1/records/contacts',
      '/connections/c1/schema/leads',
      '/records/people?email=a',
    ]) {
      const reply = await api.request('GET', `/crm${path}`)
      expect(reply.statusCode).toBe(422)
      expect(reply.json().detail).toContain('contact, company, deal, activity')
    }
  })

  it.each(['limit=0', 'limit=1001', 'limit=ten', 'wait=61', 'wait=-1', 'limit=1&limit=2', 'colour=red'])(
    'in a query is checked: %s',
    async (query) => {
      expect((await api.request('GET', `/crm/connections/c1/records/contact?${query}`)).statusCode).toBe(422)
    },
  )

  it('of a push points to the item at fault', async () => {
    const good = { object: 'contact', localId: '1', data: {} }
    const reply = await post('/connections/c1/push', { items: [good, { ...good, localId: 1 }, { ...good, data: 'x' }] })
    expect(reply.statusCode).toBe(422)
    expect(reply.json().faults.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/items/1/localId',
      '/items/2/data',
    ])
  })

  it('of a push ends at 1,000 items', async () => {
    const items = Array.from({ length: 1_001 }, (_, index) => ({ object: 'contact', localId: `${index}`, data: {} }))
    expect((await post('/connections/c1/push', { items })).json()).toMatchObject({ status: 422, pointer: '/items' })
    expect((await post('/connections/c1/push', { items: items.slice(1) })).statusCode).toBe(202)
  })

  it('that no database can hold is refused with its pointer', async () => {
    const push = (localId: string) =>
      api.request('POST', '/crm/connections/c1/push', {
        headers: json,
        payload: `{"object":"contact","localId":"1","data":{"email":${localId}}}`,
      })
    for (const value of ['"a\\u0000b"', '"\\ud800"', '1e999', '['.repeat(100) + ']'.repeat(100)]) {
      expect((await push(value)).statusCode).toBe(422)
    }
    expect((await push('"a\\u0000b"')).json().pointer).toBe('/data/email')
    expect((await api.request('GET', '/crm/connections/a%00b')).statusCode).toBe(422)
  })

  it('may be left out where nothing is needed, whatever the content type says', async () => {
    const path = '/crm/connections/c1/pull'
    expect((await api.request('POST', path)).json()).toEqual({ runId: 'r1' })
    expect((await api.request('POST', path, { headers: json, payload: '' })).statusCode).toBe(202)
    expect((await api.request('POST', path, { headers: json, payload: '{}' })).statusCode).toBe(202)
  })

  it('of a pass-through stays under the base address', async () => {
    for (const path of ['https://evil.example/', '//evil.example', '/\\evil.example', 'contacts']) {
      expect((await post('/connections/c1/request', { path })).json()).toMatchObject({ status: 422, pointer: '/path' })
    }
  })

  it('that would change nothing, find nothing or replay everything is refused', async () => {
    expect((await api.request('PATCH', '/crm/connections/c1', { headers: json, payload: '{}' })).statusCode).toBe(422)
    expect((await api.request('GET', '/crm/records/contact')).statusCode).toBe(422)
    expect((await post('/dead-letters/replay', {})).statusCode).toBe(422)
  })

  it('in a path that is badly encoded is answered with 400', async () => {
    const reply = await api.request('GET', '/crm/connections/%E0%A4%A')
    expect(reply.statusCode).toBe(400)
    expect(reply.headers['content-type']).toBe('application/problem+json')
  })
})
