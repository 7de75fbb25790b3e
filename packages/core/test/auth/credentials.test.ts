import { type SimulatorServer, serveSimulator } from '@raccordo/testkit/simulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { credentialKind } from '../../src/auth/credential_kinds.ts'
import { type CredentialDeps, openCredentials } from '../../src/auth/credentials.ts'
import { createSessions } from '../../src/auth/session.ts'
import { createTokens } from '../../src/auth/tokens.ts'
import { unsavedCredentials, unshared } from '../../src/auth/unsaved.ts'
import type { BaseSettings, Ctx, Fields, Provider } from '../../src/contract.ts'
import { createCtx } from '../../src/http/client.ts'
import { systemClock } from '../../src/http/context.ts'
import type { CredentialSource } from '../../src/http/ports.ts'
import { type Bench, createBench, plainProvider } from '../http/bench.ts'
import {
  memoryCredentials,
  memoryLeases,
  type OAuthServer,
  oauthDeps,
  oauthProvider,
  serveOAuth,
} from './oauth_server.ts'

let oauth: OAuthServer
let crm: SimulatorServer
let bench: Bench
/** Authorization headers that the CRM takes; all, if undefined. */
let good: string | undefined
let logins: number

beforeEach(async () => {
  good = undefined
  logins = 0
  bench = createBench()
  oauth = await serveOAuth()
  crm = await serveSimulator({
    routes: [
      {
        method: 'POST',
        path: '/login',
        handle: (request) => {
          logins += 1
          const { password } = request.json()
          if (password !== 'right-password') return { status: 401, body: { message: `not ${password}` } }
          return { body: { token: `session-token-${logins}` } }
        },
      },
      {
        method: '*',
        path: '/me',
        handle: ({ headers }) => {
          const sent = headers['authorization'] ?? headers['x-key']
          return good === undefined || sent === good ? { body: { sent } } : { status: 401, body: {} }
        },
      },
    ],
  })
})
afterEach(() => Promise.all([oauth.stop(), crm.stop()]))

const depsOf = (memory: ReturnType<typeof memoryCredentials>): CredentialDeps => ({
  store: memory.store,
  tokens: createTokens({ store: memory.store, leases: memoryLeases(), clock: systemClock, timeoutMs: 200 }),
  sessions: createSessions(memory.store, systemClock),
  oauth: oauthDeps(),
})

const ctxOf = async (provider: Provider, memory: ReturnType<typeof memoryCredentials>, deps = depsOf(memory)) => {
  const settings = { apiBaseUrl: crm.url, authBaseUrl: oauth.server.url } as Fields & BaseSettings
  const ctxWith = (credentials: CredentialSource): Ctx<Record<string, unknown>> =>
    createCtx(bench.deps, bench.context(crm.url, { provider, credentials }))
  return ctxWith(await openCredentials(deps, { provider, connectionId: 'c', settings, isTrusted: true, ctxWith }))
}

const sessionProvider = (): Provider => ({
  ...plainProvider(),
  auth: {
    password: {},
    session: async (ctx, credentials) => {
      const { body } = await ctx.call({ method: 'POST', path: '/login', body: credentials })
      return { session: { token: body.token } }
    },
  },
})
const PASSWORD = { username: 'user', password: 'right-password' }
const askMe = (ctx: Ctx<Record<string, unknown>>) =>
  ctx.call({ path: '/me', headers: { 'x-key': String(ctx.session['token']) } })

describe('a call of a connection', () => {
  it('is signed with its API key, in the header and with the prefix of the plugin', async () => {
    const memory = memoryCredentials({ apiKey: 'key-0123456789' })
    expect((await (await ctxOf(plainProvider(), memory)).call({ path: '/me' })).body.sent).toBe('Bearer key-0123456789')
    const provider = { ...plainProvider(), auth: { apiKey: { header: 'X-Key', prefix: '' } } }
    expect((await (await ctxOf(provider, memory)).call({ path: '/me' })).body.sent).toBe('key-0123456789')
  })
  it('is signed with an access token, which is renewed when the CRM refuses it', async () => {
    const memory = memoryCredentials({ accessToken: 'access-token-1', refreshToken: 'refresh-token-1' })
    good = 'Bearer access-token-2'
    const ctx = await ctxOf(oauthProvider(), memory)
    const calls = await Promise.all(Array.from({ length: 10 }, () => ctx.call({ method: 'POST', path: '/me' })))
    expect(new Set(calls.map(({ body }) => body.sent))).toEqual(new Set(['Bearer access-token-2']))
    expect(oauth.refreshes()).toBe(1)
    expect(memory.stored().credentials['refreshToken']).toBe('refresh-token-2')
  })
  it('ends as "auth" where there is nothing to renew', async () => {
    good = 'Bearer other'
    const ctx = await ctxOf(oauthProvider(), memoryCredentials({ accessToken: 'access-token-1' }))
    await expect(ctx.call({ path: '/me' })).rejects.toMatchObject({ kind: 'auth' })
    expect(crm.calls()).toBe(1)
  })
  it('uses what a person has stored meanwhile', async () => {
    const memory = memoryCredentials({ apiKey: 'old-key-1' })
    good = 'Bearer new-key-2'
    const ctx = await ctxOf(plainProvider(), memory)
    await memory.store.replaceCredentials('c', 1, { apiKey: 'new-key-2' })
    expect((await ctx.call({ path: '/me' })).status).toBe(200)
  })
})

describe('a session', () => {
  it('is made once, kept, and used by others', async () => {
    const memory = memoryCredentials(PASSWORD)
    const deps = depsOf(memory)
    const all = await Promise.all(Array.from({ length: 6 }, () => ctxOf(sessionProvider(), memory, deps)))
    const other = await ctxOf(sessionProvider(), memory)
    expect(new Set([...all, other].map(({ session }) => session['token']))).toEqual(new Set(['session-token-1']))
    expect(logins).toBe(1)
  })
  it('is renewed once when the CRM refuses it, also under a running operation', async () => {
    const memory = memoryCredentials(PASSWORD)
    const ctx = await ctxOf(sessionProvider(), memory)
    good = 'session-token-2'
    expect((await askMe(ctx)).body.sent).toBe('session-token-2')
    expect(ctx.session).toEqual({ token: 'session-token-2' })
    expect(memory.stored().session?.session).toEqual({ token: 'session-token-2' })
    good = 'never'
    await expect(askMe(ctx)).rejects.toMatchObject({ kind: 'auth' })
    expect(logins).toBe(3)
  })
  it('of a wrong password is "auth", and its secrets are not shown', async () => {
    const memory = memoryCredentials({ username: 'user', password: 'wrong-password' })
    await expect(ctxOf(sessionProvider(), memory)).rejects.toMatchObject({
      kind: 'auth',
      message: '401 {"message":"not [redacted]"}',
    })
  })
  it('that has expired is made anew', async () => {
    const memory = memoryCredentials(PASSWORD)
    await memory.store.replaceSession('c', 1, { session: { token: 'old' }, expiresAt: '2020-01-01T00:00:00Z' })
    expect((await ctxOf(sessionProvider(), memory)).session).toEqual({ token: 'session-token-1' })
  })
})

describe('credentials', () => {
  it.each([
    [{ accessToken: 'a' }, 'oauth2'],
    [{ refreshToken: 'r', clientId: 'i', clientSecret: 's' }, 'oauth2'],
    [{ apiKey: 'k' }, 'apiKey'],
  ])('are of the kind that their names say: %o', (credentials, kind) => {
    expect(credentialKind(oauthProvider(), credentials)).toBe(kind)
  })
  it.each([
    [{}],
    [{ apiKey: '' }],
    [{ apiKey: 5 }],
    [{ password: 'secret-1' }],
    [{ username: 'u', password: 'secret-1' }],
    [{ accessToken: 'a', expiresAt: 'tomorrow' }],
  ])('of another shape are refused with what is taken instead, and not shown: %o', (credentials) => {
    const check = () => credentialKind(oauthProvider(), credentials)
    expect(check).toThrow(/Acme takes .*accessToken.*apiKey/)
    expect(check).not.toThrow(/secret-1|tomorrow/)
  })
  it('can be tried before they are stored, and what a refresh brings is not lost', async () => {
    const unsaved = unsavedCredentials({ refreshToken: 'refresh-token-1' })
    const deps: CredentialDeps = {
      store: unsaved,
      tokens: createTokens({ store: unsaved, leases: unshared, clock: systemClock }),
      sessions: createSessions(unsaved, systemClock),
      oauth: oauthDeps(),
    }
    const memory = { ...memoryCredentials({}), store: unsaved }
    await (await ctxOf(oauthProvider(), memory, deps)).call({ path: '/me' })
    expect(unsaved.current().credentials).toMatchObject({
      accessToken: 'access-token-2',
      refreshToken: 'refresh-token-2',
    })
    expect(unsaved.learned()).toEqual({ apiDomain: 'https://eu.crm.example' })
  })
})
