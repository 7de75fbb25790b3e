import type { Ctx, PageRequest, Provider, RemoteObject, Row } from '@raccordo/core/plugin'
import { describe, expect, it } from 'vitest'
import { sourceFaults } from '../src/conformance/checks/source.ts'
import { planChecks } from '../src/conformance/plan.ts'
import type { AnyProvider } from '../src/conformance/provider.ts'
import { simulator } from './mini-crm/simulator.ts'
import { provider as sound } from './mini-crm/src/provider.ts'

type Settings = Record<string, unknown>
type Contacts = RemoteObject<Settings>

const options = { simulator, source: new URL('./mini-crm/src/', import.meta.url) }
const [original] = sound.objects
const contacts = original as Required<Contacts>

/** The sound provider with another way to move contacts. */
const withContacts = (changes: Partial<Contacts>): Provider<Settings> =>
  Object.freeze({ ...sound, objects: [{ ...contacts, ...changes }] })

const later = (stamp: string, seconds: number) => new Date(Date.parse(stamp) + seconds * 1_000).toISOString()

const withoutMarker = (rows: readonly Row[]) => rows.map((row) => ({ ...row, marker: '' }))

/** Pages by position, as too many do. */
const pullByPosition = async (ctx: Ctx<Settings>, { cursor = '0', limit, window, fields }: PageRequest) => {
  const query = { skip: cursor, limit, since: window?.from, until: window?.to, fields: fields.join(',') }
  const { body } = await ctx.call({ path: '/contacts', query })
  const records = body.map((record: { id: number }) => ({ ...record, id: String(record.id) }))
  return { records, next: records.length < limit ? undefined : String(Number(cursor) + records.length) }
}

const BROKEN: readonly (readonly [string, Provider<Settings>, RegExp])[] = [
  [
    'a window that leaves its start out',
    withContacts({
      pull: (ctx, page) =>
        contacts.pull(
          ctx,
          page.window ? { ...page, window: { ...page.window, from: later(page.window.from, 1) } } : page,
        ),
    }),
    /changed exactly at its start/,
  ],
  ['pages by position', withContacts({ pull: pullByPosition }), /skips nothing when records go during the scan/],
  [
    'a cursor that is the largest stamp seen',
    withContacts({
      pull: async (ctx, { cursor, ...page }) => {
        const window = page.window && { ...page.window, from: cursor ?? page.window.from }
        const { records } = await contacts.pull(ctx, { ...page, ...(window && { window }) })
        const last = records.at(-1)?.updatedAt
        return { records, next: records.length < page.limit || last === undefined ? undefined : later(last, 1) }
      },
    }),
    /many of one stamp over many pages/,
  ],
  [
    'a window that is not passed on',
    withContacts({ pull: (ctx, { window: _window, ...page }) => contacts.pull(ctx, page) }),
    /nothing that changed after its end/,
  ],
  [
    'pages larger than asked for',
    withContacts({ pull: (ctx, page) => contacts.pull(ctx, { ...page, limit: page.limit + 5 }) }),
    /in pages of at most `limit`/,
  ],
  [
    'all fields whatever is asked for',
    withContacts({ pull: (ctx, page) => contacts.pull(ctx, { ...page, fields: ['email', 'first', 'last', 'job'] }) }),
    /asked for and no others/,
  ],
  [
    'stamps through the index',
    withContacts({
      stamps: (ctx, page) =>
        contacts.stamps(ctx, { ...page, window: { from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' } }),
    }),
    /stamps without a window do not read/,
  ],
  [
    'deletions that nobody names',
    withContacts({ deleted: { scope: 'full', page: async () => ({ records: [] }) } }),
    /deleted names what was/,
  ],
  [
    'a read that throws for an unknown id',
    withContacts({
      read: async (ctx, ids, fields) => {
        const records = await contacts.read(ctx, ids, fields)
        if (records.length < ids.length) throw new Error('not found')
        return records
      },
    }),
    /leaves out unknown ids/,
  ],
  [
    'a find that stops at the first',
    withContacts({
      find: async (ctx, field, values) =>
        new Map([...(await contacts.find(ctx, field, values))].map(([value, ids]) => [value, ids.slice(0, 1)])),
    }),
    /find gives all records of a value/,
  ],
  [
    'outcomes in the order of the answer',
    withContacts({ create: async (ctx, rows) => (await contacts.create(ctx, rows)).toReversed() }),
    /create answers row by row/,
  ],
  [
    'a failed row that is reported as written',
    withContacts({
      create: async (ctx, rows) =>
        (await contacts.create(ctx, rows)).map((outcome) =>
          outcome.ok ? outcome : { ok: true, remoteId: '0', created: true },
        ),
    }),
    /fails exactly the bad row/,
  ],
  [
    'a lost answer that is taken for success',
    withContacts({
      create: async (ctx, rows) =>
        (await contacts.create(ctx, rows)).map((outcome) =>
          outcome.ok || outcome.kind === 'schema' ? outcome : { ok: true, remoteId: '0', created: true },
        ),
    }),
    /create whose request was lost/,
  ],
  [
    'a marker that is never stored',
    withContacts({ create: (ctx, rows) => contacts.create(ctx, withoutMarker(rows)) }),
    /answer was lost after the commit/,
  ],
  [
    'an update that leaves null out',
    withContacts({
      update: (ctx, rows) =>
        contacts.update(
          ctx,
          rows.map((row) => ({
            ...row,
            fields: Object.fromEntries(Object.entries(row.fields).filter(([, value]) => value !== null)),
          })),
        ),
    }),
    /update with null clears/,
  ],
  [
    'an update that drops links',
    withContacts({
      update: (ctx, rows) =>
        contacts.update(
          ctx,
          rows.map((row) => ({ ...row, links: [] })),
        ),
    }),
    /update brings links/,
  ],
  [
    'an update that makes what is gone anew',
    withContacts({
      update: async (ctx, rows) => {
        const outcomes = await contacts.update(ctx, rows)
        return outcomes.every((outcome) => outcome.ok) ? outcomes : contacts.create(ctx, rows)
      },
    }),
    /gone is `not_found`/,
  ],
  [
    'a refusal that is taken for an empty page',
    withContacts({ pull: (ctx, page) => contacts.pull(ctx, page).catch(() => ({ records: [] })) }),
    /pull throws when the CRM refuses/,
  ],
  [
    'a create that asks whether the record is there, through an index that lags',
    withContacts({
      create: async (ctx, rows) => {
        const outcomes = []
        for (const row of rows) {
          const window = { from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' }
          const { records } = await contacts.pull(ctx, { window, fields: ['email'], limit: 100 })
          const known = records.find((record) => record.fields['email'] === row.fields['email'])
          if (known) outcomes.push({ ok: true, remoteId: known.id, created: false } as const)
          else outcomes.push(...(await contacts.create(ctx, [row])))
        }
        return outcomes
      },
    }),
    /either makes a second or names the first/,
  ],
  [
    'calls past the context',
    withContacts({
      pull: async (ctx) => {
        await fetch(`${ctx.settings['apiBaseUrl']}/contacts`)
        return { records: [] }
      },
    }),
    /pull makes no call after its signal/,
  ],
  [
    'an account without a name',
    Object.freeze({ ...sound, probe: async () => ({ id: ' ' }) }),
    /probe names the account/,
  ],
  [
    'a probe that asks nothing',
    Object.freeze({ ...sound, probe: async () => ({ id: 'acme' }) }),
    /wrong credentials end as/,
  ],
  [
    'webhooks that are believed unsigned',
    Object.freeze({ ...sound, webhooks: { ...sound.webhooks, verify: () => true } }) as Provider<Settings>,
    /verify is false for a flipped byte/,
  ],
  ['a provider that is not frozen', { ...sound }, /is frozen/],
  [
    'limits that make no sense',
    Object.freeze({ ...sound, api: { ...sound.api, limits: { rates: [], parallel: [], page: 0, read: 1, write: 1 } } }),
    /its data is complete/,
  ],
  [
    'a mapping of a field that is not there',
    Object.freeze({
      ...sound,
      mapping: { version: 1, objects: { contact: { fields: { email: 'mail' } } } },
      objects: [contacts],
    }),
    /each mapped field exists/,
  ],
]

describe('the conformance kit', () => {
  it.each(BROKEN)('fails %s', async (_name, provider, rule) => {
    const plan = planChecks(provider as unknown as AnyProvider, options)
    const checks = plan.filter((check) => rule.test(check.rule))
    expect(checks.length).toBeGreaterThan(0)
    const results = await Promise.allSettled(checks.map((check) => check.run()))
    expect(results.map((result) => result.status)).toContain('rejected')
  })

  it('names what is not offered, and refuses an exception for a rule that holds', async () => {
    const exceptions = { 'contacts: pull gives the values that the CRM holds': 'it just cannot' }
    const plan = planChecks(sound as unknown as AnyProvider, { ...options, exceptions })
    expect(plan.map((check) => check.name)).toContain('calls: create is not offered')
    const excepted = plan.find((check) => check.rule.includes('it just cannot'))
    await expect(excepted?.run()).rejects.toThrow('take it from the exceptions')
  })
})

describe('the rule for sources', () => {
  const allowed = { folder: '/plugin/src', dependencies: ['ajv'] }
  const faults = (text: string) => sourceFaults('/plugin/src/index.ts', text, allowed)

  it.each([
    "import { createHost } from '@raccordo/core'",
    "import { serveSimulator } from '@raccordo/testkit'",
    "export { provider } from '../simulator/index.ts'",
    "import { readFile } from 'node:fs/promises'",
    "import pg from 'pg'",
    "const pg = await import('pg')",
    'const key = process.env.KEY',
    'setTimeout(() => {}, 10)',
    "await fetch('https://crm.example.com')",
    'let session = undefined',
    'const cache = new Map<string, string>()',
    'export default provider',
  ])('refuses %s', (text) => {
    expect(faults(text)).toHaveLength(1)
  })

  it.each([
    "import { fail } from '@raccordo/core/plugin'",
    "import type { Settings } from './settings.ts'",
    "import { createHash } from 'node:crypto'",
    "import { Ajv2020 } from 'ajv/dist/2020.js'",
    "// setTimeout(() => {}) is the engine's",
    "const KINDS = new Map([['a', 1]])",
    'const page = () => { let next = 1; return next }',
    'const docs = "https://crm.example.com"',
  ])('takes %s', (text) => {
    expect(faults(text)).toEqual([])
  })
})
