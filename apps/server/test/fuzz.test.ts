import { seededRandom } from '@raccordo/testkit/simulator'
import { describe, expect, it } from 'vitest'
import { ACME_KEY } from './fake_host.ts'
import { bearer, fakeApi } from './requests.ts'

const REQUESTS = 600
const SEED = 20_260_101

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const PATHS = [
  '/crm/providers',
  '/crm/connections',
  '/crm/connections/c1',
  '/crm/connections/c1/push',
  '/crm/connections/c1/links',
  '/crm/connections/c1/records/contact',
  '/crm/connections/c1/mapping',
  '/crm/connections/c1/request',
  '/crm/connections/c1/backfill',
  '/crm/records/contact',
  '/crm/dead-letters',
  '/crm/dead-letters/replay',
  '/crm/webhooks/shop/c1',
  '/crm/api-keys',
  '/crm/health',
  '/livez',
]
const SCRAPS = ['%00', '%ff', '..', '~', '%2e%2e', 'ö', ' ', "'; drop table", '[]', '-1', 'x'.repeat(2_000), '', '%']
const BODIES = [
  '',
  '{}',
  '[]',
  'null',
  '0',
  '"x"',
  '{',
  '{"items":null}',
  '{"items":[null,1,"a",[]]}',
  '{"__proto__":{"a":1}}',
  '{"object":"contact","localId":"1","data":{"a":1e999}}',
  '{"object":"contact","localId":"\\u0000","data":{}}',
  '{"workspaceId":"acme","provider":"constructor","settings":{}}',
  '{"path":"/x","query":{"a":{}}}',
  '['.repeat(3_000),
  '{"objects":["\\ud800"]}',
  '{"constructor":{"prototype":{}}}',
  `{"name":"${'n'.repeat(5_000)}"}`,
]
const TYPES = ['application/json', 'text/plain', 'application/json; charset=utf-7', 'multipart/form-data', 'x', '']

describe('any request at all', () => {
  it(`gets an answer that is no bug of the HTTP side (${REQUESTS} at random)`, async () => {
    const random = seededRandom(SEED)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
    const api = fakeApi()
    const statuses = new Set<number>()
    for (let turn = 0; turn < REQUESTS; turn += 1) {
      const tail = random() < 0.4 ? `/${pick(SCRAPS)}` : ''
      const query = random() < 0.4 ? `?${pick(['after', 'limit', 'wait', 'provider', 'x'])}=${pick(SCRAPS)}` : ''
      const type = pick(TYPES)
      const method = pick(METHODS)
      const headers = {
        ...(random() < 0.9 ? bearer(ACME_KEY) : {}),
        ...(type === '' ? {} : { 'content-type': type }),
        'x-correlation-id': pick(SCRAPS),
      }
      const url = encodeURI(`${pick(PATHS)}${tail}${query}`).replaceAll('%25', '%')
      const payload = method === 'GET' ? {} : { payload: pick(BODIES) }
      const reply = await api.request(method, url, { headers, ...payload })
      statuses.add(reply.statusCode)
      const what = `${method} ${url.slice(0, 200)} ${type}: ${reply.statusCode} ${reply.body.slice(0, 200)}`
      if (reply.statusCode >= 400) {
        expect(reply.headers['content-type'], what).toBe('application/problem+json')
        const { status, kind, correlationId } = reply.json()
        expect({ status, kind, correlationId }, what).toEqual({
          status: reply.statusCode,
          kind: expect.any(String),
          correlationId: reply.headers['x-correlation-id'],
        })
      }
      // The fake answers `bug` for what it does not have; anything else of the kind is a fault of ours.
      if (reply.statusCode === 500) expect(reply.json().kind, what).toBe('bug')
    }
    for (const status of [200, 400, 401, 403, 404, 415, 422]) expect(statuses).toContain(status)
  })
})
