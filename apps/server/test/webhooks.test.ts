import { CrmError, type IncomingWebhook } from '@raccordo/core'
import { describe, expect, it } from 'vitest'
import { fakeApi } from './requests.ts'

const receiver = (options = {}) => {
  const received: { provider: string; connectionId: string | undefined; request: IncomingWebhook }[] = []
  const api = fakeApi(
    {
      webhooks: {
        receive: async (provider, connectionId, request) => {
          if (request.headers['x-signature'] === 'forged') throw new CrmError('auth', 'forged', { provider })
          received.push({ provider, connectionId, request })
          return { accepted: 1, duplicates: 0 }
        },
      },
    },
    options,
  )
  const send = (url: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
    api.request('POST', url, { headers, payload })
  return { api, received, send }
}

describe('webhooks', () => {
  it('need no API key and hand on the very bytes, with path and query as they came', async () => {
    const { received, send } = receiver()
    const body = Buffer.from('{ "b":1,\r\n "a" : "\\u00e9é" }  ')
    const headers = { 'content-type': 'application/json', 'x-signature': 's' }
    const reply = await send('/crm/webhooks/shop?t=1&u=a%20b', body, headers)
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toEqual({ accepted: 1, duplicates: 0 })
    const [first] = received
    expect(Buffer.compare(Buffer.from(first?.request.body ?? []), body)).toBe(0)
    expect(first?.request).toMatchObject({ method: 'POST', path: '/crm/webhooks/shop?t=1&u=a%20b' })
    expect(first?.request.headers['x-signature']).toBe('s')
  })

  it.each(['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'application/json; charset=latin1'])(
    'are taken with content type %s, readable or not',
    async (type) => {
      const { received, send } = receiver()
      expect((await send('/crm/webhooks/shop/c1', 'not { json', { 'content-type': type })).statusCode).toBe(200)
      expect(received[0]?.connectionId).toBe('c1')
      expect(Buffer.from(received[0]?.request.body ?? []).toString()).toBe('not { json')
    },
  )

  it('are taken without a body', async () => {
    const { api, received } = receiver()
    expect((await api.request('POST', '/crm/webhooks/shop', { headers: {} })).statusCode).toBe(200)
    expect(received[0]?.request.body).toHaveLength(0)
  })

  it('that are forged are answered with 401', async () => {
    const { send } = receiver()
    const reply = await send('/crm/webhooks/shop', '{}', { 'x-signature': 'forged' })
    expect(reply.json()).toMatchObject({ status: 401, kind: 'auth' })
  })

  it('over 1 MiB are answered with 413', async () => {
    const { received, send } = receiver()
    const reply = await send('/crm/webhooks/shop', Buffer.alloc(1_048_577, 'a'), { 'content-type': 'application/json' })
    expect(reply.statusCode).toBe(413)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(received).toHaveLength(0)
    expect((await send('/crm/webhooks/shop', Buffer.alloc(1_048_576, 'a'))).statusCode).toBe(200)
  })

  it('come only from the addresses that are listed for their provider', async () => {
    const { send } = receiver({ webhookAddresses: { shop: ['192.0.2.0/24'] } })
    expect((await send('/crm/webhooks/shop', '{}')).statusCode).toBe(403)
    const near = receiver({ webhookAddresses: { shop: ['127.0.0.1'], other: ['192.0.2.1'] } })
    expect((await near.send('/crm/webhooks/shop', '{}')).statusCode).toBe(200)
  })

  it('are judged by the address that a trusted proxy tells, and by no other', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.9' }
    const listed = { webhookAddresses: { shop: ['192.0.2.0/24'] } }
    expect((await receiver(listed).send('/crm/webhooks/shop', '{}', headers)).statusCode).toBe(403)
    const behindProxy = receiver({ ...listed, trustedProxies: ['127.0.0.1'] })
    expect((await behindProxy.send('/crm/webhooks/shop', '{}', headers)).statusCode).toBe(200)
  })
})
