import { CrmError, type ErrorKind } from '@raccordo/core'
import { describe, expect, it } from 'vitest'
import { ADMIN_KEY } from './fake_host.ts'
import { bearer, fakeApi } from './requests.ts'

const failing = (error: unknown) =>
  fakeApi({
    sync: {
      pull: async () => {
        throw error
      },
    },
  })
const pull = async (error: unknown) => failing(error).request('POST', '/crm/connections/c1/pull')
const ofCrm = { provider: 'shop' }

describe('problem answers', () => {
  const expected: readonly (readonly [ErrorKind, number])[] = [
    ['auth', 422],
    ['forbidden', 422],
    ['rate_limited', 429],
    ['quota', 429],
    ['unavailable', 502],
    ['timeout', 504],
    ['locked', 503],
    ['invalid', 422],
    ['not_found', 404],
    ['conflict', 409],
    ['schema', 422],
    ['cursor_gone', 410],
    ['bug', 500],
  ]
  it.each(expected)('answer the kind %s of a CRM with %i', async (kind, status) => {
    const reply = await pull(new CrmError(kind, 'The CRM says so.', ofCrm))
    expect(reply.statusCode).toBe(status)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.json()).toMatchObject({ kind, status, type: `urn:raccordo:problem:${kind}` })
  })

  it('carry pointer, faults and the correlation id of the caller', async () => {
    const faults = [{ pointer: '/objects/0', message: 'is not known', remedy: 'Use "people".' }]
    const api = failing(new CrmError('invalid', 'Wrong.', { pointer: '/objects/0', faults }))
    const headers = { ...bearer(ADMIN_KEY), 'x-correlation-id': 'call-17' }
    const reply = await api.request('POST', '/crm/connections/c1/pull', { headers })
    expect(reply.json()).toEqual({
      type: 'urn:raccordo:problem:invalid',
      title: 'The request is not valid',
      status: 422,
      kind: 'invalid',
      detail: 'Wrong.',
      pointer: '/objects/0',
      faults,
      correlationId: 'call-17',
    })
    expect(reply.headers['x-correlation-id']).toBe('call-17')
  })

  it('say nothing of the inside where it is a bug, but name the correlation id', async () => {
    const reply = await pull(new TypeError('secret thing of undefined'))
    expect(reply.statusCode).toBe(500)
    expect(reply.body).not.toContain('secret thing')
    expect(reply.json().detail).toContain(reply.headers['x-correlation-id'])
  })

  it('tell when to try again', async () => {
    const later = new CrmError('rate_limited', 'Slow down.', { ...ofCrm, retryAfterMs: 2_500 })
    expect((await pull(later)).headers['retry-after']).toBe('3')
    expect((await pull(new CrmError('quota', 'Used up.', ofCrm))).headers['retry-after']).toBe('60')
  })

  it('answer 503 where our own database is away, whatever threw', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    for (const error of [refused, new AggregateError([refused]), new Error('Connection terminated unexpectedly')]) {
      const reply = await pull(error)
      expect(reply.statusCode).toBe(503)
      expect(reply.json().kind).toBe('unavailable')
      expect(reply.headers['retry-after']).toBe('2')
    }
    expect((await pull(new CrmError('unavailable', 'The database is away.'))).statusCode).toBe(503)
  })

  it('replace a correlation id that is not sane', async () => {
    const headers = { ...bearer(ADMIN_KEY), 'x-correlation-id': 'a b"c' }
    const reply = await fakeApi().request('GET', '/crm/providers', { headers })
    expect(reply.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('answer a path that does not exist with 404', async () => {
    const reply = await fakeApi().request('GET', '/crm/nothing')
    expect(reply.statusCode).toBe(404)
    expect(reply.json().detail).toBe('There is no GET /crm/nothing.')
  })
})
