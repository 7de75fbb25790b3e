import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OdooSimulator, startOdooSimulator } from '../simulator/index.ts'
import { callIn, exchangesWith, idBook } from './exchanges.ts'

/** Counts that depend on all that the recorded database held, and a stamp's microseconds. */
const OTHER_COUNTS = new Set([
  'd/002-j2-single-db-no-header',
  'd/031-j2-context',
  'd/043-exec-api-key',
  'b/017-wd-gt-micros',
  'b/018-wd-eq-micros',
])

for (const version of ['19', '14'] as const)
  describe(`Odoo ${version}: the simulator answers what a real server answered`, () => {
    let simulator: OdooSimulator
    let now = new Date('2026-11-24T02:10:00.914Z')
    const book = idBook()
    beforeAll(async () => {
      simulator = await startOdooSimulator({
        version: Number(version),
        database: version === '14' ? 'crm14' : 'crm',
        now: () => now,
      })
    })
    afterAll(() => simulator.stop())

    for (const exchange of exchangesWith(version))
      test(exchange.place, async () => {
        // The comparisons of stamps were recorded on a record made in this second.
        const second = version === '19' ? '2026-11-24T02:13:10.914Z' : '2026-11-24T02:14:33.620Z'
        now = exchange.place.startsWith('b/001') ? new Date(second) : new Date(now.getTime() + 1)
        const { request, response } = exchange
        const call = callIn(request.body, request.path)
        const body = call === undefined ? request.body : translated(request.body, call, book)
        const answer = await fetch(`${simulator.url}${request.path}`, {
          method: request.method,
          headers: request.headers,
          body: request.method === 'GET' ? null : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
        })
        const text = await answer.text()
        const isJson = answer.headers.get('content-type')?.includes('json') === true
        const actual: unknown = isJson ? JSON.parse(text) : text
        if (call !== undefined) learn(book, call, response.body, actual)

        expect(answer.status).toBe(response.status)
        expect(answer.headers.get('connection')).toBe('close')
        expect(isJson).toBe(response.headers['Content-Type']?.includes('json') === true)
        if (!isJson) return
        expect(errorIn(actual)?.name).toBe(errorIn(recordedBody(response.body))?.name)
        expect(shape(actual)).toEqual(shape(recordedBody(response.body)))
        const isCount = call?.method === 'search_count' && !OTHER_COUNTS.has(exchange.place)
        if (isCount && errorIn(actual) === undefined) expect(resultIn(actual)).toEqual(resultIn(response.body))
      })
  })

type Book = ReturnType<typeof idBook>
type CallName = NonNullable<ReturnType<typeof callIn>>

/** JSON-2 answers `null` for nothing; the recorder kept it as text. */
const recordedBody = (body: unknown): unknown => (body === 'null' ? null : body)

const resultIn = (body: unknown): unknown => {
  const rpc = body as { jsonrpc?: string; result?: unknown } | null
  return rpc?.jsonrpc === undefined ? body : rpc.result
}

const errorIn = (body: unknown): { name?: string } | undefined => {
  const rpc = body as { error?: { data?: { name?: string } }; name?: unknown } | null
  if (rpc?.error?.data !== undefined) return rpc.error.data
  return typeof rpc?.name === 'string' ? (rpc as { name: string }) : undefined
}

const ON_RECORDS = new Set(['read', 'write', 'unlink', 'exists', 'get_external_id', 'message_post'])

const translated = (body: unknown, { model, method }: CallName, book: Book): unknown => {
  const copy = structuredClone(body) as { params?: { args: unknown[] } } & Record<string, unknown>
  if (copy.params === undefined) {
    if (copy['ids'] !== undefined) copy['ids'] = book.ids(model, copy['ids'])
    if (copy['domain'] !== undefined) copy['domain'] = book.domain(model, copy['domain'])
    return copy
  }
  const list = copy.params.args[5] as unknown[]
  const [first, second] = list
  if (ON_RECORDS.has(method)) list[0] = book.ids(model, first)
  if (method === 'write') list[1] = book.values(model, second)
  if (method === 'create' && first !== undefined) list[0] = book.values(model, first)
  if (method === 'load') list[1] = book.cells(model, first as string[], second as unknown[][])
  if (method.startsWith('search')) list[0] = book.domain(model, first)
  return copy
}

const learn = (book: Book, { model, method }: CallName, recorded: unknown, actual: unknown): void => {
  const [then, now] = [resultIn(recorded), resultIn(actual)]
  if (method === 'create') book.learn(model, then, now)
  if (method === 'load') book.learn(model, (then as { ids?: unknown })?.ids, (now as { ids?: unknown })?.ids)
  if (method !== 'search_read' || !Array.isArray(then) || !Array.isArray(now)) return
  then.forEach((record, index) => {
    book.learn(model, record.id, now[index]?.id)
  })
}

/** Types, keys, lengths and emptiness of a value; what a message says and which ids there are is not looked at. */
const shape = (value: unknown, key = ''): unknown => {
  if (key === 'moreinfo' || key === 'selection') return 'any'
  if (Array.isArray(value)) return value.map((member) => shape(member))
  if (value === null || typeof value === 'boolean') return value
  if (typeof value !== 'object') return typeof value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]) => [name, shape(member, name)]),
  )
}
