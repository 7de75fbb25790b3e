import { createHash } from 'node:crypto'
import type { ObjectType, Reply } from '@raccordo/core/plugin'
import { giveConsent } from '@raccordo/testkit/simulator'
import { afterEach, expect, test } from 'vitest'
import { provider, type Settings } from '../src/index.ts'
import { type Bench, contextOf, objectOf, openBench, pullAll } from './context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const REDIRECT = 'http://127.0.0.1:4711/crm/oauth/hubspot/callback'
const VERIFIER = 'a-verifier-that-only-the-host-of-this-sign-in-knows'
const oauth2 = provider.auth.oauth2

const scopesOf = (...types: readonly ObjectType[]): readonly string[] => [
  ...new Set([...(oauth2?.scopes.base ?? []), ...types.flatMap((type) => oauth2?.scopes[type] ?? [])]),
]
const at = (url: string): string => `${bench.sim.url}${new URL(url).pathname}`
const factOf = (fact: string | ((settings: Settings) => string) | undefined, settings: Settings = {}): string =>
  typeof fact === 'function' ? fact(settings) : (fact ?? '')

const authorizeUrl = (more: Readonly<Record<string, string>> = {}): string =>
  `${at(factOf(oauth2?.authorizeUrl))}?${new URLSearchParams({
    response_type: 'code',
    client_id: bench.sim.oauth?.clientId ?? '',
    redirect_uri: REDIRECT,
    scope: scopesOf('contact').join(oauth2?.scopeSeparator ?? ' '),
    state: 'a&b=c"<d>',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  })}`

const send = async (path: string, form: Readonly<Record<string, string>>): Promise<Reply> => {
  const { clientId = '', clientSecret = '' } = bench.sim.oauth ?? {}
  const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...form })
  const response = await fetch(`${bench.sim.url}${path}`, { method: 'POST', body })
  const text = await response.text()
  return { status: response.status, headers: {}, body: text === '' ? undefined : JSON.parse(text) }
}
const tokenPath = (settings: Settings = {}): string => new URL(factOf(oauth2?.tokenUrl, settings)).pathname
const exchange = (code: string, more: Readonly<Record<string, string>> = {}) =>
  send(tokenPath(), {
    grant_type: 'authorization_code',
    redirect_uri: REDIRECT,
    code,
    code_verifier: VERIFIER,
    ...more,
  })
const consent = async (more: Readonly<Record<string, string>> = {}): Promise<string> =>
  new URL(await giveConsent(authorizeUrl(more))).searchParams.get('code') ?? ''

test('signing in: consent, code, tokens, refresh, revocation', async () => {
  bench = await openBench()
  const back = new URL(await giveConsent(authorizeUrl()))
  expect(back.origin + back.pathname).toBe(REDIRECT)
  expect(back.searchParams.get('state')).toBe('a&b=c"<d>')
  const first = await exchange(back.searchParams.get('code') ?? '')
  expect(first.body).toMatchObject({ token_type: 'bearer', expires_in: 1_800, scopes: scopesOf('contact') })
  expect(oauth2?.refused?.(first)).toBeUndefined()
  expect(oauth2?.fromToken?.(first.body)).toEqual({ portalId: String(bench.sim.portalId) })

  const refresh = { grant_type: 'refresh_token', refresh_token: first.body.refresh_token }
  const second = await send(tokenPath(), refresh)
  const ctx = contextOf({ ...bench.ctx.settings, portalId: '62515' }, second.body.access_token, bench.ctx.now)
  expect((await provider.probe(ctx)).id).toBe('62515')
  expect((await send('/oauth/2026-03/token/introspect', { token: second.body.access_token })).body).toMatchObject({
    active: true,
    hub_id: bench.sim.portalId,
    expires_in: 1_800,
  })

  await send('/oauth/2026-03/token/revoke', { token: first.body.refresh_token })
  const refused = await send(tokenPath(), refresh)
  expect(refused.body).toMatchObject({ error: 'invalid_grant', status: 'BAD_REFRESH_TOKEN' })
  expect(oauth2?.refused?.(refused)).toBe('auth')
})

test('a person who says no is sent back with that, and without a code', async () => {
  bench = await openBench()
  const back = new URL(await giveConsent(authorizeUrl(), { decision: 'deny' }))
  expect(Object.fromEntries(back.searchParams)).toMatchObject({ error: 'access_denied', state: 'a&b=c"<d>' })
  expect(back.searchParams.has('code')).toBe(false)
})

test('a code is good once, for a minute, for its redirect address and for who began', async () => {
  bench = await openBench()
  const code = await consent()
  expect((await exchange(code)).status).toBe(200)
  const spoilt: readonly (() => Promise<Reply>)[] = [
    () => exchange(code),
    async () => exchange(await consent(), { redirect_uri: `${REDIRECT}/` }),
    async () => exchange(await consent(), { code_verifier: `${VERIFIER}x` }),
    async () => exchange(await consent(), { code_verifier: '' }),
    async () => {
      const late = await consent()
      bench.pass(60_001)
      return exchange(late)
    },
  ]
  for (const attempt of spoilt) {
    const reply = await attempt()
    expect(reply).toMatchObject({ status: 400, body: { status: 'BAD_AUTH_CODE' } })
    expect(oauth2?.refused?.(reply)).toBe('auth')
  }
})

test('the wrong app, address or scope breaks the install page, and nobody is sent anywhere', async () => {
  bench = await openBench({ redirectUris: [REDIRECT] })
  expect(await consent()).not.toBe('')
  for (const wrong of [
    { client_id: 'another' },
    { redirect_uri: `${REDIRECT}/` },
    { redirect_uri: 'javascript:alert(1)' },
    { scope: 'crm.objects.calls.read' },
  ])
    await expect(giveConsent(authorizeUrl(wrong))).rejects.toThrow(/No consent page: 400/)
})

test('another secret is refused as a lost sign-in, without its text', async () => {
  bench = await openBench()
  const { refreshToken } = bench.sim.signIn()
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_secret: 'not-the-secret' }
  const reply = await send(tokenPath(), form)
  expect(oauth2?.refused?.(reply)).toBe('auth')
  expect(JSON.stringify(reply.body)).not.toContain('not-the-secret')
})

test('an outage of the token endpoint ends no grant', () => {
  const refused = (status: number, body: unknown) => oauth2?.refused?.({ status, headers: {}, body } as Reply)
  expect(refused(503, '<html></html>')).toBe('unavailable')
  expect(refused(477, {})).toBe('unavailable')
  expect(refused(429, { message: 'slow down' })).toBe('rate_limited')
})

test('the first version of the token endpoint names no portal, and nothing is learned from it', async () => {
  bench = await openBench()
  const { refreshToken } = bench.sim.signIn()
  const reply = await send('/oauth/v1/token', { grant_type: 'refresh_token', refresh_token: refreshToken })
  expect(Object.keys(reply.body).toSorted()).toEqual(['access_token', 'expires_in', 'refresh_token', 'token_type'])
  expect(oauth2?.fromToken?.(reply.body)).toEqual({})
  for (const odd of ['0', 'x', -1, 1.5, null, { toString: 1 }])
    expect(oauth2?.fromToken?.({ hub_id: odd as never })).toEqual({})
})

test('only the scopes of what is switched on are asked for, and each object works with its own', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 3, companies: 2 })
  const { contact, company, deal, activity } = oauth2?.scopes ?? {}
  expect(contact).toEqual(['crm.objects.contacts.read', 'crm.objects.contacts.write'])
  expect(company).toEqual(['crm.objects.companies.read', 'crm.objects.companies.write'])
  expect(deal).toEqual(expect.arrayContaining(['crm.objects.deals.read', 'crm.objects.deals.write']))
  expect(activity).toContain('crm.objects.contacts.write')
  const { accessToken } = bench.sim.signIn(scopesOf('contact'))
  const narrow = contextOf(bench.ctx.settings, accessToken, bench.ctx.now)
  expect((await pullAll(narrow, 'contacts', ['email'])).records).toHaveLength(3)
  await expect(pullAll(narrow, 'companies', ['name'])).rejects.toMatchObject({
    kind: 'forbidden',
    scopes: ['crm.objects.companies.read'],
  })
  const rows = [{ marker: 'm', fields: { dealname: 'x', dealstage: 'closedwon' } }]
  const [outcome] = (await objectOf('deals').create?.(narrow, rows)) ?? []
  expect(outcome).toMatchObject({ kind: 'forbidden', message: expect.stringContaining('crm.objects.deals.write') })
})

test('a probe tells wrong credentials, a missing scope, a spent day and a portal that is away from each other', async () => {
  bench = await openBench({ dailyLimit: 0 })
  const asking = (token: string) => provider.probe(contextOf(bench.ctx.settings, token, bench.ctx.now))
  const { accessToken } = bench.sim.signIn(['crm.objects.contacts.read'])
  await expect(asking('wrong')).rejects.toMatchObject({ kind: 'auth' })
  await expect(asking(accessToken)).rejects.toMatchObject({ kind: 'forbidden', scopes: ['oauth'] })
  bench.sim.rateLimits = true
  await expect(asking(bench.sim.signIn().accessToken)).rejects.toMatchObject({ kind: 'quota', vendorCode: 'DAILY' })
  bench.sim.rateLimits = false
  bench.sim.faults.add({ times: 1, effect: { kind: 'reply', when: 'before', reply: { status: 477, body: {} } } })
  await expect(asking(bench.sim.signIn().accessToken)).rejects.toMatchObject({ kind: 'unavailable' })
})
