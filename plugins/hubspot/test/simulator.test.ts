import { createHash } from 'node:crypto'
import { giveConsent } from '@raccordo/testkit/simulator'
import { afterEach, expect, test } from 'vitest'
import { type HubspotSimulator, simulator } from '../simulator/index.ts'
import type { HubspotOptions } from '../simulator/options.ts'

let sim: HubspotSimulator
let nowMs = Date.parse('2026-11-02T09:00:00.000Z')
afterEach(() => sim.stop())

const start = async (options: HubspotOptions = {}): Promise<void> => {
  nowMs = Date.parse('2026-11-02T09:00:00.000Z')
  sim = await simulator.start({ now: () => new Date(nowMs), ...options })
}

const call = async (method: string, path: string, body?: unknown, token = 'sim-service-key') => {
  const response = await fetch(`${sim.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}
const form = async (path: string, fields: Record<string, string>) => {
  const response = await fetch(`${sim.url}${path}`, { method: 'POST', body: new URLSearchParams(fields) })
  const text = await response.text()
  const body: Record<string, string> = text === '' ? {} : JSON.parse(text)
  return { status: response.status, body }
}
const CLIENT = { client_id: 'sim-client', client_secret: 'sim-secret' }
const CONTACTS = '/crm/objects/2026-03/contacts'

test('any version of the paths leads to the same records', async () => {
  await start()
  const id = await sim.add('contact', { email: 'a@example.com' })
  for (const path of ['/crm/v3/objects/contacts', '/crm/v4/objects/0-1', CONTACTS, '/crm/objects/2027-03-beta/contact'])
    expect((await call('GET', `${path}/${id}`)).body.id, path).toBe(id)
  expect(await call('GET', '/crm/v3/objects/butterflies')).toMatchObject({
    status: 400,
    body: { message: 'Unable to infer object type from: butterflies' },
  })
})

test('signing in by the page takes a code once, proves PKCE, and says how long the token lives', async () => {
  await start({ redirectUris: ['https://host.example.com/callback'] })
  const verifier = 'a-verifier-of-sufficient-length-for-anybody-who-counts'
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const query = new URLSearchParams({
    client_id: 'sim-client',
    redirect_uri: 'https://host.example.com/callback',
    scope: 'oauth crm.objects.contacts.read',
    state: 'xyz',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  const codeOf = async (): Promise<string> => {
    const target = new URL(await giveConsent(`${sim.url}/oauth/authorize?${query}`))
    expect(target.searchParams.get('state')).toBe('xyz')
    return target.searchParams.get('code') ?? ''
  }
  const exchange = { ...CLIENT, grant_type: 'authorization_code', redirect_uri: 'https://host.example.com/callback' }
  const wrong = await form('/oauth/2026-03/token', { ...exchange, code: await codeOf(), code_verifier: 'another' })
  expect(wrong).toMatchObject({ status: 400, body: { status: 'BAD_AUTH_CODE' } })
  const code = await codeOf()
  const tokens = await form('/oauth/2026-03/token', { ...exchange, code, code_verifier: verifier })
  expect(tokens.body).toMatchObject({ token_type: 'bearer', expires_in: 1_800, hub_id: sim.portalId })
  const again = await form('/oauth/2026-03/token', { ...exchange, code, code_verifier: verifier })
  expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  expect((await call('GET', CONTACTS, undefined, tokens.body.access_token)).status).toBe(200)
  nowMs += 1_800_000
  expect(await call('GET', CONTACTS, undefined, tokens.body.access_token)).toMatchObject({
    status: 401,
    body: { category: 'EXPIRED_AUTHENTICATION' },
  })
})

test('a refresh keeps the token, rotates it where that is switched on, and is refused in HubSpot’s words', async () => {
  await start()
  const kept = sim.signIn()
  const refresh = { ...CLIENT, grant_type: 'refresh_token', refresh_token: kept.refreshToken }
  expect((await form('/oauth/v3/token', refresh)).body.refresh_token).toBe(kept.refreshToken)
  sim.revoke(kept.refreshToken)
  expect(await form('/oauth/v3/token', refresh)).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant', status: 'BAD_REFRESH_TOKEN' },
  })
  await sim.stop()
  await start({ rotatesRefreshTokens: true })
  const { refreshToken } = sim.signIn()
  const first = await form('/oauth/v3/token', { ...refresh, refresh_token: refreshToken })
  expect(first.body.refresh_token).not.toBe(refreshToken)
  expect((await form('/oauth/v3/token', { ...refresh, refresh_token: refreshToken })).status).toBe(400)
})

test('introspection takes the field under both of its names', async () => {
  await start()
  const { accessToken, refreshToken } = sim.signIn()
  for (const fields of [{ token: accessToken }, { access_token: accessToken }, { refresh_token: refreshToken }])
    expect((await form('/oauth/2026-03/token/introspect', { ...CLIENT, ...fields })).body).toMatchObject({
      active: true,
      hub_id: sim.portalId,
    })
  await form('/oauth/2026-03/token/revoke', { ...CLIENT, token: refreshToken })
  expect((await form('/oauth/2026-03/token/introspect', { ...CLIENT, token: refreshToken })).body.active).toBe(false)
})

test('a search ends at 10,000 results, takes no cursor of a list, and at most 200 a page', async () => {
  await start()
  await sim.seed({ contacts: 10_050, companies: 1 })
  const search = (body: object) => call('POST', `${CONTACTS}/search`, body)
  const first = await search({ limit: 200 })
  expect(first.body.total).toBe(10_050)
  expect(first.body.paging.next.after).toBe('200')
  const last = await search({ limit: 200, after: '9900' })
  expect(last.body.results).toHaveLength(100)
  expect((await search({ limit: 200, after: '10000' })).status).toBe(400)
  expect((await search({ limit: 201 })).status).toBe(400)
  expect((await search({ after: 'abc' })).body.message).toContain('Cannot deserialize value of type')
})

test('five searches a second for all who share the portal, without headers and without a policy in the refusal', async () => {
  await start()
  sim.rateLimits = true
  const { accessToken } = sim.signIn()
  const search = (token?: string) => call('POST', `${CONTACTS}/search`, {}, token)
  for (let count = 0; count < 5; count += 1) {
    const reply = await search(count % 2 === 0 ? accessToken : undefined)
    expect([reply.status, reply.headers.get('x-hubspot-ratelimit-remaining')]).toEqual([200, null])
  }
  const refused = await search()
  expect(refused).toMatchObject({ status: 429, body: { category: 'RATE_LIMITS' } })
  expect(refused.body.policyName).toBeUndefined()
  nowMs += 1_000
  expect((await search()).status).toBe(200)
})

test('an app has 110 calls in any ten seconds and is told what remains; the day ends at the portal’s midnight', async () => {
  await start({ dailyLimit: 120, timeZone: 'America/New_York' })
  sim.rateLimits = true
  const { accessToken } = sim.signIn()
  const read = () => call('GET', `${CONTACTS}?limit=1`, undefined, accessToken)
  const first = await read()
  expect(first.headers.get('x-hubspot-ratelimit-remaining')).toBe('109')
  expect(first.headers.get('x-hubspot-ratelimit-daily-remaining')).toBeNull()
  for (let count = 1; count < 110; count += 1) expect((await read()).status).toBe(200)
  expect((await read()).body.policyName).toBe('TEN_SECONDLY_ROLLING')
  nowMs += 10_000
  for (let count = 0; count < 10; count += 1) await read()
  expect((await read()).body.policyName).toBe('DAILY')
  const withKey = () => call('GET', `${CONTACTS}?limit=1`)
  nowMs = Date.parse('2026-11-03T04:59:59.000Z')
  expect((await withKey()).status).toBe(429)
  nowMs = Date.parse('2026-11-03T05:00:00.000Z')
  expect((await withKey()).headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('119')
})

test('a batch without trace ids is all or nothing, one with them row by row', async () => {
  await start()
  await sim.add('contact', { email: 'there@example.com' })
  const inputs = ['new@example.com', 'there@example.com'].map((email) => ({ properties: { email } }))
  const whole = await call('POST', `${CONTACTS}/batch/create`, { inputs })
  expect(whole).toMatchObject({ status: 409, body: { category: 'CONFLICT', message: 'Contact already exists' } })
  expect(await sim.truth('contact')).toHaveLength(1)
  const traced = inputs.map((input, index) => ({ ...input, objectWriteTraceId: String(index) }))
  const rows = await call('POST', `${CONTACTS}/batch/create`, { inputs: traced })
  expect(rows).toMatchObject({ status: 207, body: { status: 'COMPLETE', numErrors: 1 } })
  expect(rows.body.errors[0].context).toMatchObject({ objectWriteTraceId: ['1'] })
  expect(await sim.truth('contact')).toHaveLength(2)
})

test('batches take a hundred inputs and no id twice, and updates know no other key than the id', async () => {
  await start()
  const id = await sim.add('contact', { email: 'a@example.com' })
  const inputs = Array.from({ length: 101 }, (_, index) => ({ properties: { email: `a${index}@example.com` } }))
  expect((await call('POST', `${CONTACTS}/batch/create`, { inputs })).status).toBe(400)
  const twice = await call('POST', `${CONTACTS}/batch/update`, {
    inputs: [
      { id, properties: {} },
      { id, properties: {} },
    ],
  })
  expect(twice).toMatchObject({ status: 400, body: { context: { ids: [id] } } })
  const byEmail = await call('POST', `${CONTACTS}/batch/update`, {
    inputs: [{ id: 'a@example.com', idProperty: 'email', properties: { jobtitle: 'x' } }],
  })
  expect(byEmail.body.message).toContain('non-unique 0-1 property')
})

test('an upsert says which records are new', async () => {
  await start()
  await sim.add('contact', { email: 'old@example.com' })
  const inputs = ['old@example.com', 'new@example.com'].map((id) => ({
    id,
    idProperty: 'email',
    properties: { jobtitle: 'CEO' },
  }))
  const { body } = await call('POST', `${CONTACTS}/batch/upsert`, { inputs })
  expect(body.results.map((result: { new: boolean }) => result.new).sort()).toEqual([false, true])
  expect(await sim.truth('contact')).toHaveLength(2)
})

test('archiving and linking move no last change; logging a call does', async () => {
  await start()
  const person = await sim.add('contact', { email: 'a@example.com' })
  const company = await sim.add('company', { name: 'A' })
  const stampOf = async () => (await sim.truth('contact'))[0]?.updatedAt
  const before = await stampOf()
  nowMs += 1_000
  sim.link('contact', person, 'company', company, true)
  expect(await stampOf()).toBe(before)
  await sim.add('activity', { started_at: '2026-11-02T09:00:00.000Z' }, [{ type: 'contact', remoteId: person }])
  expect(await stampOf()).not.toBe(before)
  nowMs += 1_000
  const stamp = await stampOf()
  await sim.remove('contact', person)
  const archived = await call('GET', `${CONTACTS}?archived=true`)
  expect(archived.body.results).toMatchObject([
    { id: person, archived: true, updatedAt: stamp, archivedAt: new Date(nowMs).toISOString() },
  ])
})

test('the index hides a change for half of its lag at least and for all of it at most', async () => {
  await start()
  sim.indexLagMs = 20_000
  await sim.add('contact', { email: 'late@example.com' })
  const count = async () => (await call('POST', `${CONTACTS}/search`, {})).body.total
  nowMs += 9_999
  expect(await count()).toBe(0)
  nowMs += 10_001
  expect(await count()).toBe(1)
})

test('contacts have no last change under the name that all others use, and a search by it finds nothing', async () => {
  await start()
  await sim.add('contact', { email: 'a@example.com' })
  const filters = [{ propertyName: 'hs_lastmodifieddate', operator: 'GTE', value: '0' }]
  const { status, body } = await call('POST', `${CONTACTS}/search`, { filterGroups: [{ filters }] })
  expect([status, body.total]).toEqual([200, 0])
})

test('what is asked for and empty is null, what is unknown is passed over, and writing it is an error', async () => {
  await start()
  await sim.add('contact', { email: 'a@example.com' })
  const { body } = await call('GET', `${CONTACTS}?properties=phone,nothing`)
  expect(body.results[0].properties).toHaveProperty('phone', null)
  expect(body.results[0].properties).not.toHaveProperty('nothing')
  const written = await call('POST', CONTACTS, { properties: { email: 'b@example.com', nothing: 'x' } })
  expect(written.body.message).toContain('PROPERTY_DOESNT_EXIST')
})

test('an address that is too long gets a page of the edge, and a missing scope its name', async () => {
  await start()
  const long = await call('GET', `${CONTACTS}?properties=${'x'.repeat(9_000)}`)
  expect([long.status, long.headers.get('content-type')]).toEqual([414, 'text/html'])
  sim.setKeyScopes(['oauth', 'crm.objects.contacts.read'])
  const refused = await call('POST', CONTACTS, { properties: { email: 'a@example.com' } })
  expect(refused).toMatchObject({ status: 403, body: { category: 'MISSING_SCOPES' } })
  expect(refused.body.errors[0].context.requiredGranularScopes).toEqual(['crm.objects.contacts.write'])
})

test('a record that is erased is named by no list', async () => {
  await start()
  const id = await sim.add('contact', { email: 'a@example.com' })
  sim.erase('contact', id)
  for (const archived of [true, false])
    expect((await call('GET', `${CONTACTS}?archived=${archived}`)).body.results).toEqual([])
})

test('the same seed makes the same portal', async () => {
  await start({ seed: 5 })
  await sim.seed({ contacts: 50, companies: 5 })
  const first = [await sim.truth('contact'), await sim.truth('company')]
  await sim.stop()
  await start({ seed: 5 })
  await sim.seed({ contacts: 50, companies: 5 })
  expect([await sim.truth('contact'), await sim.truth('company')]).toEqual(first)
})
