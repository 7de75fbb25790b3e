import { giveConsent } from '@raccordo/testkit/simulator'
import { afterEach, expect, test } from 'vitest'
import { type Bench, openBench } from './simulator-context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const REDIRECT = 'https://host.example.com/callback'
const MINUTE_MS = 60_000

const authorizeUrl = (more: Record<string, string> = {}): string => {
  const query = new URLSearchParams({
    client_id: bench.sim.oauth.clientId,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: 'ZohoCRM.modules.contacts.READ,ZohoCRM.org.READ',
    access_type: 'offline',
    prompt: 'consent',
    state: 'xyz',
    ...more,
  })
  return `${bench.sim.url}/oauth/v2/auth?${query}`
}
const client = () => ({ client_id: bench.sim.oauth.clientId, client_secret: bench.sim.oauth.clientSecret })
const codeFrom = async (url: string): Promise<string> => new URL(await giveConsent(url)).searchParams.get('code') ?? ''
const exchange = (code: string) =>
  bench.token({ ...client(), grant_type: 'authorization_code', redirect_uri: REDIRECT, code })
const refresh = (refreshToken: unknown) =>
  bench.token({ ...client(), grant_type: 'refresh_token', refresh_token: String(refreshToken) })

test('the redirect brings the code, the state, the location and the server to exchange the code at', async () => {
  bench = await openBench({ dc: 'IN' })
  const redirect = new URL(await giveConsent(authorizeUrl()))
  expect(redirect.origin + redirect.pathname).toBe(REDIRECT)
  expect(redirect.searchParams.get('state')).toBe('xyz')
  expect(redirect.searchParams.get('location')).toBe('in')
  expect(redirect.searchParams.get('accounts-server')).toBe(bench.sim.url)
  const tokens = await exchange(redirect.searchParams.get('code') ?? '')
  expect(tokens.body).toMatchObject({ api_domain: bench.sim.url, token_type: 'Bearer', expires_in: 3_600 })
  expect(tokens.body.refresh_token).toMatch(/^1000\./)
  const list = await bench.call('GET', '/crm/v8/org', undefined, { token: tokens.body.access_token })
  expect(list.body.org[0].zgid).toBe(bench.sim.orgId)
})

test('whoever denies comes back with access_denied and without a code', async () => {
  bench = await openBench()
  const redirect = new URL(await giveConsent(authorizeUrl(), { decision: 'deny' }))
  expect(redirect.searchParams.get('error')).toBe('access_denied')
  expect(redirect.searchParams.has('code')).toBe(false)
})

test('a refresh token comes only with offline access and on explicit consent', async () => {
  bench = await openBench()
  for (const more of [{ access_type: 'online' }, { prompt: 'none' }]) {
    const tokens = await exchange(await codeFrom(authorizeUrl(more)))
    expect(tokens.body.access_token).toMatch(/^1000\./)
    expect(tokens.body).not.toHaveProperty('refresh_token')
  }
})

test('the token endpoint refuses with status 200', async () => {
  bench = await openBench()
  const code = await codeFrom(authorizeUrl())
  expect((await exchange(code)).body).toHaveProperty('access_token')
  expect(await exchange(code)).toMatchObject({ status: 200, body: { error: 'invalid_code' } })
  expect(await refresh('1000.never.was')).toMatchObject({ status: 200, body: { error: 'invalid_code' } })
  const wrong = { ...client(), client_secret: 'guess', grant_type: 'refresh_token', refresh_token: 'x' }
  expect(await bench.token(wrong)).toMatchObject({ status: 200, body: { error: 'invalid_client' } })
  const other = await bench.token({
    ...client(),
    grant_type: 'authorization_code',
    redirect_uri: 'https://other.example.com/',
    code: await codeFrom(authorizeUrl()),
  })
  expect(other).toMatchObject({ status: 200, body: { error: 'invalid_redirect_uri' } })
})

test('the token endpoint takes its parameters in the query too', async () => {
  bench = await openBench()
  const query = new URLSearchParams({
    ...client(),
    grant_type: 'refresh_token',
    refresh_token: String(bench.sim.connection.credentials['refreshToken']),
  })
  const response = await fetch(`${bench.sim.url}/oauth/v2/token?${query}`, { method: 'POST' })
  expect(await response.json()).toMatchObject({ token_type: 'Bearer' })
})

test.each([200, 400] as const)('the eleventh access token in ten minutes is denied with status %i', async (status) => {
  bench = await openBench({ throttleStatus: status })
  const token = bench.sim.connection.credentials['refreshToken']
  for (let count = 0; count < 10; count += 1) {
    const renewed = await refresh(token)
    expect(renewed.body).toHaveProperty('access_token')
    expect(renewed.body).not.toHaveProperty('refresh_token')
  }
  expect(await refresh(token)).toMatchObject({ status, body: { error: 'Access Denied' } })
  bench.pass(10 * MINUTE_MS)
  expect((await refresh(token)).body).toHaveProperty('access_token')
})

test('the sixteenth live access token of a refresh token kills the oldest', async () => {
  bench = await openBench()
  const { refreshToken, accessToken } = bench.sim.signIn()
  const isAlive = async () => (await bench.call('GET', '/crm/v8/org', undefined, { token: accessToken })).status === 200
  for (let count = 0; count < 14; count += 1) {
    if (count === 10) bench.pass(10 * MINUTE_MS)
    expect((await refresh(refreshToken)).body).toHaveProperty('access_token')
  }
  expect(await isAlive()).toBe(true)
  await refresh(refreshToken)
  expect(await isAlive()).toBe(false)
})

test('the twenty-first refresh token deletes the first one with its access tokens', async () => {
  bench = await openBench()
  const first = bench.sim.connection.credentials
  for (let count = 0; count < 19; count += 1) bench.sim.signIn()
  expect((await bench.call('GET', '/crm/v8/org')).status).toBe(200)
  bench.sim.signIn()
  expect((await bench.call('GET', '/crm/v8/org')).status).toBe(401)
  expect((await refresh(first['refreshToken'])).body).toEqual({ error: 'invalid_code' })
})

test('an expired token, an unknown one, one of another data centre and a Bearer header are all INVALID_TOKEN', async () => {
  bench = await openBench({ dc: 'EU' })
  const elsewhere = await openBench({ dc: 'US', seed: 5 })
  const expected = { code: 'INVALID_TOKEN', details: {}, message: 'invalid oauth token', status: 'error' }
  const foreign = String(elsewhere.sim.signIn().accessToken)
  await elsewhere.sim.stop()
  const { accessToken } = bench.sim.signIn()
  const own = { token: accessToken }
  expect((await bench.call('GET', '/crm/v8/org', undefined, own)).status).toBe(200)
  const bearer = { headers: { authorization: `Bearer ${accessToken}` } }
  expect(await bench.call('GET', '/crm/v8/org', undefined, bearer)).toMatchObject({ status: 401, body: expected })
  expect(await bench.call('GET', '/crm/v8/org', undefined, { token: foreign })).toMatchObject({
    status: 401,
    body: expected,
  })
  bench.sim.knobs.isElsewhere = true
  expect(await bench.call('GET', '/crm/v8/org', undefined, own)).toMatchObject({ status: 401, body: expected })
  expect((await refresh(bench.sim.connection.credentials['refreshToken'])).body).toEqual({ error: 'invalid_client' })
  bench.sim.knobs.isElsewhere = false
  bench.pass(60 * MINUTE_MS)
  expect(await bench.call('GET', '/crm/v8/org', undefined, own)).toMatchObject({ status: 401, body: expected })
})

test('a revoked refresh token takes its access tokens with it', async () => {
  bench = await openBench()
  const { refreshToken, accessToken } = bench.sim.signIn()
  const revoked = await fetch(`${bench.sim.url}/oauth/v2/token/revoke?token=${refreshToken}`, { method: 'POST' })
  expect(await revoked.json()).toEqual({ status: 'success' })
  expect((await bench.call('GET', '/crm/v8/org', undefined, { token: accessToken })).status).toBe(401)
  expect((await refresh(refreshToken)).body).toEqual({ error: 'invalid_code' })
})

test('each call needs its own scope, whatever the letter case, and the refusal names none', async () => {
  bench = await openBench()
  const mismatch = { status: 401, body: { code: 'OAUTH_SCOPE_MISMATCH', details: {} } }
  const withScopes = (...scopes: string[]) => ({ token: bench.sim.signIn(scopes).accessToken })
  const contacts = withScopes('ZohoCRM.modules.Contacts.read')
  expect((await bench.call('GET', '/crm/v8/Contacts?fields=id', undefined, contacts)).status).toBe(204)
  expect(await bench.call('GET', '/crm/v8/Deals?fields=id', undefined, contacts)).toMatchObject(mismatch)
  const row = { data: [{ Last_Name: 'A' }] }
  expect(await bench.call('POST', '/crm/v8/Contacts', row, contacts)).toMatchObject(mismatch)
  const search = '/crm/v8/Contacts/search?email=a@example.com'
  expect(await bench.call('GET', search, undefined, contacts)).toMatchObject(mismatch)
  const searching = withScopes('ZohoCRM.modules.contacts.READ', 'ZohoSearch.securesearch.READ')
  expect((await bench.call('GET', search, undefined, searching)).status).toBe(204)
  const writing = withScopes('ZohoCRM.modules.contacts.WRITE')
  expect((await bench.call('POST', '/crm/v8/Contacts/upsert', row, writing)).status).toBe(200)
  const creating = withScopes('ZohoCRM.modules.contacts.CREATE')
  expect(await bench.call('POST', '/crm/v8/Contacts/upsert', row, creating)).toMatchObject(mismatch)
  for (const path of [
    'users',
    'org',
    'settings/fields?module=Contacts',
    'settings/pipeline?layout_id=1',
    'actions/watch',
  ])
    expect(await bench.call('GET', `/crm/v8/${path}`, undefined, contacts), path).toMatchObject(mismatch)
})

test('a query needs the scope of queries, of the module and of the field definitions', async () => {
  bench = await openBench()
  const query = { select_query: 'select id from Contacts where id is not null' }
  const needed = ['ZohoCRM.coql.READ', 'ZohoCRM.modules.contacts.READ', 'ZohoCRM.settings.fields.READ']
  for (const missing of needed) {
    const { accessToken } = bench.sim.signIn(needed.filter((scope) => scope !== missing))
    const answer = await bench.call('POST', '/crm/v8/coql', query, { token: accessToken })
    expect(answer.body?.code, missing).toBe('OAUTH_SCOPE_MISMATCH')
  }
  const { accessToken } = bench.sim.signIn(needed)
  expect((await bench.call('POST', '/crm/v8/coql', query, { token: accessToken })).status).toBe(204)
})
