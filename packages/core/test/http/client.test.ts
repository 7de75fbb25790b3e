import { setTimeout as delay } from 'node:timers/promises'
import { type Route, type SimulatorServer, serveSimulator } from '@raccordo/testkit/simulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Call, ErrorKind, Failure, Reply } from '../../src/contract.ts'
import type { CrmError } from '../../src/errors.ts'
import { createCtx } from '../../src/http/client.ts'
import { systemClock } from '../../src/http/context.ts'
import { createLimiter } from '../../src/http/limiter.ts'
import { type Bench, createBench, fixedCredentials, memoryBuckets, plainProvider } from './bench.ts'

let crm: SimulatorServer
let bench: Bench
let commits: number

const routes: readonly Route[] = [
  { method: 'GET', path: '/v1/things', handle: () => ({ body: { items: [1, 2] } }) },
  { method: 'GET', path: '/v1/old', handle: () => ({ status: 302, headers: { location: '/v1/things' } }) },
  { method: 'GET', path: '/v1/away', handle: () => ({ status: 302, headers: { location: 'http://localhost:1/x' } }) },
  { method: 'GET', path: '/v1/echo', handle: ({ headers, query }) => ({ body: { headers, query: [...query] } }) },
  { method: 'GET', path: '/v1/none', handle: () => ({ status: 204 }) },
  { method: 'GET', path: '/v1/unchanged', handle: () => ({ status: 304 }) },
  { method: 'GET', path: '/v1/csv', handle: () => ({ headers: { 'content-type': 'text/csv' }, body: 'a,b' }) },
  {
    method: 'POST',
    path: '/v1/things',
    handle: (request) => {
      commits += 1
      return { status: 201, body: { id: commits, got: request.json() } }
    },
  },
]

beforeEach(async () => {
  commits = 0
  crm = await serveSimulator({ routes })
  bench = createBench()
})
afterEach(() => crm.stop())

const ctxOf = (more: Parameters<Bench['context']>[1] = {}) =>
  createCtx(bench.deps, bench.context(`${crm.url}/v1`, more))
const failureOf = async (call: Promise<Reply>): Promise<CrmError> => {
  const outcome = await call.then(
    () => undefined,
    (error: CrmError) => error,
  )
  if (outcome === undefined) throw new Error('The call was expected to fail.')
  return outcome
}
const reply = (status: number, body?: unknown, headers: Record<string, string> = {}) =>
  ({ kind: 'reply', when: 'before', reply: { status, body, headers } }) as const
const POST: Call = { method: 'POST', path: '/things', body: { name: 'x' }, timeoutMs: 300 }

describe('a call', () => {
  it('goes to the base URL with its prefix, signed, with query and JSON body', async () => {
    const { body } = await ctxOf().call({ path: '/echo', query: { q: 'a b', n: 5, none: undefined } })
    expect(body.query).toEqual([
      ['q', 'a b'],
      ['n', '5'],
    ])
    expect(body.headers.authorization).toBe('Bearer key-0123456789')
    expect((await ctxOf().call(POST)).body).toEqual({ id: 1, got: { name: 'x' } })
  })
  it('is not signed where it is anonymous', async () => {
    const { body } = await ctxOf().call({ path: '/echo', anonymous: true })
    expect(body.headers.authorization).toBeUndefined()
  })
  it('answers no body as undefined, "unchanged" as a reply and other texts as text', async () => {
    expect((await ctxOf().call({ path: '/none' })).body).toBeUndefined()
    expect((await ctxOf().call({ path: '/unchanged' })).status).toBe(304)
    expect((await ctxOf().call({ path: '/csv' })).body).toBe('a,b')
  })
  it('follows a redirect on the same host, and none to another', async () => {
    expect((await ctxOf().call({ path: '/old' })).body).toEqual({ items: [1, 2] })
    const error = await failureOf(ctxOf().call({ path: '/away' }))
    expect(error.kind).toBe('unavailable')
    expect(crm.log.filter(({ path }) => path === '/v1/away')).toHaveLength(5)
  })
  it('is reported with path, status, kind and attempt, but without its query', async () => {
    crm.faults.add({ times: 1, effect: reply(503) })
    await ctxOf().call({ path: '/things', query: { secret: 'key-0123456789' } })
    expect(bench.reports.map(({ status, kind, attempt, path }) => [status, kind, attempt, path])).toEqual([
      [503, 'unavailable', 1, '/v1/things'],
      [200, undefined, 2, '/v1/things'],
    ])
    expect(JSON.stringify(bench.reports)).not.toContain('key-0123456789')
  })
})

describe('a failing call', () => {
  it.each<[string, number, ErrorKind]>([
    ['unauthorised', 401, 'auth'],
    ['forbidden', 403, 'forbidden'],
    ['unknown', 404, 'not_found'],
    ['conflicting', 409, 'conflict'],
    ['malformed', 400, 'invalid'],
    ['locked', 423, 'locked'],
  ])('is of a kind that its status names: %s', async (_, status, kind) => {
    crm.faults.add({ times: 1, effect: reply(status, { message: 'no' }, { 'retry-after': '60' }) })
    expect((await failureOf(ctxOf().call({ path: '/things' }))).kind).toBe(kind)
  })
  it('tells the CRM’s own words without the secret that the CRM repeats', async () => {
    crm.faults.add({ effect: reply(400, { message: 'bad key-0123456789 here' }) })
    const error = await failureOf(ctxOf().call({ path: '/things' }))
    expect(error.message).toContain('bad [redacted] here')
  })
  it('is of the kind that the plugin names, under 200 too', async () => {
    const classify = (answer: Reply): Failure | undefined =>
      answer.body?.items ? { kind: 'schema', message: 'field gone', field: 'x' } : undefined
    const error = await failureOf(ctxOf({ provider: plainProvider({ classify }) }).call({ path: '/things' }))
    expect(error).toMatchObject({ kind: 'schema', field: 'x', unknownOutcome: false })
  })
  it.each<[string, unknown, string]>([
    ['an HTML page', '<html><h1>Bad gateway</h1></html>', 'text/html'],
    ['cut JSON', '{"items": [1, 2', 'application/json'],
    ['a page that claims to be JSON', '<h1>x</h1>', 'application/json'],
  ])('is "unavailable" for %s under 200, and is tried again', async (_, body, type) => {
    crm.faults.add({ times: 1, effect: reply(200, body, { 'content-type': type }) })
    expect((await ctxOf().call({ path: '/things' })).body).toEqual({ items: [1, 2] })
    crm.faults.add({ effect: reply(200, body, { 'content-type': type }) })
    const error = await failureOf(ctxOf().call({ path: '/things' }))
    expect(error.kind).toBe('unavailable')
    expect(error.message).toContain(String(body).slice(0, 10))
  })
  it('is not "not found" where a web page says 404', async () => {
    crm.faults.add({ effect: reply(404, '<html>nginx</html>', { 'content-type': 'text/html' }) })
    expect((await failureOf(ctxOf().call({ path: '/things' }))).kind).toBe('unavailable')
  })
  it('reads JSON under a wrong content type', async () => {
    crm.faults.add({ effect: reply(200, '{"items":[3]}', { 'content-type': 'text/plain' }) })
    expect((await ctxOf().call({ path: '/things' })).body).toEqual({ items: [3] })
  })
  it('is tried five times and no more', async () => {
    crm.faults.add({ effect: reply(500) })
    await failureOf(ctxOf().call({ path: '/things' }))
    expect(crm.calls()).toBe(5)
  })
  it('waits for a Retry-After in seconds or as a date, and hands a long one up', async () => {
    const since = performance.now()
    crm.faults.add({ times: 1, effect: reply(429, {}, { 'retry-after': '1' }) })
    await ctxOf().call({ path: '/things' })
    expect(performance.now() - since).toBeGreaterThan(950)
    const date = new Date(Date.now() + 3_600_000).toUTCString()
    crm.faults.add({ times: 1, effect: reply(429, {}, { 'retry-after': date }) })
    const error = await failureOf(ctxOf().call({ path: '/things' }))
    expect(error.kind).toBe('rate_limited')
    expect(error.retryAfterMs).toBeGreaterThan(3_590_000)
    expect(error.retryAfterMs).toBeLessThanOrEqual(3_601_000)
  })
})

describe('the outcome of a write', () => {
  const matrix: [string, Parameters<SimulatorServer['faults']['add']>[0]['effect'], boolean, number][] = [
    ['500 before the commit', reply(500), true, 0],
    ['500 after the commit', { kind: 'reply', when: 'after', reply: { status: 500 } }, true, 1],
    ['a cut connection before the commit', { kind: 'cut', when: 'before' }, true, 0],
    ['a cut connection after the commit', { kind: 'cut', when: 'after' }, true, 1],
    ['no answer in time', { kind: 'delay', when: 'after', ms: 600 }, true, 1],
    ['half an answer', { kind: 'truncate' }, true, 1],
    ['a web page under 200', reply(200, '<html>x', { 'content-type': 'text/html' }), true, 0],
    ['a refusal', reply(400, { message: 'no' }), false, 0],
  ]
  it.each(matrix)('after %s is told, and the write is not repeated', async (_, effect, isUnknown, done) => {
    crm.faults.add({ times: 1, effect })
    const error = await failureOf(ctxOf().call(POST))
    expect(error.unknownOutcome).toBe(isUnknown)
    expect([crm.calls(), commits]).toEqual([1, done])
  })
  it.each([429, 423])('is known after %i, and the write is repeated', async (status) => {
    crm.faults.add({ times: 1, effect: reply(status, {}, { 'retry-after': '0' }) })
    expect((await ctxOf().call(POST)).status).toBe(201)
    expect(commits).toBe(1)
  })
  it('is known where no connection came about', async () => {
    await crm.stop()
    const error = await failureOf(ctxOf().call(POST))
    expect(error).toMatchObject({ kind: 'unavailable', unknownOutcome: false })
    expect(bench.reports).toHaveLength(5)
  })
  it('does not matter to an idempotent one, which is repeated', async () => {
    crm.faults.add({ times: 1, effect: { kind: 'cut', when: 'after' } })
    expect((await ctxOf().call({ ...POST, idempotent: true })).status).toBe(201)
    expect(commits).toBe(2)
  })
  it('is unknown where the work is stopped after the write went out', async () => {
    const stop = new AbortController()
    crm.faults.add({ effect: { kind: 'delay', when: 'after', ms: 250 } })
    const call = failureOf(ctxOf({ signal: stop.signal }).call(POST))
    await delay(100)
    stop.abort()
    expect((await call).unknownOutcome).toBe(true)
  })
})

describe('a deadline', () => {
  it('keeps a call from going out whose answer could come too late', async () => {
    const sendBy = performance.now() + 200
    const error = await failureOf(ctxOf({ sendBy }).call(POST))
    expect(error).toMatchObject({ kind: 'timeout', unknownOutcome: false })
    expect(crm.calls()).toBe(0)
  })
  it('holds after the limiter has made a call wait', async () => {
    const limits = { rates: [{ requests: 1, perMs: 500 }], parallel: [], page: 1, read: 1, write: 1 }
    const provider = plainProvider({ limits })
    const sendBy = performance.now() + 700
    const ctx = ctxOf({ provider, sendBy })
    const calls = await Promise.allSettled([ctx.call(POST), ctx.call(POST), ctx.call(POST)])
    expect(calls.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(crm.calls()).toBe(1)
  })
  it('holds after a slow look-up of the credentials', async () => {
    const slow = fixedCredentials()
    const credentials = { ...slow, sign: (call: Call) => delay(150).then(() => slow.sign(call)) }
    const error = await failureOf(ctxOf({ credentials, sendBy: performance.now() + 400 }).call(POST))
    expect(error.kind).toBe('timeout')
    expect(crm.calls()).toBe(0)
  })
  it('ends a slow body', async () => {
    crm.faults.add({ times: 5, effect: { kind: 'delay', when: 'before', ms: 300 } })
    const error = await failureOf(ctxOf({ sendBy: performance.now() + 250 }).call({ path: '/things', timeoutMs: 100 }))
    expect(error.kind).toBe('timeout')
  })
})

describe('refused credentials', () => {
  const renewable = () => {
    let generation = 1
    const credentials = {
      ...fixedCredentials(),
      sign: async () => ({ headers: { authorization: `Bearer token-${generation}` }, generation: `${generation}` }),
      renew: async () => {
        generation += 1
        return 'repeat' as const
      },
    }
    return { credentials, generation: () => generation }
  }
  it('are renewed once, and the call is repeated once', async () => {
    const source = renewable()
    crm.faults.add({ times: 1, effect: reply(401) })
    expect((await ctxOf(source).call(POST)).status).toBe(201)
    crm.faults.add({ times: 9, effect: reply(401) })
    expect((await failureOf(ctxOf(source).call(POST))).kind).toBe('auth')
    expect(source.generation()).toBe(3)
    expect(crm.calls()).toBe(4)
  })
  it('give a call with the old session’s values those of the new one', async () => {
    let session: Record<string, string> = { cookie: 'session-old-1' }
    const credentials = {
      ...fixedCredentials(),
      get session() {
        return session
      },
      renew: async () => {
        session = { cookie: 'session-new-2' }
        return 'rebuild' as const
      },
    }
    const ctx = ctxOf({ credentials })
    crm.faults.add({ times: 1, effect: reply(401) })
    const { body } = await ctx.call({ path: '/echo', headers: { cookie: `sid=${ctx.session['cookie']}` } })
    expect(body.headers.cookie).toBe('sid=session-new-2')
    crm.faults.add({ times: 1, effect: reply(401) })
    const error = await failureOf(ctx.call({ path: '/echo' }))
    expect(error).toMatchObject({ kind: 'unavailable', unknownOutcome: false })
  })
})

describe('limits', () => {
  it('ask no store where none applies', async () => {
    const buckets = memoryBuckets()
    bench = createBench({ limiter: createLimiter(buckets, systemClock) })
    await Promise.all(Array.from({ length: 20 }, () => ctxOf().call({ path: '/things' })))
    expect(buckets.takes).toBe(0)
  })
  it('let no more calls in at once than the plugin says', async () => {
    let inside = 0
    let most = 0
    const slow: Route = {
      method: 'GET',
      path: '/slow',
      handle: async () => {
        inside += 1
        most = Math.max(most, inside)
        await delay(20)
        inside -= 1
        return {}
      },
    }
    const other = await serveSimulator({ routes: [slow] })
    const limits = { rates: [], parallel: [{ max: 3 }], page: 1, read: 1, write: 1 }
    const ctx = createCtx(bench.deps, bench.context(other.url, { provider: plainProvider({ limits }) }))
    await Promise.all(Array.from({ length: 12 }, () => ctx.call({ path: '/slow' })))
    await other.stop()
    expect(most).toBe(3)
  })
})

describe('the CRM’s clock', () => {
  it('is read from its Date header', async () => {
    const ahead = await serveSimulator({ routes, now: () => new Date(Date.now() + 60_000) })
    const ctx = createCtx(bench.deps, bench.context(`${ahead.url}/v1`))
    await ctx.call({ path: '/things' })
    await ahead.stop()
    expect(Math.abs(ctx.now().getTime() - Date.now() - 60_000)).toBeLessThan(1_500)
    expect(bench.skews).toHaveLength(1)
  })
})
