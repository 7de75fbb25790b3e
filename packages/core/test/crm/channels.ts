import { createHmac } from 'node:crypto'
import type { Route } from '@raccordo/testkit/simulator'
import type { Fields, RemoteEvent, Webhooks } from '../../src/contract.ts'
import { CrmError, hmacMatches } from '../../src/plugin.ts'

/** Webhook channels of the fake CRM: it lets them end, loses them and counts what it is asked. */
export interface Channels {
  readonly routes: readonly Route[]
  readonly webhooks: Webhooks<Fields>
  readonly open: Map<string, { readonly url: string; readonly secret: string; readonly objects: readonly string[] }>
  /** Every subscription that was asked for, with the id that was to be renewed. */
  readonly asked: { readonly previous: string | undefined; readonly objects: readonly string[] }[]
  /** Ends the channels whose time is over, as the CRM does by itself. */
  expire(): void
}

export const signed = (secret: string, events: readonly Fields[], nowMs = Date.now()) => {
  const body = Buffer.from(JSON.stringify(events))
  const signature = createHmac('sha256', secret).update(String(nowMs)).update(body).digest('hex')
  return { method: 'POST', headers: { 'x-signature': signature, 'x-time': String(nowMs) }, body }
}

const OLDEST_MS = 300_000

/** Proof and reading of events: signed bytes, a bounded age both ways. */
const verification = (secret: 'client' | 'connection'): Pick<Webhooks<Fields>, 'secret' | 'verify' | 'parse'> => ({
  secret,
  verify: ({ headers, body, receivedAt }, key) => {
    const time = headers['x-time'] ?? ''
    const signature = headers['x-signature']
    const isFresh = Math.abs(receivedAt.getTime() - Number(time)) <= OLDEST_MS
    return isFresh && hmacMatches({ algorithm: 'sha256', encoding: 'hex', secret: key, parts: [time, body], signature })
  },
  parse: ({ body }) => JSON.parse(Buffer.from(body).toString('utf8')) as RemoteEvent[],
})

/** Webhooks that an app's secret signs. */
export const appWebhooks: Webhooks<Fields> = verification('client')

/** `nowMs`: the CRM's clock; `lifeMs`: how long a channel of it lives. */
export const createChannels = (nowMs: () => number, lifeMs: number): Channels => {
  const open: Channels['open'] = new Map()
  const endsAt = new Map<string, number>()
  const asked: Channels['asked'][number][] = []
  let last = 0

  const expire = (): void => {
    for (const [id, atMs] of endsAt) if (atMs <= nowMs()) open.delete(id)
  }
  const routes: readonly Route[] = [
    {
      method: 'POST',
      path: '/channels',
      handle: ({ json }) => {
        const { id, url, secret, objects } = json()
        asked.push({ previous: id, objects })
        expire()
        if (id !== undefined && !open.has(id)) return { status: 404, body: { message: 'NOT_SUBSCRIBED' } }
        last += 1
        const channel: string = id ?? String(last)
        open.set(channel, { url, secret, objects })
        endsAt.set(channel, nowMs() + lifeMs)
        return { body: { id: channel, expiresAt: new Date(nowMs() + lifeMs).toISOString() } }
      },
    },
    {
      method: 'DELETE',
      path: '/channels/:id',
      handle: ({ params }) => {
        open.delete(params['id'] ?? '')
        return { status: 204 }
      },
    },
  ]
  return {
    routes,
    open,
    asked,
    expire,
    webhooks: {
      ...verification('connection'),
      address: ({ url, secret }) => `${url}?key=${secret}`,
      subscribe: async (ctx, { url, secret, objects }, previous) => {
        const id = previous?.['id']
        const body = { url, secret, objects, ...(id === undefined ? {} : { id }) }
        const reply = await ctx.call({ method: 'POST', path: '/channels', body, idempotent: true })
        return { expiresAt: reply.body.expiresAt, state: { id: reply.body.id } }
      },
      unsubscribe: async (ctx, { id }) => {
        if (typeof id !== 'string') throw new CrmError('bug', 'a channel without an id')
        await ctx.call({ method: 'DELETE', path: `/channels/${id}`, idempotent: true })
      },
    },
  }
}
