import type { Fields, Provider, RemoteRecord } from '@raccordo/core'
import { defineProvider, eachRow, hmacMatches } from '@raccordo/core/plugin'
import {
  type SimulatorReply,
  type SimulatorRequest,
  type SimulatorServer,
  serveSimulator,
} from '@raccordo/testkit/simulator'

/** A CRM of people, small enough to be read at once: what the server's tests connect to. */
export interface Shop {
  readonly server: SimulatorServer
  readonly people: ReadonlyMap<string, Person>
  add(fields: Fields): string
  stop(): Promise<void>
}
interface Person {
  readonly id: string
  readonly changed: string
  readonly marker?: string
  readonly fields: Fields
}

export const SHOP_KEY = 'key-of-the-shop'

const paged = (rows: readonly Person[], { query }: SimulatorRequest): SimulatorReply => {
  const from = query.get('from') ?? ''
  const to = query.get('to') ?? '9999'
  const after = Number(query.get('after') ?? 0)
  const limit = Number(query.get('limit') ?? 100)
  const found = rows.filter(({ id, changed }) => Number(id) > after && changed >= from && changed < to)
  return { body: { people: found.slice(0, limit), more: found.length > limit } }
}

/** Starts an empty shop. */
export const startShop = async (): Promise<Shop> => {
  const people = new Map<string, Person>()
  const save = (id: string, fields: Fields, marker?: string): Person => {
    const before = people.get(id)
    const mark = marker ?? before?.marker
    const changed = new Date().toISOString()
    const person = {
      id,
      changed,
      ...(mark === undefined ? {} : { marker: mark }),
      fields: { ...before?.fields, ...fields },
    }
    people.set(id, person)
    return person
  }
  const add = (fields: Fields, marker?: string): string => save(String(people.size + 1), fields, marker).id
  const one = ({ params }: SimulatorRequest): Person | undefined => people.get(params['id'] ?? '')
  const server = await serveSimulator({
    before: ({ headers }) =>
      headers['authorization'] === `Bearer ${SHOP_KEY}` ? undefined : { status: 401, body: { why: 'Wrong key' } },
    routes: [
      { method: 'GET', path: '/me', handle: () => ({ body: { id: 'shop-1', name: 'The Shop' } }) },
      { method: 'GET', path: '/people', handle: (request) => paged([...people.values()], request) },
      {
        method: 'GET',
        path: '/people/:id',
        handle: (request) => {
          const person = one(request)
          return person === undefined ? { status: 404 } : { body: person }
        },
      },
      {
        method: 'POST',
        path: '/people',
        handle: (request) => {
          const { fields, marker } = request.json()
          if (fields.email === 'refused@example.com') return { status: 422, body: { why: 'No such domain' } }
          return { status: 201, body: people.get(add(fields, marker)) ?? null }
        },
      },
      {
        method: 'PATCH',
        path: '/people/:id',
        handle: (request) => ({ body: save(request.params['id'] ?? '', request.json().fields) }),
      },
    ],
  })
  return { server, people, add, stop: () => server.stop() }
}

const recordOf = ({ id, changed, fields }: Person): RemoteRecord => ({ id, updatedAt: changed, fields })

/** The shop as a provider that no package brings. */
export const shopProvider = defineProvider({
  contract: 1,
  id: 'shop',
  title: 'Shop',
  settings: { type: 'object', properties: { apiBaseUrl: { type: 'string' } }, additionalProperties: false },
  auth: { apiKey: {} },
  api: {
    baseUrl: 'https://shop.invalid',
    settleMs: 50,
    limits: { rates: [{ requests: 1_000, perMs: 1_000 }], parallel: [], page: 100, read: 100, write: 10 },
  },
  probe: async (ctx) => {
    const { body } = await ctx.call({ path: '/me' })
    return { id: body.id, name: body.name }
  },
  objects: [
    {
      type: 'contact',
      name: 'people',
      paging: 'keyset',
      order: { field: 'changed', precision: 'ms', lateMs: { usual: 0, worst: 0 } },
      pull: async (ctx, { window, cursor, limit }) => {
        const { body } = await ctx.call({
          path: '/people',
          query: { from: window?.from, to: window?.to, after: cursor, limit },
        })
        const records = body.people.map(recordOf)
        return { records, next: body.more ? records.at(-1).id : undefined }
      },
      read: async (ctx, ids) => {
        const { body } = await ctx.call({ path: '/people', query: { limit: 1_000 } })
        return body.people.filter(({ id }: Person) => ids.includes(id)).map(recordOf)
      },
      find: async (ctx, field, values) => {
        const { body } = await ctx.call({ path: '/people', query: { limit: 1_000 } })
        const idsOf = (value: string) =>
          body.people.filter(({ fields }: Person) => fields[field] === value).map(({ id }: Person) => id)
        return new Map(values.map((value) => [value, idsOf(value)]))
      },
      create: (ctx, rows) =>
        eachRow(rows, async ({ fields, marker }) => {
          const { body } = await ctx.call({ method: 'POST', path: '/people', body: { fields, marker } })
          return { ok: true, remoteId: body.id, created: true, updatedAt: body.changed }
        }),
      update: (ctx, rows) =>
        eachRow(rows, async ({ fields, remoteId }) => {
          const { body } = await ctx.call({
            method: 'PATCH',
            path: `/people/${remoteId}`,
            body: { fields },
            idempotent: true,
          })
          return { ok: true, remoteId, created: false, updatedAt: body.changed }
        }),
      locate: async (ctx, row) => {
        const { body } = await ctx.call({ path: '/people', query: { limit: 1_000 } })
        return body.people.filter(({ marker }: Person) => marker === row.marker).map(({ id }: Person) => id)
      },
      describe: async () =>
        ['email', 'first', 'last'].map((name) => ({ name, label: name, type: 'text', unique: name === 'email' })),
    },
  ],
  webhooks: {
    secret: 'connection',
    verify: ({ headers, body }, secret) =>
      hmacMatches({
        algorithm: 'sha256',
        encoding: 'hex',
        secret,
        parts: [body],
        signature: headers['x-shop-signature'],
      }),
    parse: ({ body }) => JSON.parse(Buffer.from(body).toString()).events,
  },
  mapping: {
    version: 1,
    objects: { contact: { key: 'email', fields: { email: 'email', first_name: 'first', last_name: 'last' } } },
  },
}) as Provider
