import type { Call, Reply } from '@raccordo/core/plugin'
import { expect, test } from 'vitest'
import { classify } from '../src/errors.ts'
import { provider, type Settings } from '../src/index.ts'
import { budget, limits } from '../src/limits.ts'
import { usualLagMs } from '../src/order.ts'

const reply = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body,
})
const error = (more: object) => ({ status: 'error', message: 'Words of HubSpot', correlationId: 'x', ...more })

test('every refusal has the kind that the engine reacts to rightly', () => {
  const kinds: readonly (readonly [number, object, string])[] = [
    [401, { category: 'EXPIRED_AUTHENTICATION' }, 'auth'],
    [401, { category: 'INVALID_AUTHENTICATION' }, 'auth'],
    [403, { category: 'MISSING_SCOPES' }, 'forbidden'],
    [404, { category: 'OBJECT_NOT_FOUND' }, 'not_found'],
    [404, {}, 'not_found'],
    [400, { category: 'VALIDATION_ERROR' }, 'invalid'],
    [400, {}, 'invalid'],
    [409, {}, 'conflict'],
    [414, {}, 'bug'],
    [423, {}, 'locked'],
    [429, { policyName: 'DAILY' }, 'quota'],
    [429, { message: 'You have reached your daily limit.' }, 'quota'],
    [429, { policyName: 'TEN_SECONDLY_ROLLING' }, 'rate_limited'],
    [429, { category: 'RATE_LIMITS', message: 'You have reached your secondly limit.' }, 'rate_limited'],
    [477, {}, 'unavailable'],
  ]
  for (const [status, more, kind] of kinds)
    expect(classify(reply(status, error(more)))?.kind, `${status} ${JSON.stringify(more)}`).toBe(kind)
})

test('success, partial success and faults of the server are left to the engine', () => {
  for (const status of [200, 201, 204, 207, 500, 502, 503, 504, 521, 523, 524])
    expect(classify(reply(status, error({ category: 'VALIDATION_ERROR' }))), String(status)).toBeUndefined()
})

test('a web page of the edge says nothing of records and scopes', () => {
  expect(classify(reply(404, '<html>404</html>'))).toBeUndefined()
  expect(classify(reply(403, '<html>403</html>'))).toBeUndefined()
  expect(classify(reply(414, '<h1>414 Request-URI Too Large</h1>'))?.kind).toBe('bug')
})

test('a missing scope is named, by its new or its old member', () => {
  for (const member of ['requiredGranularScopes', 'requiredScopes']) {
    const body = error({
      category: 'MISSING_SCOPES',
      errors: [{ context: { [member]: ['crm.objects.contacts.read'] } }],
    })
    expect(classify(reply(403, body))?.message).toContain('crm.objects.contacts.read')
  }
})

test('a property that does not exist is a matter of the schema, whether a code or the message says it', () => {
  const listed = `Property values were not valid: ${JSON.stringify([{ error: 'PROPERTY_DOESNT_EXIST', name: 'gone' }])}`
  const inMessage = classify(reply(400, error({ category: 'VALIDATION_ERROR', message: listed })))
  const inErrors = classify(
    reply(
      400,
      error({
        category: 'VALIDATION_ERROR',
        errors: [{ code: 'PROPERTY_DOESNT_EXIST', context: { propertyName: ['gone'] } }],
      }),
    ),
  )
  expect(inMessage).toMatchObject({ kind: 'schema', field: 'gone' })
  expect(inErrors).toMatchObject({ kind: 'schema', field: 'gone' })
})

test('the validation rules of version 2026-09 are invalid values with their field', () => {
  for (const code of ['MISSING_REQUIRED_PROPERTY', 'MISSING_CONDITIONAL_REQUIRED_PROPERTY']) {
    const body = error({ category: 'VALIDATION_ERROR', errors: [{ code, context: { propertyName: ['jobtitle'] } }] })
    expect(classify(reply(400, body))).toMatchObject({ kind: 'invalid', vendorCode: code, field: 'jobtitle' })
  }
})

test('a conflict names the record from the context or the message', () => {
  const inContext = error({ category: 'CONFLICT', context: { existingId: ['171591000198'] } })
  const inMessage = error({ category: 'CONFLICT', message: 'Contact already exists. Existing ID: 37765128953' })
  expect(classify(reply(409, inContext))?.existingIds).toEqual(['171591000198'])
  expect(classify(reply(409, inMessage))?.existingIds).toEqual(['37765128953'])
  expect(classify(reply(409, error({ category: 'CONFLICT' })))?.existingIds).toBeUndefined()
})

test('waits are those of the limit that was hit, or what Retry-After asks for in seconds', () => {
  const wait = (status: number, body: object, headers?: Record<string, string>) =>
    classify(reply(status, error(body), headers))?.retryAfterMs
  expect(wait(429, { policyName: 'SECONDLY' })).toBe(1_000)
  expect(wait(429, { policyName: 'TEN_SECONDLY_ROLLING' })).toBe(10_000)
  expect(wait(429, { message: 'You have reached your ten_secondly_rolling limit.' })).toBe(10_000)
  expect(wait(429, { policyName: 'SECONDLY' }, { 'retry-after': '4' })).toBe(4_000)
  expect(wait(429, { policyName: 'DAILY' })).toBeUndefined()
  expect(wait(423, {})).toBe(2_000)
  expect(wait(477, {}, { 'retry-after': '3600' })).toBe(3_600_000)
})

test('searches draw from their own budget and from the day, everything else from the ten seconds and the day', () => {
  const draws = (path: string): readonly number[] => {
    const call: Call = { path }
    return limits.rates.flatMap((rate, index) => (rate.when?.(call) === false ? [] : [index]))
  }
  expect(draws('/crm/objects/2026-03/contacts/search')).toEqual([1, 2])
  expect(draws('/crm/objects/2026-03/contacts')).toEqual([0, 2])
  expect(draws('/crm/associations/2026-03/contacts/companies/batch/read')).toEqual([0, 2, 3])
  expect(limits.rates.every((rate) => rate.shared === 'account')).toBe(true)
})

test('the budget follows the headers of ten seconds, and the day once it is spent', () => {
  const headers = { 'x-hubspot-ratelimit-remaining': '7', 'x-hubspot-ratelimit-interval-milliseconds': '10000' }
  expect(budget(reply(200, {}, headers))).toEqual({ remaining: 7, perMs: 10_000 })
  expect(budget(reply(200, {}, { ...headers, 'x-hubspot-ratelimit-daily-remaining': '0' }))).toEqual({
    remaining: 0,
    perMs: 86_400_000,
  })
  expect(budget(reply(200, {}))).toBeUndefined()
})

test('the lag of the index is a minute, or what the connection knows of its portal', () => {
  const lateOf = (settings: Settings) => {
    const order = provider.objects[0]?.order
    return typeof order === 'function' ? order(settings).lateMs : order?.lateMs
  }
  expect(usualLagMs({})).toBe(60_000)
  expect(lateOf({})).toEqual({ usual: 60_000, worst: 3_600_000 })
  expect(lateOf({ searchLagSeconds: 5 })).toEqual({ usual: 60_000, worst: 3_600_000 })
  expect(lateOf({ searchLagSeconds: 7_200 })).toEqual({ usual: 7_200_000, worst: 7_200_000 })
})

test('a grant that HubSpot takes no more is a lost sign-in', () => {
  const { oauth2 } = provider.auth
  const refused = (status: number, body: object) => oauth2?.refused?.(reply(status, body))
  expect(refused(400, { error: 'invalid_grant', status: 'BAD_REFRESH_TOKEN' })).toBe('auth')
  expect(refused(400, { status: 'BAD_REFRESH_TOKEN' })).toBe('auth')
  expect(refused(429, {})).toBe('rate_limited')
  expect(refused(502, {})).toBe('unavailable')
  expect(refused(200, { access_token: 'x' })).toBeUndefined()
})

test('calls ask for no scope of their own, and the token address follows the version', () => {
  const { oauth2 } = provider.auth
  expect(oauth2?.scopes.base).toEqual(['oauth'])
  expect(JSON.stringify(oauth2?.scopes)).not.toContain('calls')
  const url = oauth2?.tokenUrl
  expect(typeof url === 'function' && url({ apiVersion: 'v3' })).toBe('https://api.hubapi.com/oauth/v3/token')
  expect(typeof url === 'function' && url({})).toBe('https://api.hubapi.com/oauth/2026-03/token')
})
