import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CrmError, type IncomingWebhook } from '@raccordo/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fakeApi } from './requests.ts'

const receiver = (options = {}) => {
  const received: { provider: string; connectionId: string | undefined; request: IncomingWebhook }[] = []
  const rejected: (readonly [provider: string, reason: string])[] = []
  const api = fakeApi(
    {
      webhooks: {
        receive: async (provider, connectionId, request) => {
          const signature = request.headers['x-signature']
          if (signature === 'forged') throw new CrmError('auth', 'forged', { provider })
          if (signature === 'unreadable') throw new CrmError('invalid', 'unreadable', { provider })
          if (signature === 'nobody') throw new CrmError('not_found', 'nobody', { provider })
          received.push({ provider, connectionId, request })
          return { accepted: 1, duplicates: 0 }
        },
        rejected: (provider, reason) => {
          rejected.push([provider, reason])
        },
      },
    },
    options,
  )
  const send = (url: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
    api.request('POST', url, { headers, payload })
  return { api, received, rejected, send }
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

  it.each([
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/json; charset=latin1',
    'multipart/form-data',
  ])('are taken with content type %s, readable or not', async (type) => {
    const { received, send } = receiver()
    expect((await send('/crm/webhooks/shop/c1', 'not { json', { 'content-type': type })).statusCode).toBe(200)
    expect(received[0]?.connectionId).toBe('c1')
    expect(Buffer.from(received[0]?.request.body ?? []).toString()).toBe('not { json')
  })

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

  it('that are forged, unreadable or for nobody are answered with 401, 400 and 404', async () => {
    const { send } = receiver()
    const statusOf = async (signature: string) =>
      (await send('/crm/webhooks/shop', '{}', { 'x-signature': signature })).statusCode
    expect(await statusOf('forged')).toBe(401)
    expect(await statusOf('unreadable')).toBe(400)
    expect(await statusOf('nobody')).toBe(404)
  })

  it('over 1 MiB are cut off with 413 where their length is not told, and counted', async () => {
    const { api, received, rejected } = receiver()
    await api.app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => api.app.close())
    const { port } = api.app.server.address() as AddressInfo
    const chunk = Buffer.alloc(65_536, 'a')
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const outgoing = request({ port, host: '127.0.0.1', method: 'POST', path: '/crm/webhooks/shop' }, (answer) => {
        resolve(answer.statusCode)
        outgoing.destroy()
      })
      // The server may close before all is sent; its answer counts.
      outgoing.on('error', (error) => setTimeout(() => reject(error), 500))
      let sent = 0
      const send = (): void => {
        sent += 1
        if (sent <= 32) outgoing.write(chunk, send)
        else outgoing.end()
      }
      send()
    })
    expect(status).toBe(413)
    expect(received).toHaveLength(0)
    expect(rejected).toEqual([['shop', 'size']])
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
    const { send, rejected } = receiver({ webhookAddresses: { shop: ['192.0.2.0/24'] } })
    expect((await send('/crm/webhooks/shop', '{}')).statusCode).toBe(403)
    expect(rejected).toEqual([['shop', 'address']])
    const mapped = receiver({ webhookAddresses: { shop: ['::ffff:127.0.0.0/120'] } })
    expect((await mapped.send('/crm/webhooks/shop', '{}')).statusCode).toBe(200)
    const near = receiver({ webhookAddresses: { shop: ['127.0.0.1'], other: ['192.0.2.1'] } })
    expect((await near.send('/crm/webhooks/shop', '{}')).statusCode).toBe(200)
  })

  it('show their address to whoever may see the connection, and nobody else, and are erased after on request', async () => {
    const asked: string[] = []
    const api = fakeApi({
      webhooks: {
        address: async (connectionId, asker) => {
          asked.push(`${connectionId} ${asker?.actor}`)
          return { url: 'https://raccordo.example/crm/webhooks/shop/c1?key=s' }
        },
      },
      records: {
        erase: async (_connectionId, _object, externalId) => ({ status: externalId === '1' ? 'erased' : 'pending' }),
      },
    })
    const reply = await api.request('POST', '/crm/connections/c1/webhook-address')
    expect(reply.json()).toEqual({ url: 'https://raccordo.example/crm/webhooks/shop/c1?key=s' })
    expect(asked).toEqual(['c1 key:k2'])
    expect((await api.request('POST', '/crm/connections/c22/webhook-address')).statusCode).toBe(404)
    const erase = async (path: string) => (await api.request('POST', `/crm/connections/${path}/erase`)).statusCode
    expect(await erase('c1/records/contact/1')).toBe(200)
    expect(await erase('c1/records/contact/2')).toBe(202)
    expect(await erase('c22/records/contact/1')).toBe(404)
  })

  it('are judged by the address that a trusted proxy tells, and by no other', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.9' }
    const listed = { webhookAddresses: { shop: ['192.0.2.0/24'] } }
    expect((await receiver(listed).send('/crm/webhooks/shop', '{}', headers)).statusCode).toBe(403)
    const behindProxy = receiver({ ...listed, trustedProxies: ['127.0.0.1'] })
    expect((await behindProxy.send('/crm/webhooks/shop', '{}', headers)).statusCode).toBe(200)
  })
})
