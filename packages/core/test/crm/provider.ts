import type { Route } from '@raccordo/testkit/simulator'
import type {
  Ctx,
  Failure,
  Fields,
  Outcome,
  Page,
  PageRequest,
  Provider,
  RemoteObject,
  Webhooks,
} from '../../src/contract.ts'
import { defineProvider } from '../../src/plugin.ts'

/** Facts about the fake CRM that a test may set. */
export interface CrmFacts {
  readonly id?: string
  readonly lateMs?: { readonly usual: number; readonly worst: number }
  readonly precision?: 'ms' | 's'
  readonly settleMs?: number
  readonly page?: number
  readonly read?: number
  readonly write?: number
  readonly fields?: number
  readonly deletedScope?: 'window' | 'full' | 'none'
  readonly webhooks?: Webhooks<Fields>
  /** Further paths of the fake CRM. */
  readonly routes?: readonly Route[]
  /** Changes an object before it is used: leaves operations out, wraps them. */
  readonly change?: (object: RemoteObject<Fields>) => RemoteObject<Fields>
}

const post = async (ctx: Ctx<Fields>, path: string, body: Fields, isRead = true) =>
  (await ctx.call({ method: 'POST', path, body, idempotent: isRead })).body

interface ShownRecord {
  readonly id: string
  readonly at: string
  readonly deletedAt: string | null
  readonly fields: Fields
  readonly mergedIds: readonly string[]
}

const remoteOf = ({ id, at, deletedAt, fields, mergedIds }: ShownRecord) => ({
  id,
  updatedAt: at,
  fields,
  ...(deletedAt === null ? {} : { deletedAt }),
  ...(mergedIds.length === 0 ? {} : { mergedIds }),
})

const pageBody = ({ window, cursor, limit }: Omit<PageRequest, 'fields'>): Fields => ({
  ...window,
  limit,
  ...(cursor === undefined ? {} : { after: cursor }),
})

const outcomeOf = (row: { error?: Failure; id?: string; at?: string; created?: boolean }): Outcome =>
  row.error === undefined
    ? {
        ok: true,
        remoteId: row.id ?? '',
        created: row.created === true,
        ...(row.at === undefined ? {} : { updatedAt: row.at }),
      }
    : { ok: false, ...row.error }

const objectOf = (name: string, type: RemoteObject<Fields>['type'], facts: CrmFacts): RemoteObject<Fields> => {
  const readPage = async (ctx: Ctx<Fields>, path: string, page: Omit<PageRequest, 'fields'>): Promise<Page> => {
    const { rows, next, total } = await post(ctx, `/${name}/${path}`, pageBody(page))
    return { records: rows.map(remoteOf), next, total }
  }
  const { deletedScope = 'window' } = facts
  return {
    type,
    name,
    paging: 'keyset',
    order: {
      field: 'at',
      precision: facts.precision ?? 'ms',
      lateMs: facts.lateMs ?? { usual: 0, worst: 10_000 },
    },
    pull: (ctx, page) => readPage(ctx, 'search', page),
    stamps: async (ctx, page) => {
      const { rows, next } = await post(ctx, `/${name}/stamps`, pageBody(page))
      return { rows: rows.map(({ id, at }: ShownRecord) => ({ id, updatedAt: at })), next }
    },
    ...(deletedScope === 'none'
      ? {}
      : { deleted: { scope: deletedScope, page: (ctx: Ctx<Fields>, page) => readPage(ctx, 'deleted', page) } }),
    read: async (ctx, ids) => (await post(ctx, `/${name}/read`, { ids })).rows.map(remoteOf),
    find: async (ctx, field, values) => {
      const { rows } = await post(ctx, `/${name}/find`, { field, values })
      const found = Map.groupBy(rows as readonly { id: string; value: string }[], ({ value }) => value)
      return new Map([...found].map(([value, ofValue]) => [value, ofValue.map(({ id }) => id)]))
    },
    create: async (ctx, rows) => {
      const sent = rows.map(({ marker, fields }) => ({ marker, fields }))
      return (await post(ctx, `/${name}/create`, { rows: sent }, false)).rows.map(outcomeOf)
    },
    update: async (ctx, rows) => {
      const sent = rows.map(({ remoteId, fields }) => ({ id: remoteId, fields }))
      return (await post(ctx, `/${name}/update`, { rows: sent }, false)).rows.map(outcomeOf)
    },
    locate: async (ctx, { marker }) => (await post(ctx, `/${name}/locate`, { marker })).ids,
  }
}

const MAPPING = {
  version: 1,
  objects: {
    company: { key: 'domain', fields: { name: 'name', domain: 'domain' } },
    contact: {
      key: 'email',
      fields: {
        email: 'email',
        first_name: 'first',
        last_name: 'last',
        title: 'title',
        company_id: { from: 'company', reference: 'company' },
      },
      // Fails for a value that cannot be made a text: an unmappable record.
      when: { '!=': [{ 'text.lower': { var: 'spam' } }, 'yes'] },
    },
    activity: {
      fields: { kind: 'kind', subject: 'subject', body: 'body', contact_id: { from: 'contact', reference: 'contact' } },
    },
  },
}

/** A value of `spam` that no mapping can read. */
export const UNREADABLE = { toString: 0, valueOf: 0 }

/** The plugin of the fake CRM: companies, contacts and calls, each with everything that a plugin can offer. */
export const createProvider = (facts: CrmFacts = {}): Provider<Fields> => {
  const change = facts.change ?? ((object) => object)
  return defineProvider<Fields>({
    contract: 1,
    id: facts.id ?? 'fake',
    title: 'Fake CRM',
    settings: { type: 'object', properties: {} },
    auth: { apiKey: {} },
    api: {
      baseUrl: 'http://127.0.0.1:9',
      limits: {
        rates: [],
        parallel: [],
        page: facts.page ?? 100,
        read: facts.read ?? 100,
        write: facts.write ?? 50,
        ...(facts.fields === undefined ? {} : { fields: facts.fields }),
      },
      settleMs: facts.settleMs ?? 300,
    },
    probe: async (ctx) => (await ctx.call({ path: '/me' })).body,
    objects: [
      change(objectOf('company', 'company', facts)),
      change(objectOf('contact', 'contact', facts)),
      change(objectOf('call', 'activity', facts)),
    ],
    ...(facts.webhooks === undefined ? {} : { webhooks: facts.webhooks }),
    mapping: MAPPING,
  })
}
