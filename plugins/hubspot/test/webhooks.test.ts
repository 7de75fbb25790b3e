import { createHash, createHmac } from 'node:crypto'
import type { RawRequest, RemoteEvent } from '@raccordo/core/plugin'
import { describe, expect, test } from 'vitest'
import { provider } from '../src/index.ts'
import { signedUrl } from '../src/signature.ts'
import file from './fixtures/signature-vectors.json' with { type: 'json' }

const verify = (request: RawRequest, secret: string): boolean => provider.webhooks?.verify(request, secret) ?? false
const parse = (request: RawRequest): readonly RemoteEvent[] => provider.webhooks?.parse(request) ?? []

const AT = new Date(1_790_000_000_000)
const SECRET = 'test-client-secret'
const URL_ = 'https://hooks.example.test/crm/webhooks/hubspot'
const BODY = '[{"subscriptionType":"contact.creation","objectId":1}]'

const requestOf = (body: string | Uint8Array, headers: Record<string, string> = {}, url = URL_): RawRequest => ({
  method: 'POST',
  url,
  headers,
  body: typeof body === 'string' ? Buffer.from(body) : body,
  receivedAt: AT,
})
const v1 = (body: string): Record<string, string> => ({
  'x-hubspot-signature': createHash('sha256').update(`${SECRET}${body}`).digest('hex'),
  'x-hubspot-signature-version': 'v1',
})
const v3 = (body: string, timestamp = String(AT.getTime()), url = URL_): Record<string, string> => ({
  'x-hubspot-signature-v3': createHmac('sha256', SECRET).update(`POST${url}${body}${timestamp}`).digest('base64'),
  'x-hubspot-request-timestamp': timestamp,
})

describe('every signature vector', () => {
  // Two vectors are one request with one signature: whoever verifies gets the URL as it was called, and decodes it.
  const ofCaller = new Set(['v3-encoded-query-not-decoded'])
  for (const vector of file.vectors) {
    const { name, method, requestUrl: url, headers, rawBody, nowMs, clientSecret, expectValid } = vector
    if (ofCaller.has(name)) continue
    test(`${name} is ${expectValid ? 'taken' : 'refused'}`, () => {
      const body = Buffer.from(rawBody, 'utf8')
      const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
      expect(verify({ method, url, headers: sent, body, receivedAt: new Date(nowMs) }, clientSecret)).toBe(expectValid)
    })
  }
  test('v3-encoded-query-not-decoded: the URL without decoding does not give that signature', () => {
    const vector = file.vectors.find(({ name }) => ofCaller.has(name))
    const source = `${vector?.method}${vector?.requestUrl}${vector?.rawBody}${vector?.timestampMs}`
    const hash = createHmac('sha256', String(vector?.clientSecret)).update(source).digest('base64')
    expect(hash).not.toBe(vector?.expectedSignature)
  })
})

test('only the twelve escapes of the documentation are written out, and each once', () => {
  expect(Object.keys(file.v3DecodeMap).map(signedUrl).join('')).toBe(Object.values(file.v3DecodeMap).join(''))
  expect(signedUrl('https://a.test/x?y=%20%25%26%2B%3D%23%253A%C3%A9')).toBe(
    'https://a.test/x?y=%20%25%26%2B%3D%23%253A%C3%A9',
  )
})

test('an older signature never makes up for a version 3 that is wrong, stale, half there or empty', () => {
  expect(verify(requestOf(BODY, { ...v1(BODY), ...v3(BODY) }), SECRET)).toBe(true)
  expect(verify(requestOf(BODY, v1(BODY)), SECRET)).toBe(true)
  const stale = String(AT.getTime() - 300_001)
  for (const broken of [
    v3(`${BODY} `),
    v3(BODY, stale),
    { 'x-hubspot-signature-v3': '' },
    { 'x-hubspot-request-timestamp': String(AT.getTime()) },
    { 'x-hubspot-signature-v3': String(v3(BODY)['x-hubspot-signature-v3']) },
  ])
    expect(verify(requestOf(BODY, { ...v1(BODY), ...broken }), SECRET)).toBe(false)
})

test('the time of signing is bounded both ways, and must be a plain number', () => {
  for (const [offset, isTaken] of [
    [300_000, true],
    [-300_000, true],
    [300_001, false],
    [-300_001, false],
  ] as const)
    expect(verify(requestOf(BODY, v3(BODY, String(AT.getTime() + offset))), SECRET)).toBe(isTaken)
  for (const odd of ['', ' 1790000000000', '1.79e12', '0x1a0', 'NaN', '-1', '9'.repeat(40)])
    expect(verify(requestOf(BODY, v3(BODY, odd)), SECRET)).toBe(false)
})

test('without a secret, a signature or a known version nothing is taken', () => {
  const empty = {
    'x-hubspot-signature': createHash('sha256').update(BODY).digest('hex'),
    'x-hubspot-signature-version': 'v1',
  }
  expect(verify(requestOf(BODY, empty), '')).toBe(false)
  expect(verify(requestOf(BODY), SECRET)).toBe(false)
  const { 'x-hubspot-signature': signature = '' } = v1(BODY)
  for (const version of ['v0', 'v3', 'V1 ', ''])
    expect(
      verify(requestOf(BODY, { 'x-hubspot-signature': signature, 'x-hubspot-signature-version': version }), SECRET),
    ).toBe(false)
})

const EVENT = { eventId: 1, subscriptionId: 11, portalId: 62515, occurredAt: AT.getTime() - 1_500, attemptNumber: 0 }
const parsed = (...events: readonly object[]) => parse(requestOf(JSON.stringify(events)))
const short = (...events: readonly object[]) =>
  parsed(...events.map((event) => ({ ...EVENT, ...event }))).map(({ object, remoteId, op, mergedInto }) =>
    [op, object, remoteId, ...(mergedInto === undefined ? [] : [mergedInto])].join(' '),
  )

test('every kind of event says which record to look at, under either name of its type', () => {
  expect(short({ subscriptionType: 'contact.creation', objectId: 5 })).toEqual(['upsert contacts 5'])
  expect(short({ eventType: 'company.creation', objectId: 5 })).toEqual(['upsert companies 5'])
  expect(short({ subscriptionType: 'deal.propertyChange', objectId: '5', propertyName: 'amount' })).toEqual([
    'upsert deals 5',
  ])
  expect(short({ subscriptionType: 'contact.restore', objectId: 5 })).toEqual(['upsert contacts 5'])
  expect(short({ subscriptionType: 'company.deletion', objectId: 5 })).toEqual(['delete companies 5'])
  expect(short({ subscriptionType: 'contact.privacyDeletion', objectId: 5 })).toEqual(['erase contacts 5'])
})

test('generic events name their object by its type id', () => {
  const types = {
    '0-1': 'contacts',
    '0-2': 'companies',
    '0-3': 'deals',
    '0-27': 'tasks',
    '0-46': 'notes',
    '0-47': 'meetings',
    '0-48': 'calls',
    '0-49': 'emails',
  }
  for (const [objectTypeId, name] of Object.entries(types))
    expect(short({ subscriptionType: 'object.creation', objectTypeId, objectId: 7 })).toEqual([`upsert ${name} 7`])
})

test('a merge ends every id but the survivor, which may have a new one', () => {
  const merge = {
    subscriptionType: 'contact.merge',
    primaryObjectId: 5,
    mergedObjectIds: [6, 7],
    numberOfPropertiesMoved: 3,
  }
  expect(short({ ...merge, newObjectId: 9 })).toEqual([
    'delete contacts 6 9',
    'delete contacts 7 9',
    'delete contacts 5 9',
    'upsert contacts 9',
  ])
  const kept = ['delete contacts 6 5', 'delete contacts 7 5', 'upsert contacts 5']
  expect(short({ ...merge, newObjectId: 5 })).toEqual(kept)
  expect(short({ ...merge, newObjectId: null })).toEqual(kept)
  expect(short({ ...merge, mergedObjectIds: [5, 6, 6], newObjectId: undefined })).toEqual([
    'delete contacts 6 5',
    'upsert contacts 5',
  ])
})

test('a change of an association is a change of both ends, as far as they are moved', () => {
  const link = {
    subscriptionType: 'contact.associationChange',
    fromObjectId: 5,
    toObjectId: 8,
    associationRemoved: false,
  }
  expect(short({ ...link, associationType: 'CONTACT_TO_COMPANY' })).toEqual(['upsert contacts 5', 'upsert companies 8'])
  expect(short({ ...link, associationType: 'CONTACT_TO_TICKET' })).toEqual(['upsert contacts 5'])
  expect(short({ ...link, associationType: 'SOMETHING_NEW' })).toEqual(['upsert contacts 5'])
  const generic = {
    ...link,
    subscriptionType: 'object.associationChange',
    fromObjectTypeId: '0-47',
    toObjectTypeId: '0-3',
  }
  expect(short(generic)).toEqual(['upsert meetings 5', 'upsert deals 8'])
  expect(
    short({ ...link, subscriptionType: 'object.associationChange', associationType: 'MEETING_EVENT_TO_CONTACT' }),
  ).toEqual(['upsert meetings 5', 'upsert contacts 8'])
})

test('what is not moved, not known or not whole is passed over, and does not hold up what comes with it', () => {
  const strange = [
    { subscriptionType: 'ticket.creation', objectId: 5 },
    { subscriptionType: 'line_item.propertyChange', objectId: 5 },
    { subscriptionType: 'conversation.newMessage', objectId: 5 },
    { subscriptionType: 'event.completed' },
    { subscriptionType: 'contact.somethingNew', objectId: 5 },
    { subscriptionType: 'contact.constructor', objectId: 5 },
    { subscriptionType: 'object.creation', objectTypeId: '2-4711', objectId: 5 },
    { subscriptionType: 'contact.creation' },
    { subscriptionType: 'contact.creation', objectId: '../5' },
    { subscriptionType: 'contact.merge', mergedObjectIds: 'none' },
    { subscriptionType: 42, objectId: [] },
    {},
  ]
  expect(short(...strange, { subscriptionType: 'contact.creation', objectId: 6 })).toEqual(['upsert contacts 6'])
  expect(parse(requestOf('[null,1,"x",[]]'))).toEqual([])
  expect(parse(requestOf('[]'))).toEqual([])
  const one = parse(requestOf(JSON.stringify({ ...EVENT, subscriptionType: 'deal.deletion', objectId: 3 })))
  expect(one).toMatchObject([{ object: 'deals', remoteId: '3', op: 'delete' }])
})

test('what is no JSON, cut short or no list of events is refused as a whole', () => {
  for (const body of ['', 'x', '<html></html>', '[{"objectId":1}', '1', '"x"', 'null', 'true'])
    expect(() => parse(requestOf(body))).toThrow()
  expect(() => parse(requestOf(Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d])))).toThrow()
})

test('an event belongs to the portal that it names, at the time that it names', () => {
  const event = { ...EVENT, subscriptionType: 'contact.creation', objectId: 5 }
  expect(parsed(event)[0]).toMatchObject({ accountId: '62515', at: '2026-09-21T14:13:18.500Z' })
  expect(parsed({ ...event, portalId: undefined, occurredAt: 'soon' })[0]).toMatchObject({ at: AT.toISOString() })
  expect(parsed({ ...event, portalId: undefined })[0]).not.toHaveProperty('accountId')
  expect(parsed({ ...event, occurredAt: 1e300 })[0]).toMatchObject({ at: AT.toISOString() })
})

test('a repeated delivery has the same keys, whatever its attempt and event id say', () => {
  const event = { ...EVENT, subscriptionType: 'contact.propertyChange', objectId: 5, propertyName: 'phone' }
  const again = { ...event, attemptNumber: 3, eventId: 2 }
  expect(parsed(again).map(({ key }) => key)).toEqual(parsed(event).map(({ key }) => key))
})

test('different events never share a key, even under one event id', () => {
  const base = { ...EVENT, subscriptionType: 'contact.propertyChange', objectId: 5, propertyName: 'phone' }
  const merge = {
    ...EVENT,
    subscriptionType: 'contact.merge',
    primaryObjectId: 5,
    mergedObjectIds: [6],
    newObjectId: 5,
  }
  const link = {
    ...EVENT,
    subscriptionType: 'contact.associationChange',
    associationType: 'CONTACT_TO_COMPANY',
    fromObjectId: 5,
    toObjectId: 8,
    associationRemoved: false,
    isPrimaryAssociation: false,
  }
  const events = [
    base,
    { ...base, propertyName: 'email' },
    { ...base, objectId: 6 },
    { ...base, portalId: 1 },
    { ...base, subscriptionId: 12 },
    { ...base, occurredAt: base.occurredAt + 1 },
    merge,
    { ...merge, newObjectId: 9 },
    link,
    { ...link, isPrimaryAssociation: true },
    { ...link, associationRemoved: true },
    { ...link, toObjectId: 9 },
  ]
  const keys = parsed(...events).map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
})
