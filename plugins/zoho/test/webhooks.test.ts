import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RawRequest } from '@raccordo/core/plugin'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { provider } from '../src/index.ts'
import { at, type Bench, contextOf, openBench } from './context.ts'

const SECRET = 'a-secret-of-this-connection-and-no-other'
const OBJECTS = ['Contacts', 'Accounts', 'Deals', 'Calls', 'Tasks', 'Events', 'Notes']
const WEEK_MS = 7 * 86_400_000
const { webhooks } = provider

let bench: Bench
let server: Server
let received: RawRequest[]
let hook: { url: string; secret: string; types: []; objects: readonly string[] }

beforeEach(async () => {
  received = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${request.url}`
      received.push({ method: 'POST', url, headers: {}, body: Buffer.concat(chunks), receivedAt: bench.ctx.now() })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/crm/webhooks/zoho/c1`
  hook = { url, secret: SECRET, types: [], objects: OBJECTS }
  bench = await openBench()
})
afterEach(async () => {
  await bench.sim.stop()
  server.close()
})

/** The context of today: access tokens do not last a week. */
const today = () => contextOf(bench.ctx.settings, bench.sim.signIn().accessToken, bench.ctx.now)

const notification = (body: object, url = hook.url): RawRequest => ({
  method: 'POST',
  url,
  headers: {},
  body: Buffer.from(JSON.stringify(body)),
  receivedAt: new Date(at(0)),
})

test('a channel tells of inserts, updates and deletions, and what is told is verified and read', async () => {
  await webhooks?.subscribe?.(bench.ctx, hook)
  const id = await bench.sim.add('contact', { last_name: 'C' })
  await bench.sim.edit('contact', id, { title: 'Buyer' })
  await bench.sim.remove('contact', id)
  await bench.sim.callbacksSettled()
  expect(received.map((request) => webhooks?.verify(request, SECRET))).toEqual([true, true, true])
  const events = received.flatMap((request) => webhooks?.parse(request) ?? [])
  expect(events.map(({ object, remoteId, op }) => [object, remoteId, op])).toEqual([
    ['Contacts', id, 'upsert'],
    ['Contacts', id, 'upsert'],
    ['Contacts', id, 'delete'],
  ])
  expect(received.map(({ body }) => JSON.parse(Buffer.from(body).toString()).affected_values)).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('the end that Zoho grants counts, and it grants a week to who asks for less', async () => {
  const first = await webhooks?.subscribe?.(bench.ctx, hook)
  expect(Date.parse(first?.expiresAt ?? '') - Date.parse(at(0))).toBe(WEEK_MS - 3_600_000)
  const told = bench.sim.log.at(-1)
  expect(JSON.parse(told?.requestBody ?? '{}').watch[0].events).not.toContain('Notes.all')
  const reply = {
    status: 201,
    body: {
      watch: [
        { code: 'SUCCESS', status: 'success', details: { events: [{ channel_expiry: '2026-11-02T15:30:00+05:30' }] } },
      ],
    },
  }
  bench.sim.faults.add({ path: /watch/, effect: { kind: 'reply', when: 'before', reply } })
  expect((await webhooks?.subscribe?.(bench.ctx, hook, first?.state))?.expiresAt).toBe('2026-11-02T10:00:00.000Z')
})

test('a channel is renewed as itself before it ends, twice over', async () => {
  let channel = await webhooks?.subscribe?.(bench.ctx, hook)
  for (let renewals = 0; renewals < 2; renewals += 1) {
    bench.pass(6 * 86_400_000)
    channel = await webhooks?.subscribe?.(today(), hook, channel?.state)
  }
  expect(bench.sim.channels()).toHaveLength(1)
  await bench.sim.add('contact', { last_name: 'Late' })
  await bench.sim.callbacksSettled()
  expect(received).toHaveLength(1)
})

test('a channel that was lost is opened anew, and a second subscription leaves one', async () => {
  const channel = await webhooks?.subscribe?.(bench.ctx, hook)
  bench.sim.dropChannels()
  const again = await webhooks?.subscribe?.(bench.ctx, hook, channel?.state)
  expect(again?.state).toEqual(channel?.state)
  await webhooks?.subscribe?.(bench.ctx, hook)
  expect(bench.sim.channels()).toHaveLength(1)
})

test('an account is not announced because one of its contacts changed', async () => {
  await webhooks?.subscribe?.(bench.ctx, hook)
  const company = await bench.sim.add('company', { name: 'Acme' })
  const contact = await bench.sim.add('contact', { last_name: 'C' }, [{ type: 'company', remoteId: company }])
  await bench.sim.edit('contact', contact, { title: 'Buyer' })
  await bench.sim.callbacksSettled()
  const objects = received.flatMap((request) => webhooks?.parse(request) ?? []).map(({ object }) => object)
  expect(objects).toEqual(['Accounts', 'Contacts', 'Contacts'])
})

test('unsubscribing ends the channel, and one that has ended is no fault', async () => {
  const channel = await webhooks?.subscribe?.(bench.ctx, hook)
  await webhooks?.unsubscribe?.(bench.ctx, channel?.state ?? {})
  expect(bench.sim.channels()).toHaveLength(0)
  await webhooks?.unsubscribe?.(bench.ctx, channel?.state ?? {})
})

test('a connection with notes alone opens no channel', async () => {
  expect(await webhooks?.subscribe?.(bench.ctx, { ...hook, objects: ['Notes'] })).toEqual({})
  expect(bench.sim.calls()).toBe(0)
})

test('only the token proves a notification, in the body and, where it is there, in the address', () => {
  const body = { module: 'Contacts', ids: ['1'], operation: 'update', token: SECRET }
  const verify = (request: RawRequest, secret = SECRET) => webhooks?.verify(request, secret)
  expect(verify(notification(body))).toBe(true)
  expect(verify(notification(body, `${hook.url}?token=${SECRET}`))).toBe(true)
  expect(verify(notification(body, `${hook.url}?token=wrong`))).toBe(false)
  expect(verify(notification({ ...body, token: 'wrong' }, `${hook.url}?token=${SECRET}`))).toBe(false)
  expect(verify(notification({ ...body, token: null }))).toBe(false)
  expect(verify(notification(body), '')).toBe(false)
  for (const text of ['', 'null', '[]', '"x"', '{"token":', '\u0000'])
    expect(verify({ ...notification({}), body: Buffer.from(text) })).toBe(false)
})

test('a notification that comes twice has one key, and one about several records a key for each', () => {
  const body = {
    module: 'Meetings',
    ids: ['7', '8', '7'],
    operation: 'insert',
    channel_id: '1',
    server_time: Date.parse(at(0)),
  }
  const once = webhooks?.parse(notification(body)) ?? []
  const twice = webhooks?.parse({ ...notification(body), receivedAt: new Date(at(5_000)) }) ?? []
  expect(once.map(({ key }) => key)).toEqual(twice.map(({ key }) => key))
  expect(new Set(once.map(({ key }) => key)).size).toBe(2)
  expect(once[0]).toMatchObject({ object: 'Events', remoteId: '7', op: 'upsert', at: at(0) })
  expect(webhooks?.parse(notification({ ...body, module: 'Invoices' }))).toEqual([])
  expect(() => webhooks?.parse({ ...notification({}), body: Buffer.from('{"ids":') })).toThrow()
})
