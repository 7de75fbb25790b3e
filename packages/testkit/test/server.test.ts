import { Agent, request as send } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type FaultEffect, type ServeOptions, type SimulatorServer, serveSimulator } from '../src/simulator/index.ts'
import { requestLog } from '../src/simulator/request-log.ts'

const open: SimulatorServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop()
})

/** A server that counts what its handler did. */
const counting = async (options: Partial<ServeOptions> = {}) => {
  const done: string[] = []
  const server = await serveSimulator({
    routes: [
      {
        method: 'POST',
        path: '/things',
        handle: (request) => {
          done.push(String(request.json().name))
          return { status: 201, body: { id: '1', text: 'a body that is long enough to be halved' } }
        },
      },
    ],
    ...options,
  })
  open.push(server)
  return { server, done }
}

const post = (server: SimulatorServer, name = 'one') =>
  fetch(`${server.url}/things`, { method: 'POST', body: JSON.stringify({ name }) })

describe('routing', () => {
  it('hands the named parts of the path, decoded, and the rest after a star', async () => {
    const { server } = await counting({
      routes: [
        { method: 'GET', path: '/crm/:version/:type/search', handle: (request) => ({ body: request.params }) },
        { method: '*', path: '/files/*', handle: (request) => ({ body: request.params }) },
      ],
    })
    expect(await (await fetch(`${server.url}/crm/v3/a%20b/search?x=1`)).json()).toEqual({ version: 'v3', type: 'a b' })
    expect(await (await fetch(`${server.url}/files/a/b`, { method: 'PUT' })).json()).toEqual({ rest: 'a/b' })
    expect((await fetch(`${server.url}/crm/v3/contacts`)).status).toBe(404)
    expect((await fetch(`${server.url}/crm/v3/contacts/search`, { method: 'POST' })).status).toBe(404)
  })

  it('lets `before` end a request, `after` change every answer and `notFound` answer the rest', async () => {
    const { server, done } = await counting({
      before: (request) => (request.headers.authorization === undefined ? { status: 401 } : undefined),
      after: (_request, reply) => ({ ...reply, headers: { ...reply.headers, 'x-limit': '10' } }),
      notFound: () => ({ status: 404, body: { message: 'no such path' } }),
    })
    const refused = await post(server)
    expect([refused.status, refused.headers.get('x-limit'), done]).toEqual([401, '10', []])
    const missing = await fetch(`${server.url}/none`, { headers: { authorization: 'x' } })
    expect(await missing.json()).toEqual({ message: 'no such path' })
  })

  it('answers the message of a handler that throws with 500', async () => {
    const { server } = await counting({
      routes: [
        {
          method: 'GET',
          path: '/',
          handle: () => {
            throw new Error('no table of contacts')
          },
        },
      ],
    })
    const reply = await fetch(server.url)
    expect([reply.status, await reply.text()]).toEqual([500, 'The simulator failed: no table of contacts'])
  })

  it('sends text, bytes and nothing as they are, in the time that it lives in', async () => {
    const { server } = await counting({
      now: () => new Date('2020-02-02T02:02:02Z'),
      routes: [
        { method: 'GET', path: '/text', handle: () => ({ headers: { 'Content-Type': 'text/html' }, body: '<p>' }) },
        { method: 'GET', path: '/bytes', handle: () => ({ body: new Uint8Array([1, 2]) }) },
        { method: 'GET', path: '/nothing', handle: () => ({ status: 204 }) },
      ],
    })
    const text = await fetch(`${server.url}/text`)
    expect([text.headers.get('content-type'), await text.text()]).toEqual(['text/html', '<p>'])
    expect(text.headers.get('date')).toBe('Sun, 02 Feb 2020 02:02:02 GMT')
    expect(await (await fetch(`${server.url}/bytes`)).bytes()).toEqual(new Uint8Array([1, 2]))
    expect((await fetch(`${server.url}/nothing`)).status).toBe(204)
  })

  it('keeps a connection open between requests', async () => {
    const { server } = await counting()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const localPort = () =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = send(server.url, { agent }, (reply) => {
          const port = reply.socket.localPort
          reply.resume().once('end', () => resolve(port))
        })
        request.once('error', reject).end()
      })
    const first = await localPort()
    await new Promise((resolve) => setImmediate(resolve))
    expect(await localPort()).toBe(first)
    agent.destroy()
  })
})

describe('faults', () => {
  const faulty = async (effect: FaultEffect) => {
    const { server, done } = await counting()
    server.faults.add({ method: 'POST', path: '/things', body: /one/, times: 1, effect })
    return { server, done }
  }

  it.each([
    ['before', []],
    ['after', ['one']],
  ] as const)('a reply %s the handler replaces its answer', async (when, expected) => {
    const { server, done } = await faulty({ kind: 'reply', when, reply: { status: 503, body: 'busy' } })
    const reply = await post(server)
    expect([reply.status, await reply.text(), done]).toEqual([503, 'busy', expected])
    expect((await post(server)).status).toBe(201)
  })

  it.each([
    ['before', []],
    ['after', ['one']],
  ] as const)('a cut %s the handler closes the connection without an answer', async (when, expected) => {
    const { server, done } = await faulty({ kind: 'cut', when })
    await expect(post(server)).rejects.toThrow('fetch failed')
    expect(done).toEqual(expected)
    expect(server.log.map((entry) => entry.status)).toEqual(['cut'])
  })

  it.each(['before', 'after'] as const)('a delay %s the handler waits and goes on', async (when) => {
    const { server, done } = await faulty({ kind: 'delay', when, ms: 60 })
    const startedAt = performance.now()
    expect((await post(server)).status).toBe(201)
    expect(performance.now() - startedAt).toBeGreaterThan(50)
    expect(done).toEqual(['one'])
  })

  it('a late commit closes the connection first and runs the handler later', async () => {
    const { server, done } = await faulty({ kind: 'late-commit', ms: 40 })
    await expect(post(server)).rejects.toThrow('fetch failed')
    expect(done).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 120))
    expect(done).toEqual(['one'])
  })

  it('a truncated answer breaks off in the middle of its body', async () => {
    const { server, done } = await faulty({ kind: 'truncate' })
    const reply = await post(server)
    expect(reply.status).toBe(201)
    await expect(reply.text()).rejects.toThrow()
    expect(done).toEqual(['one'])
  })

  it('rules are tried in order, each for its own turns and requests', async () => {
    const { server } = await counting()
    const answer = (status: number) => ({ kind: 'reply', when: 'before', reply: { status } }) as const
    server.faults.add({ body: /two/g, effect: answer(502) })
    server.faults.add({ path: /^\/thin/, times: 2, effect: answer(500) })
    const statuses: number[] = []
    for (const name of ['two', 'one', 'two', 'one', 'one']) statuses.push((await post(server, name)).status)
    expect(statuses).toEqual([502, 500, 502, 500, 201])
    server.faults.clear()
    expect((await post(server, 'two')).status).toBe(201)
  })

  it('a probability falls the same way for the same seed', async () => {
    const run = async (seed: number) => {
      const { server } = await counting({ seed })
      server.faults.add({
        probability: 0.5,
        effect: { kind: 'reply', when: 'before', reply: { status: 500 } },
      })
      const statuses: number[] = []
      for (let turn = 0; turn < 20; turn += 1) statuses.push((await post(server)).status)
      return statuses
    }
    const first = await run(3)
    expect(new Set(first)).toEqual(new Set([201, 500]))
    expect(await run(3)).toEqual(first)
    expect(await run(4)).not.toEqual(first)
  })
})

describe('log', () => {
  it('keeps each request with its answer', async () => {
    const { server } = await counting()
    await post(server)
    const [entry] = server.log
    expect(entry).toMatchObject({
      method: 'POST',
      path: '/things',
      query: '',
      requestBody: '{"name":"one"}',
      status: 201,
    })
    expect(JSON.parse(entry?.responseBody ?? '')).toMatchObject({ id: '1' })
    expect(server.calls()).toBe(1)
  })

  it('holds the last 20,000 requests in the order of arrival', () => {
    const log = requestLog()
    const arrive = (path: string) =>
      log.open({ at: new Date(), method: 'GET', path, query: '', requestHeaders: {}, requestBody: '' })
    const first = arrive('/0')
    for (let number = 1; number <= 20_000; number += 1) arrive(`/${number}`)
    log.close(first, 200, 'late')
    expect([log.entries.length, log.entries[0]?.path, log.entries.at(-1)?.path]).toEqual([20_000, '/1', '/20000'])
  })
})

describe('stop', () => {
  it('closes what is open and lets no late commit run', async () => {
    const { server, done } = await counting()
    server.faults.add({ effect: { kind: 'late-commit', ms: 30 } })
    await expect(post(server)).rejects.toThrow()
    await server.stop()
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(done).toEqual([])
    await expect(post(server)).rejects.toThrow()
  })
})
