import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { finishAuthorization, startAuthorization } from '../../src/auth/authorize.ts'
import { exchangeCode, refreshGrant } from '../../src/auth/oauth2.ts'
import type { BaseSettings, Fields } from '../../src/contract.ts'
import { type OAuthServer, oauthDeps, oauthProvider, partyOf, serveOAuth } from './oauth_server.ts'

let oauth: OAuthServer
beforeEach(async () => {
  oauth = await serveOAuth()
})
afterEach(() => oauth.stop())

const REFRESH = { refreshToken: 'refresh-token-1' }

describe('a token request', () => {
  it('is a form, and brings tokens with the end of their life', async () => {
    const grant = await refreshGrant(oauthDeps(), partyOf(oauth.server.url), REFRESH)
    expect(oauth.forms).toEqual([
      {
        grant_type: 'refresh_token',
        refresh_token: 'refresh-token-1',
        client_id: 'client-of-server',
        client_secret: 'secret-of-server',
      },
    ])
    expect(grant.credentials).toMatchObject({ accessToken: 'access-token-2', refreshToken: 'refresh-token-2' })
    const leftMs = Date.parse(String(grant.credentials['expiresAt'])) - Date.now()
    expect(Math.abs(leftMs - 1_800_000)).toBeLessThan(2_000)
  })
  it('goes with the connection’s own app where it has one', async () => {
    const party = partyOf(oauth.server.url, { isTrusted: false })
    await refreshGrant(oauthDeps(), party, { ...REFRESH, clientId: 'own', clientSecret: 'own-secret' })
    expect(oauth.forms[0]).toMatchObject({ client_id: 'own', client_secret: 'own-secret' })
  })
  it('never takes the server’s secret to an address that a connection chose, unless an admin made it', async () => {
    const party = partyOf(oauth.server.url, { isTrusted: false })
    await expect(refreshGrant(oauthDeps(), party, REFRESH)).rejects.toMatchObject({
      kind: 'invalid',
      pointer: '/settings/authBaseUrl',
    })
    expect(oauth.forms).toEqual([])
  })
  it('names the variables where there is no app', async () => {
    const deps = oauthDeps({ apps: { app: () => undefined } })
    await expect(refreshGrant(deps, partyOf(oauth.server.url), REFRESH)).rejects.toThrow(/CRM_ACME_CLIENT_ID/)
  })
  it.each([
    ['a refusal', { status: 400, body: { error: 'invalid_grant' } }, 'auth'],
    ['a refusal under 200', { status: 200, body: { error: 'invalid_code' } }, 'auth'],
    ['a limit', { status: 429, body: {}, headers: { 'retry-after': '60' } }, 'rate_limited'],
    ['an outage', { status: 502, body: '<html>' }, 'unavailable'],
    ['half an answer', { status: 200, body: '{"access_token": "a' }, 'unavailable'],
  ])('ends as what it is: %s', async (_, reply, kind) => {
    oauth.server.faults.add({ effect: { kind: 'reply', when: 'before', reply } })
    await expect(refreshGrant(oauthDeps(), partyOf(oauth.server.url), REFRESH)).rejects.toMatchObject({ kind })
  })
  it('ends as what the plugin says it is', async () => {
    const provider = oauthProvider({
      refused: ({ body }) => (body?.error === 'Access Denied' ? 'rate_limited' : undefined),
    })
    oauth.server.faults.add({
      times: 1,
      effect: { kind: 'reply', when: 'before', reply: { status: 400, body: { error: 'Access Denied' } } },
    })
    const party = partyOf(oauth.server.url, { provider })
    await expect(refreshGrant(oauthDeps(), party, REFRESH)).rejects.toMatchObject({ kind: 'rate_limited' })
    expect((await refreshGrant(oauthDeps(), party, REFRESH)).credentials['accessToken']).toBe('access-token-2')
  })
  it('never shows a secret that the endpoint repeats', async () => {
    const body = { error: 'bad secret-of-server and refresh-token-1' }
    oauth.server.faults.add({ effect: { kind: 'reply', when: 'before', reply: { status: 400, body } } })
    const error: Error = await refreshGrant(oauthDeps(), partyOf(oauth.server.url), REFRESH).catch((thrown) => thrown)
    expect(error.message).toContain('[redacted]')
    expect(error.message).not.toMatch(/secret-of-server|refresh-token-1/)
  })
})

describe('signing in', () => {
  it('sends the person with state, PKCE and the scopes of the enabled types only', () => {
    const party = partyOf(oauth.server.url, {
      provider: oauthProvider({ pkce: true, scopeSeparator: ',', authorizeParams: { prompt: 'consent' } }),
    })
    const begun = startAuthorization(oauthDeps(), party, {
      redirectUri: 'https://app.example/back',
      objects: ['people'],
    })
    const url = new URL(begun.url)
    expect(url.origin + url.pathname).toBe(`${oauth.server.url}/oauth/authorize`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      prompt: 'consent',
      response_type: 'code',
      client_id: 'client-of-server',
      redirect_uri: 'https://app.example/back',
      scope: 'base,contacts.read',
      state: begun.state,
      code_challenge: createHash('sha256').update(String(begun.codeVerifier)).digest('base64url'),
      code_challenge_method: 'S256',
    })
    expect(begun.state.length).toBeGreaterThan(40)
    expect(startAuthorization(oauthDeps(), party, { redirectUri: 'x', objects: [] }).state).not.toBe(begun.state)
  })
  it('trades the code for tokens at the place that the redirect tells', async () => {
    const provider = oauthProvider({
      tokenUrl: (settings) => `${String(settings['accounts'])}/oauth/token`,
      fromRedirect: ({ where }) => ({ accounts: String(where) }),
    })
    const settings = { accounts: 'https://elsewhere.example' } as Fields & BaseSettings
    const grant = await finishAuthorization(oauthDeps(), partyOf('', { provider, settings }), {
      redirect: { code: 'code-1', where: oauth.server.url },
      redirectUri: 'https://app.example/back',
      codeVerifier: 'verifier-1',
    })
    expect(oauth.forms[0]).toMatchObject({
      code: 'code-1',
      code_verifier: 'verifier-1',
      grant_type: 'authorization_code',
    })
    expect(grant.credentials['accessToken']).toBe('access-token-2')
    expect(grant.settings).toEqual({ accounts: oauth.server.url, apiDomain: 'https://eu.crm.example' })
  })
  it('asks for the scopes of an object where that object is on, beside those of its type', () => {
    const scopeOf = (objects: readonly string[]) => {
      const { url } = startAuthorization(oauthDeps(), partyOf(oauth.server.url), { redirectUri: 'x', objects })
      return new URL(url).searchParams.get('scope')
    }
    expect(scopeOf(['people', 'deals'])).toBe('base contacts.read deals.read pipelines.read')
    expect(scopeOf([])).toBe('base')
  })
  it("uses a connection's own OAuth app, to send the person and to trade the code", async () => {
    const client = { clientId: 'own-client', clientSecret: 'own-secret' }
    const party = partyOf(oauth.server.url, { isTrusted: false })
    const { url } = startAuthorization(oauthDeps(), party, { redirectUri: 'x', objects: [], client })
    expect(new URL(url).searchParams.get('client_id')).toBe('own-client')
    await finishAuthorization(oauthDeps(), party, { redirect: { code: 'c' }, redirectUri: 'x', client })
    expect(oauth.forms[0]).toMatchObject({ client_id: 'own-client', client_secret: 'own-secret' })
  })
  it('sends nothing where the plugin does not know the place that a redirect names', async () => {
    const provider = oauthProvider({
      fromRedirect: () => {
        throw new Error('accounts.evil.example is no accounts server of Acme')
      },
    })
    const finished = finishAuthorization(oauthDeps(), partyOf(oauth.server.url, { provider }), {
      redirect: { code: 'c' },
      redirectUri: 'x',
    })
    await expect(finished).rejects.toMatchObject({ kind: 'invalid', message: expect.stringContaining('accounts.evil') })
    expect(oauth.server.calls()).toBe(0)
  })
  it('learns nothing from what an answer leaves out', async () => {
    const provider = oauthProvider({ fromToken: () => ({ apiDomain: undefined, dc: null }) })
    const grant = await refreshGrant(oauthDeps(), partyOf(oauth.server.url, { provider }), REFRESH)
    expect(grant.settings).toEqual({})
  })
  it('says who refused', async () => {
    const finish = (redirect: Fields) =>
      finishAuthorization(oauthDeps(), partyOf(oauth.server.url), { redirect, redirectUri: 'https://app.example/back' })
    await expect(finish({ error: 'access_denied', error_description: 'The person said no' })).rejects.toMatchObject({
      kind: 'auth',
      message: 'Acme did not give access: access_denied: The person said no',
    })
    await expect(finish({ error: 'temporarily_unavailable' })).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(finish({})).rejects.toMatchObject({ kind: 'invalid' })
    await expect(
      exchangeCode(oauthDeps(), partyOf('http://127.0.0.1:1'), { code: 'c', redirectUri: 'x' }),
    ).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
