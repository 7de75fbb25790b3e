import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, DAY_MS, openBench } from './simulator-context.ts'

const WATCH = '/crm/v8/actions/watch'
const HOUR_MS = 3_600_000

let bench: Bench
let listener: Server
let url = ''
// biome-ignore lint/suspicious/noExplicitAny: tests read messages of a CRM as they come
let heard: any[] = []

beforeEach(async () => {
  heard = []
  listener = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    heard.push(JSON.parse(Buffer.concat(pieces).toString('utf8')))
    response.end()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/hook?k=v`
  bench = await openBench()
})
afterEach(async () => {
  await bench.sim.stop()
  listener.closeAllConnections()
  await new Promise((resolve) => listener.close(resolve))
})

const open = (more: object = {}, method = 'POST') =>
  bench.call(method, WATCH, {
    watch: [{ channel_id: '1000000068001', events: ['Contacts.all'], token: 'secret', notify_url: url, ...more }],
  })
const expiryOf = (answer: { body: { watch: { details: { events: { channel_expiry: string }[] } }[] } }): number =>
  Date.parse(answer.body.watch[0]?.details.events[0]?.channel_expiry ?? '')
const inMs = (ms: number): string => `${new Date(nowMs() + ms).toISOString().slice(0, 19)}+00:00`
let passedMs = 0
const nowMs = () => Date.parse('2026-11-02T09:00:00Z') + passedMs
beforeEach(() => {
  passedMs = 0
})
const pass = (ms: number): void => {
  passedMs += ms
  bench.pass(ms)
}
const settled = async () => {
  await bench.sim.callbacksSettled()
  return heard
}

test('a channel lives as long as it asks for, up to a week', async () => {
  const answer = await open({ channel_expiry: inMs(6 * DAY_MS) })
  expect(answer).toMatchObject({ status: 201, body: { watch: [{ code: 'SUCCESS' }] } })
  expect(expiryOf(answer)).toBe(nowMs() + 6 * DAY_MS)
})

test('without an expiry, or with one beyond a week, a channel lives an hour, and only the answer says so', async () => {
  expect(expiryOf(await open())).toBe(nowMs() + HOUR_MS)
  const longer = await open({ channel_expiry: inMs(8 * DAY_MS) })
  expect(longer.body.watch[0].code).toBe('SUCCESS')
  expect(expiryOf(longer)).toBe(nowMs() + HOUR_MS)
})

test('a channel ends at its hour in silence, and is not subscribed from then on', async () => {
  await open()
  pass(HOUR_MS)
  await bench.sim.add('contact', { last_name: 'A' })
  expect(await settled()).toEqual([])
  expect((await bench.call('GET', WATCH)).status).toBe(204)
  expect((await open({}, 'PUT')).body.watch[0].code).toBe('NOT_SUBSCRIBED')
  expect((await bench.call('DELETE', `${WATCH}?channel_ids=1000000068001`)).body.watch[0].code).toBe('NOT_SUBSCRIBED')
})

test('a channel is renewed with the same number, and stays one', async () => {
  await open()
  pass(HOUR_MS - 1_000)
  expect(expiryOf(await open({ channel_expiry: inMs(DAY_MS) }, 'PATCH'))).toBe(nowMs() + DAY_MS)
  await open({ channel_expiry: inMs(2 * DAY_MS) })
  expect(bench.sim.channels()).toHaveLength(1)
  await bench.sim.add('contact', { last_name: 'A' })
  expect(await settled()).toHaveLength(1)
})

test('messages say insert, update and delete, and carry the token and the query of the address', async () => {
  await open({ events: ['Contacts.create', 'Contacts.edit', 'Contacts.delete'] })
  const id = await bench.sim.add('contact', { last_name: 'A' })
  await bench.sim.edit('contact', id, { title: 'Boss' })
  await bench.sim.remove('contact', id)
  const told = await settled()
  expect(told).toHaveLength(3)
  expect(new Set(told.map(({ operation }) => operation))).toEqual(new Set(['insert', 'update', 'delete']))
  expect(told.find(({ operation }) => operation === 'update')).toEqual({
    server_time: nowMs(),
    query_params: { k: 'v' },
    module: 'Contacts',
    resource_uri: 'https://www.zohoapis.com/crm/v2/Contacts',
    ids: [id],
    affected_fields: [{ [id]: ['Title'] }],
    operation: 'update',
    channel_id: '1000000068001',
    token: 'secret',
  })
  expect(told.find(({ operation }) => operation === 'insert').affected_fields).toEqual([])
})

test('values come only when they are asked for, and of a deleted record who deleted it', async () => {
  await open({ return_affected_field_values: true, token: undefined })
  const id = await bench.sim.add('contact', { last_name: 'A' })
  await settled()
  await bench.sim.edit('contact', id, { title: 'Boss' })
  await settled()
  await bench.sim.remove('contact', id)
  const [, update, removal] = await settled()
  expect(update).toMatchObject({ token: null, affected_values: [{ record_id: id, values: { Title: 'Boss' } }] })
  expect(removal.affected_values[0].values).toEqual({
    Modified_By: { name: 'Sales One', id: bench.sim.owners[1]?.id },
    Record_Status__s: 'Trash',
  })
})

test('one message tells of all records of one request', async () => {
  await open()
  await bench.call('POST', '/crm/v8/Contacts', { data: [{ Last_Name: 'A' }, { Last_Name: 'B' }] })
  const told = await settled()
  expect(told).toHaveLength(1)
  expect(told[0].ids).toHaveLength(2)
})

test('an account is told of when its contact changes, unless that is switched off', async () => {
  const company = await bench.sim.add('company', { name: 'Acme' })
  const links = [{ type: 'company' as const, remoteId: company }]
  await open({ events: ['Accounts.edit'] })
  await bench.sim.add('contact', { last_name: 'A' }, links)
  expect(await settled()).toMatchObject([{ module: 'Accounts', operation: 'update', ids: [company] }])
  await open({ events: ['Accounts.edit'], notify_on_related_action: false })
  await bench.sim.add('contact', { last_name: 'B' }, links)
  expect(await settled()).toHaveLength(1)
})

test('a condition on fields keeps other changes away', async () => {
  const field_selection = { group_operator: 'or', group: [{ field: { api_name: 'Email' } }] }
  await open({
    notification_condition: [{ type: 'field_selection', module: { api_name: 'Contacts' }, field_selection }],
  })
  const id = await bench.sim.add('contact', { last_name: 'A' })
  await bench.sim.edit('contact', id, { title: 'Boss' })
  await bench.sim.edit('contact', id, { email: 'a@example.com' })
  expect(await settled()).toMatchObject([{ operation: 'update', affected_fields: [{ [id]: ['Email'] }] }])
})

test('notes are told to nobody, a token has fifty characters, a channel number no letters', async () => {
  for (const more of [
    { events: ['Notes.all'] },
    { token: 'x'.repeat(51) },
    { channel_id: 'mine' },
    { events: ['Contacts.change'] },
  ])
    expect((await open(more)).body.watch[0].code, JSON.stringify(more)).toBe('INVALID_DATA')
  const mixed = await bench.call('POST', WATCH, {
    watch: [
      { channel_id: '1', events: ['Calls.all'], notify_url: url },
      { channel_id: '2', events: ['Notes.all'], notify_url: url },
    ],
  })
  expect(mixed.status).toBe(207)
})

test('a part of the events can be taken away again, and with the last one goes the channel', async () => {
  await open({ events: ['Contacts.all', 'Deals.all'] })
  await open({ events: ['Contacts.all'], _delete_events: true }, 'PATCH')
  expect((await bench.call('GET', WATCH)).body.watch).toMatchObject([{ resource_name: 'Deals' }])
  await open({ events: ['Deals.all'], _delete_events: true }, 'PATCH')
  expect(bench.sim.channels()).toEqual([])
})

test('callbacks are lost, doubled and late when they are told to be, and channels can be lost all at once', async () => {
  await open({ channel_expiry: inMs(DAY_MS) })
  bench.sim.callbacks.lose = 1
  await bench.sim.add('contact', { last_name: 'A' })
  expect(await settled()).toEqual([])
  Object.assign(bench.sim.callbacks, { lose: 0, double: 1 })
  await bench.sim.add('contact', { last_name: 'B' })
  expect(await settled()).toHaveLength(2)
  Object.assign(bench.sim.callbacks, { double: 0, delayMs: 60_000 })
  await bench.sim.add('contact', { last_name: 'C' })
  expect(await settled()).toHaveLength(2)
  pass(60_000)
  expect(await settled()).toHaveLength(3)
  bench.sim.dropChannels()
  await bench.sim.add('contact', { last_name: 'D' })
  pass(60_000)
  expect(await settled()).toHaveLength(3)
})

test('nobody is told of a change before it is committed', async () => {
  await open()
  bench.sim.commitDelayMs = 30_000
  await bench.sim.add('contact', { last_name: 'A' })
  expect(await settled()).toEqual([])
  pass(30_000)
  expect(await settled()).toHaveLength(1)
})

test('a listener that cannot be reached misses the message, and nothing else happens', async () => {
  await open({ notify_url: 'http://127.0.0.1:9/' })
  await bench.sim.add('contact', { last_name: 'A' })
  await bench.sim.callbacksSettled()
  expect((await bench.sim.truth('contact')).length).toBe(1)
})

test('deliveries can be had without a channel: the token in the body, the query beside it', async () => {
  const company = await bench.sim.add('company', { name: 'Acme' })
  const one = await bench.sim.add('contact', { last_name: 'A' })
  const two = await bench.sim.add('contact', { last_name: 'B' })
  const deliveries = bench.sim.webhooks.deliveries({
    url: 'https://host.example.com/hook?k=v',
    secret: 'token',
    at: new Date(nowMs()),
    changes: [
      { type: 'contact', id: one, op: 'upsert' },
      { type: 'contact', id: two, op: 'upsert' },
      { type: 'company', id: company, op: 'delete' },
    ],
  })
  const bodies = deliveries.map(({ body }) => JSON.parse(Buffer.from(body).toString('utf8')))
  expect(bodies).toMatchObject([
    { module: 'Contacts', operation: 'update', ids: [one, two], token: 'token', query_params: { k: 'v' } },
    { module: 'Accounts', operation: 'delete', ids: [company], token: 'token' },
  ])
})
