import {
  type Ctx,
  defineProvider,
  eachRow,
  type Fields,
  hmacMatches,
  type Link,
  type Page,
  type Provider,
  type RemoteObject,
  type RemoteRecord,
  type Reply,
} from '@raccordo/core/plugin'

type Settings = Record<string, unknown>

/** A provider for the mini CRM, as a plugin author would write it. */
export const provider: Provider<Settings> = defineProvider<Settings>({
  contract: 1,
  id: 'mini',
  title: 'Mini CRM',
  settings: { type: 'object', properties: { region: { type: 'string', default: 'eu' } } },
  auth: { apiKey: { header: 'X-Key', prefix: 'Key' } },
  api: {
    baseUrl: 'https://mini.example.com',
    limits: { rates: [{ requests: 100, perMs: 10_000 }], parallel: [], page: 100, read: 100, write: 10 },
    settleMs: 1_000,
  },
  probe: async (ctx) => ({ id: String((await ctx.call({ path: '/me' })).body.account) }),
  objects: ['contacts', 'companies'].map((name) => remoteObject(name)).concat(calls()),
  webhooks: {
    secret: 'connection',
    verify: ({ headers, body, receivedAt }, secret) =>
      Math.abs(receivedAt.getTime() - Number(headers['x-time'])) < 300_000 &&
      hmacMatches({
        algorithm: 'sha256',
        encoding: 'hex',
        secret,
        parts: [headers['x-time'] ?? '', body],
        signature: headers['x-signature'],
      }),
    parse: ({ body }) => {
      const told: readonly Change[] = JSON.parse(Buffer.from(body).toString('utf8'))
      return told.map(({ object, id, op, at }) => ({ key: `${object} ${id} ${at}`, object, remoteId: id, op, at }))
    },
  },
  mapping: {
    version: 1,
    objects: {
      contact: {
        key: 'email',
        fields: {
          email: 'email',
          first_name: 'first',
          last_name: 'last',
          title: 'job',
          phone_e164: { from: 'phone', transform: 'phone' },
          country_iso: 'country',
          company_id: { reference: 'company' },
        },
      },
      company: {
        key: 'domain',
        fields: { name: 'name', domain: 'domain', phone: 'phone', country_iso: 'country', address: 'street' },
      },
      activity: { fields: { subject: 'subject', body: 'body', started_at: { from: 'at', transform: 'datetime' } } },
    },
  },
})

interface Change {
  readonly object: string
  readonly id: string
  readonly op: 'upsert' | 'delete'
  readonly at: string
}

interface VendorRecord {
  readonly id: number
  readonly fields: Fields
  readonly links?: readonly Link[]
  readonly updatedAt: string
  readonly deletedAt?: string
}

function remoteObject(name: string): RemoteObject<Settings> {
  const list = async (ctx: Ctx<Settings>, query: Record<string, string | number | undefined>) =>
    recordsOf(await ctx.call({ path: `/${name}`, query }))
  const page = async (
    ctx: Ctx<Settings>,
    request: { window?: { from: string; to: string }; cursor?: string; limit: number; fields?: readonly string[] },
    more: Record<string, string> = {},
  ): Promise<Page> => {
    const { window, cursor, limit, fields } = request
    const since = { since: window?.from, until: window?.to }
    const query = { ...since, after: cursor, limit, fields: fields?.join(','), ...more }
    const records = await list(ctx, query)
    return { records, next: records.length < limit ? undefined : records.at(-1)?.id }
  }
  return {
    type: name === 'contacts' ? 'contact' : 'company',
    name,
    paging: 'keyset',
    order: { field: 'updatedAt', precision: 's', lateMs: { usual: 1_000, worst: 10_000 } },
    pull: (ctx, request) => page(ctx, request),
    stamps: async (ctx, request) => {
      const { records, next } = await page(ctx, { ...request, fields: [] })
      return {
        rows: records.map(({ id, updatedAt }) => ({ id, ...(updatedAt && { updatedAt }) })),
        ...(next && { next }),
      }
    },
    deleted: { scope: 'window', page: (ctx, request) => page(ctx, request, { deleted: 'true' }) },
    read: (ctx, ids, fields) => list(ctx, { ids: ids.join(','), fields: fields.join(',') }),
    links: async (ctx, ids) => {
      const records = await list(ctx, { ids: ids.join(',') })
      return new Map(records.map(({ id, links = [] }) => [id, links]))
    },
    find: async (ctx, field, values) => {
      const found = new Map<string, readonly string[]>()
      for (const value of values)
        found.set(
          value,
          (await list(ctx, { field, value })).map(({ id }) => id),
        )
      return found
    },
    create: (ctx, rows) =>
      eachRow(rows, async ({ fields, links = [], marker }) => {
        const reply = await ctx.call({
          method: 'POST',
          path: `/${name}`,
          body: { fields, links: plain(links), marker },
        })
        return { ok: true, remoteId: String(reply.body.id), created: true }
      }),
    update: (ctx, rows) =>
      eachRow(rows, async ({ remoteId, fields, links = [] }) => {
        const body = { fields, links: plain(links) }
        await ctx.call({ method: 'PATCH', path: `/${name}/${remoteId}`, idempotent: true, body })
        return { ok: true, remoteId, created: false }
      }),
    locate: async (ctx, { marker }) => (await list(ctx, { marker })).map(({ id }) => id),
    describe: async (ctx) => {
      const { body }: { body: readonly string[] } = await ctx.call({ path: `/${name}/fields` })
      return body.map((field) => ({ name: field, label: field, type: 'text' }))
    },
  }
}

/** Calls can only be read. */
function calls(): RemoteObject<Settings> {
  const { pull, read } = remoteObject('calls')
  return { type: 'activity', name: 'calls', paging: 'keyset', ...(pull && { pull }), ...(read && { read }) }
}

const plain = (links: readonly Link[]) => links.map(({ type, remoteId }) => ({ type, remoteId }))

const recordsOf = ({ body }: Reply): readonly RemoteRecord[] =>
  body.map(({ id, fields, links = [], updatedAt, deletedAt }: VendorRecord) => ({
    id: String(id),
    fields,
    links,
    updatedAt,
    ...(deletedAt === undefined ? {} : { deletedAt }),
  }))
