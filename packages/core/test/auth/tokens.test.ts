import { afterEach, describe, expect, it } from 'vitest'
import { refreshGrant } from '../../src/auth/oauth2.ts'
import type { LeasePort } from '../../src/auth/ports.ts'
import { createTokens, needsRefresh } from '../../src/auth/tokens.ts'
import { systemClock } from '../../src/http/context.ts'
import {
  memoryCredentials,
  memoryLeases,
  type OAuthServer,
  oauthDeps,
  partyOf,
  serveOAuth,
  uselessLeases,
} from './oauth_server.ts'

const EXPIRED = { accessToken: 'access-token-1', refreshToken: 'refresh-token-1', expiresAt: '2020-01-01T00:00:00Z' }
let oauth: OAuthServer
afterEach(() => oauth.stop())

const processOf = (memory: ReturnType<typeof memoryCredentials>, leases: LeasePort) => {
  const tokens = createTokens({ store: memory.store, leases, clock: systemClock, timeoutMs: 400 })
  return async (refused?: string) =>
    tokens.fresh(
      'c',
      memory.stored(),
      (credentials) => refreshGrant(oauthDeps(), partyOf(oauth.server.url), credentials),
      refused,
    )
}

describe('an expired grant', () => {
  it.each([
    ['in one process', 1, memoryLeases, 1],
    ['over four processes', 4, memoryLeases, 1],
    ['over four processes whose leases do not hold', 4, () => uselessLeases, 4],
  ])('is refreshed once by 16 who need it at the same time: %s', async (_, processes, leasesOf, asked) => {
    oauth = await serveOAuth({ slowMs: 30 })
    const memory = memoryCredentials(EXPIRED)
    const leases = leasesOf()
    const all = Array.from({ length: processes }, () => processOf(memory, leases))
    const got = await Promise.all(Array.from({ length: 16 }, (_, index) => all[index % processes]?.()))
    expect(new Set(got.map((each) => each?.credentials['accessToken']))).toEqual(new Set(['access-token-2']))
    expect(oauth.refreshes()).toBe(1)
    expect(oauth.server.calls()).toBe(asked)
    expect(memory.stored().credentials['refreshToken']).toBe(oauth.current())
    expect(memory.reasons).toEqual([])
  })
  it('is refreshed again at its next expiry, and once where the CRM refuses a token to many', async () => {
    oauth = await serveOAuth()
    const memory = memoryCredentials(EXPIRED)
    const fresh = processOf(memory, memoryLeases())
    const first = await fresh()
    await Promise.all(Array.from({ length: 8 }, () => fresh(String(first.credentials['accessToken']))))
    expect(oauth.refreshes()).toBe(2)
    expect(memory.stored().credentials['refreshToken']).toBe('refresh-token-3')
  })
  it('keeps its refresh token where the answer brings none', async () => {
    oauth = await serveOAuth({ rotates: false })
    const memory = memoryCredentials(EXPIRED)
    await processOf(memory, memoryLeases())()
    expect(memory.stored().credentials).toMatchObject({
      accessToken: 'access-token-2',
      refreshToken: 'refresh-token-1',
    })
  })
  it('tells what the plugin learns from the answer', async () => {
    oauth = await serveOAuth()
    const memory = memoryCredentials(EXPIRED)
    await processOf(memory, memoryLeases())()
    expect(memory.learned).toEqual([{ apiDomain: 'https://eu.crm.example' }])
  })
})

describe('a process that lost its lease while it was suspended', () => {
  it('sends no refresh token, and looks again who has refreshed', async () => {
    oauth = await serveOAuth()
    const memory = memoryCredentials(EXPIRED)
    const leases: LeasePort = {
      acquire: async () => {
        // Asked for, and then suspended for longer than it lasts; another one refreshes meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 60))
        await memory.store.replaceCredentials('c', 1, { accessToken: 'of-another', refreshToken: 'refresh-token-2' })
        return { renew: async () => false, release: async () => undefined }
      },
    }
    const tokens = createTokens({ store: memory.store, leases, clock: systemClock, timeoutMs: 400, leaseMs: 30 })
    const { read } = memory.store
    let reads = 0
    memory.store.read = async (id) => (reads++ === 0 ? { credentials: EXPIRED, version: 1 } : read(id))
    const fresh = await tokens.fresh('c', { credentials: EXPIRED, version: 1 }, (credentials, beforeSend) =>
      refreshGrant(oauthDeps(), partyOf(oauth.server.url), credentials, beforeSend),
    )
    expect(fresh.credentials['accessToken']).toBe('of-another')
    expect(oauth.server.calls()).toBe(0)
  })
})

describe('a refused grant', () => {
  it('is reported, and ends as "auth", only after nobody else has succeeded', async () => {
    oauth = await serveOAuth()
    const memory = memoryCredentials({ ...EXPIRED, refreshToken: 'revoked-token' })
    const since = performance.now()
    await expect(processOf(memory, memoryLeases())()).rejects.toMatchObject({ kind: 'auth' })
    expect(performance.now() - since).toBeGreaterThan(390)
    expect(memory.reasons).toHaveLength(1)
    expect(memory.reasons.join()).not.toContain('revoked-token')
  })
  it('is forgotten where another process has stored a better one meanwhile', async () => {
    oauth = await serveOAuth()
    const memory = memoryCredentials({ ...EXPIRED, refreshToken: 'used-by-another' })
    const waiting = processOf(memory, memoryLeases())()
    setTimeout(() => memory.store.replaceCredentials('c', 1, { accessToken: 'of-winner', refreshToken: 'r' }), 200)
    expect((await waiting).credentials['accessToken']).toBe('of-winner')
    expect(memory.reasons).toEqual([])
  })
})

describe('a token endpoint that fails', () => {
  it.each([
    ['an outage', { status: 503, body: 'down' }],
    ['a web page', { status: 200, body: '<html>maintenance</html>' }],
    ['a wrong address', { status: 404, body: {} }],
  ])('with %s ends no grant, and a token that still lives is used on', async (_, reply) => {
    oauth = await serveOAuth()
    const soon = new Date(Date.now() + 60_000).toISOString()
    const memory = memoryCredentials({ ...EXPIRED, expiresAt: soon })
    oauth.server.faults.add({ effect: { kind: 'reply', when: 'before', reply } })
    const fresh = processOf(memory, memoryLeases())
    expect((await fresh()).credentials['accessToken']).toBe('access-token-1')
    await expect(fresh('access-token-1')).rejects.not.toMatchObject({ kind: 'auth' })
    expect(memory.reasons).toEqual([])
  })
  it('is not asked for every call', async () => {
    oauth = await serveOAuth()
    const memory = memoryCredentials({ ...EXPIRED, expiresAt: new Date(Date.now() + 60_000).toISOString() })
    oauth.server.faults.add({ effect: { kind: 'cut', when: 'before' } })
    const fresh = processOf(memory, memoryLeases())
    for (let call = 0; call < 5; call++) await fresh()
    expect(oauth.server.calls()).toBe(1)
  })
})

describe('a store that fails after a refresh', () => {
  it('is asked again, so that a rotated token is not lost', async () => {
    oauth = await serveOAuth()
    const memory = memoryCredentials(EXPIRED)
    const { replaceCredentials } = memory.store
    let failures = 2
    memory.store.replaceCredentials = async (...given) => {
      if (failures-- > 0) throw new Error('connection lost')
      return replaceCredentials(...given)
    }
    await processOf(memory, memoryLeases())()
    expect(memory.stored().credentials['refreshToken']).toBe(oauth.current())
  })
})

describe('refreshing ahead', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const tokenOf = (lifeMs: number, leftMs: number) => ({
    accessToken: 'a',
    refreshToken: 'r',
    obtainedAt: new Date(now + leftMs - lifeMs).toISOString(),
    expiresAt: new Date(now + leftMs).toISOString(),
  })
  it('begins five minutes before the end of a long life, and at four fifths of a short one', async () => {
    oauth = await serveOAuth()
    expect(needsRefresh(tokenOf(3_600_000, 301_000), now)).toBe(false)
    expect(needsRefresh(tokenOf(3_600_000, 299_000), now)).toBe(true)
    expect(needsRefresh(tokenOf(60_000, 13_000), now)).toBe(false)
    expect(needsRefresh(tokenOf(60_000, 11_000), now)).toBe(true)
    expect(needsRefresh({ accessToken: 'a' }, now, 'a')).toBe(false)
    expect(needsRefresh({ refreshToken: 'r' }, now)).toBe(true)
  })
})
