import { createHmac } from 'node:crypto'
import type { Fields, Link, ObjectType } from '@raccordo/core/plugin'
import {
  inventCompanies,
  inventContacts,
  type Route,
  type Simulator,
  type SimulatorDefinition,
  type SimulatorReply,
  serveSimulator,
} from '../../src/simulator/index.ts'

interface StoredRecord {
  readonly id: number
  fields: Fields
  links: readonly Link[]
  marker: string | undefined
  updatedAt: string
  deletedAt: string | undefined
}

export const KEY = 'key-of-the-mini-crm'
const TYPES: Readonly<Record<string, ObjectType>> = { contacts: 'contact', companies: 'company', calls: 'activity' }
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  contacts: ['email', 'first', 'last', 'job', 'phone', 'country'],
  companies: ['name', 'domain', 'phone', 'country', 'street'],
  calls: ['subject', 'body', 'at'],
}
/** Canonical names of the fields above, in the same order. */
const CANONICAL: Readonly<Record<string, readonly string[]>> = {
  contacts: ['email', 'first_name', 'last_name', 'title', 'phone_e164', 'country_iso'],
  companies: ['name', 'domain', 'phone', 'country_iso', 'address'],
  calls: ['subject', 'body', 'started_at'],
}

const translated = (data: Fields, from: readonly string[] = [], to: readonly string[] = []): Fields =>
  Object.fromEntries(
    Object.entries(data).flatMap(([name, value]) => {
      const other = to[from.indexOf(name)]
      return other === undefined ? [] : [[other, value]]
    }),
  )

/** A CRM of a few lines: stamps in seconds, windows through an index that can lag, markers, soft deletion. */
export const simulator: SimulatorDefinition = {
  provider: 'mini',
  start: async (options = {}): Promise<Simulator> => {
    const tables = new Map<string, Map<number, StoredRecord>>(Object.keys(TYPES).map((name) => [name, new Map()]))
    const changedAtMs = new Map<StoredRecord, number>()
    const table = (name = '') => tables.get(name) ?? new Map<number, StoredRecord>()
    const nameOf = (type: ObjectType) => Object.keys(TYPES).find((name) => TYPES[name] === type) ?? ''
    let lastId = 0
    let indexLagMs = 0

    const stamp = (): string => `${server.now().toISOString().slice(0, 19)}Z`
    const touch = (record: StoredRecord): StoredRecord => {
      record.updatedAt = stamp()
      changedAtMs.set(record, server.now().getTime())
      return record
    }
    const insert = (name: string, fields: Fields, links: readonly Link[], marker?: string): StoredRecord => {
      lastId += 1
      const record = { id: lastId, fields, links, marker, updatedAt: '', deletedAt: undefined }
      table(name).set(record.id, record)
      return touch(record)
    }
    const fault = (name: string, fields: Fields): SimulatorReply | undefined => {
      const unknown = Object.keys(fields).find((field) => !FIELDS[name]?.includes(field))
      return unknown === undefined ? undefined : { status: 422, body: { error: `There is no field ${unknown}` } }
    }
    const shown = (record: StoredRecord, fields: readonly string[] | undefined) => ({
      ...record,
      fields: Object.fromEntries(Object.entries(record.fields).filter(([field]) => fields?.includes(field) ?? true)),
    })
    const listed = (name: string, query: URLSearchParams): readonly StoredRecord[] => {
      const [since, until] = [query.get('since'), query.get('until')]
      const isVisible = (record: StoredRecord) =>
        since === null || server.now().getTime() - (changedAtMs.get(record) ?? 0) >= indexLagMs
      const isInside = ({ updatedAt }: StoredRecord) =>
        (since === null || Date.parse(updatedAt) >= Date.parse(since)) &&
        (until === null || Date.parse(updatedAt) < Date.parse(until))
      const wanted = (record: StoredRecord) =>
        (query.get('deleted') === null) === (record.deletedAt === undefined) &&
        (query.get('ids')?.split(',').includes(String(record.id)) ?? true) &&
        (!query.has('marker') || record.marker === query.get('marker')) &&
        (!query.has('field') || record.fields[query.get('field') ?? ''] === query.get('value'))
      return [...table(name).values()].filter((record) => isVisible(record) && isInside(record) && wanted(record))
    }

    const routes: readonly Route[] = [
      { method: 'GET', path: '/me', handle: () => ({ body: { account: 'acme' } }) },
      { method: 'GET', path: '/:name/fields', handle: ({ params }) => ({ body: FIELDS[params.name ?? ''] }) },
      {
        method: 'GET',
        path: '/:name',
        handle: ({ params, query }) => {
          const after = Number(query.get('after') ?? 0)
          const skip = Number(query.get('skip') ?? 0)
          const rest = listed(params.name ?? '', query).filter((record) => record.id > after)
          const fields = query.get('fields')?.split(',')
          const page = rest.slice(skip, skip + Number(query.get('limit') ?? 100))
          return { body: page.map((record) => shown(record, fields)) }
        },
      },
      {
        method: 'POST',
        path: '/:name',
        handle: ({ params: { name = '' }, json }) => {
          const { fields, links = [], marker } = json()
          const refused = fault(name, fields)
          return refused ?? { status: 201, body: insert(name, fields, links, marker) }
        },
      },
      {
        method: 'PATCH',
        path: '/:name/:id',
        handle: ({ params: { name = '', id }, json }) => {
          const record = table(name).get(Number(id))
          if (record === undefined || record.deletedAt !== undefined) return { status: 404, body: { error: 'Gone' } }
          const { fields = {}, links = [] } = json()
          const refused = fault(name, fields)
          if (refused !== undefined) return refused
          record.fields = { ...record.fields, ...fields }
          record.links = [...record.links, ...links]
          return { body: touch(record) }
        },
      },
    ]
    const server = await serveSimulator({
      ...options,
      routes,
      before: ({ headers }) =>
        headers['x-key'] === `Key ${KEY}` ? undefined : { status: 401, body: { error: 'Unknown key' } },
    })

    const add: Simulator['add'] = async (type, data, links = []) => {
      const name = nameOf(type)
      return String(insert(name, translated(data, CANONICAL[name], FIELDS[name]), links).id)
    }
    return {
      url: server.url,
      faults: server.faults,
      log: server.log,
      rateLimits: false,
      get indexLagMs() {
        return indexLagMs
      },
      set indexLagMs(ms) {
        indexLagMs = ms
      },
      connection: { settings: { apiBaseUrl: server.url }, credentials: { apiKey: KEY } },
      seed: async ({ contacts, companies }) => {
        const ids: string[] = []
        for (const company of inventCompanies(companies, server.random)) ids.push(await add('company', company))
        for (const { companyIndex, ...contact } of inventContacts(contacts, companies, server.random))
          await add('contact', contact, [{ type: 'company', remoteId: ids[companyIndex] ?? '' }])
      },
      truth: async (type) => {
        const name = nameOf(type)
        return [...table(name).values()]
          .filter((record) => record.deletedAt === undefined)
          .map(({ id, fields, links, updatedAt }) => ({
            id: String(id),
            data: translated(fields, FIELDS[name], CANONICAL[name]),
            links,
            updatedAt,
          }))
      },
      edit: async (type, id, data) => {
        const record = table(nameOf(type)).get(Number(id))
        if (record === undefined) throw new Error(`There is no ${type} ${id}`)
        const name = nameOf(type)
        record.fields = { ...record.fields, ...translated(data, CANONICAL[name], FIELDS[name]) }
        touch(record)
      },
      add,
      remove: async (type, id) => {
        const record = table(nameOf(type)).get(Number(id))
        if (record !== undefined) touch(record).deletedAt = stamp()
      },
      calls: server.calls,
      stop: server.stop,
      webhooks: {
        deliveries: ({ url, secret, at, changes }) => {
          const told = changes.map(({ type, id, op }) => ({ object: nameOf(type), id, op, at: at.toISOString() }))
          const body = Buffer.from(JSON.stringify(told))
          const time = String(at.getTime())
          const signature = createHmac('sha256', secret).update(time).update(body).digest('hex')
          return [{ method: 'POST', url, headers: { 'x-time': time, 'x-signature': signature }, body }]
        },
      },
    }
  },
}
