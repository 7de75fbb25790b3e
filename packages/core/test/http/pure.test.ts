import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextSkew, retryAfterMs, serverNow, skewBounds } from '../../src/http/clock.ts'
import { drawsOf, type LimitedParty } from '../../src/http/rates.ts'
import { MAX_ATTEMPTS, MAX_WAIT_MS, retryDelay } from '../../src/http/retry.ts'

const question = fc.record({
  attempt: fc.integer({ min: 1, max: 8 }),
  kind: fc.constantFrom('rate_limited', 'quota', 'locked', 'unavailable', 'timeout', 'auth', 'invalid', 'conflict'),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
  isSafe: fc.boolean(),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
} as const)

describe('a retry', () => {
  it('comes never too often, never too soon, never after too long a wait, and only where it is safe and of use', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const delayMs = retryDelay(asked)
        const isHopeless = !asked.isSafe || asked.attempt >= MAX_ATTEMPTS || (asked.retryAfterMs ?? 0) > MAX_WAIT_MS
        if (isHopeless || ['quota', 'auth', 'invalid', 'conflict'].includes(asked.kind)) expect(delayMs).toBeUndefined()
        if (delayMs === undefined) return
        expect(delayMs).toBeGreaterThanOrEqual(asked.retryAfterMs ?? 0)
        expect(delayMs).toBeLessThanOrEqual(MAX_WAIT_MS)
        if (asked.kind === 'locked' && asked.retryAfterMs === undefined) expect(delayMs).toBeGreaterThanOrEqual(2_000)
      }),
    )
  })
  it('backs off twice as far each time, with full jitter', () => {
    const longest = [1, 2, 3, 4].map((attempt) =>
      retryDelay({ attempt, kind: 'unavailable', isSafe: true, random: 0.999_999 }),
    )
    expect(longest).toEqual([500, 1_000, 2_000, 4_000])
    expect(retryDelay({ attempt: 4, kind: 'unavailable', isSafe: true, random: 0 })).toBe(0)
  })
})

describe('Retry-After', () => {
  const date = (ms: number) => new Date(ms).toUTCString()
  it.each([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': date(1_000_000) }, 0],
    [{ 'retry-after': date(2_000_000_000_000 + 60_000) }, 60_000],
    [{ 'retry-after': date(1_000_060_000), date: date(1_000_000_000) }, 60_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('is read as seconds, or as a date by the clock of the reply: %o', (headers, expected) => {
    expect(retryAfterMs(headers as Record<string, string>, 2_000_000_000_000)).toBe(expected)
  })
})

describe('the measured clock of a CRM', () => {
  it('never leaves what the replies allow, and stays still while they agree', () => {
    const skews = fc.integer({ min: -100_000, max: 100_000 })
    fc.assert(
      fc.property(
        skews,
        fc.array(fc.tuple(fc.nat(5_000), fc.nat(400), fc.nat(400)), { minLength: 1 }),
        (skewMs, calls) => {
          let knownMs = 0
          let nowMs = 1_700_000_000_000
          for (const [afterMs, thereMs, backMs] of calls) {
            const sentMs = nowMs + afterMs
            const headers = { date: new Date(sentMs + thereMs + skewMs).toUTCString() }
            nowMs = sentMs + thereMs + backMs
            const bounds = skewBounds(headers, sentMs, nowMs)
            if (bounds !== undefined) knownMs = nextSkew(knownMs, bounds)
            expect(Math.abs(knownMs - skewMs)).toBeLessThanOrEqual(1_000 + thereMs + backMs)
          }
          if (skewMs === 0) expect(knownMs).toBe(0)
        },
      ),
    )
  })
  it('is not read from a cached or unreadable reply', () => {
    const date = new Date(0).toUTCString()
    expect(skewBounds({ date, age: '10' }, 0, 0)).toBeUndefined()
    expect(skewBounds({ date: 'never' }, 0, 0)).toBeUndefined()
    expect(serverNow(1_000, -400).getTime()).toBe(600)
  })
})

describe('the buckets of a call', () => {
  const party: LimitedParty = {
    provider: 'acme',
    connectionId: 'c',
    account: { id: '7', timeZone: 'America/New_York' },
    limits: {
      rates: [
        { requests: 5, perMs: 1_000, when: ({ path }) => path === '/search', shared: 'account' },
        { requests: 100, perMs: 10_000, cost: ({ path }) => (path === '/dear' ? 3 : 1) },
        { requests: 1_000, perMs: 86_400_000, resets: 'account-midnight', shared: 'account' },
      ],
      parallel: [],
      page: 1,
      read: 1,
      write: 1,
    },
  }
  const at = Date.parse('2026-03-01T04:30:00Z')
  it('are those that apply, the longest period first, shared as the plugin says', () => {
    expect(drawsOf(party, { path: '/search' }, at).map(({ key }) => key)).toEqual([
      'acme:account:7:rate2:86400000:2026-02-28',
      'acme:connection:c:rate1:10000',
      'acme:account:7:rate0:1000',
    ])
    expect(drawsOf(party, { path: '/dear' }, at)[1]).toMatchObject({ cost: 3 })
  })
  it('begin anew at midnight of the account', () => {
    expect(drawsOf(party, { path: '/' }, at)[0]?.resetsAtMs).toBe(Date.parse('2026-03-01T05:00:00Z'))
    expect(drawsOf(party, { path: '/' }, at + 3_600_000)[0]?.key).toContain('2026-03-01')
  })
  it('follow the connection’s own numbers and the cap of the installation', () => {
    const draws = drawsOf(
      { ...party, overrides: { rates: [null, 50, 9] }, requestsPerSecond: 0.5 },
      { path: '/search' },
      at,
    )
    expect(draws.map(({ budget }) => budget)).toEqual([
      { requests: 9, perMs: 86_400_000 },
      { requests: 50, perMs: 10_000 },
      { requests: 1, perMs: 2_000 },
      { requests: 5, perMs: 1_000 },
    ])
  })
})
