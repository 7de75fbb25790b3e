import { randomUUID } from 'node:crypto'
import type { Ctx } from '@raccordo/core/plugin'
import { beforeAll, describe, expect, test } from 'vitest'
import { provider } from '../../src/index.ts'
import type { OdooSettings } from '../../src/settings.ts'
import { openContext } from '../context.ts'
import { companies, contacts, idOf, pullAll } from '../simulated.ts'
import { liveConnection } from './connection.ts'

const { settings, password, key, namedKey } = liveConnection()

describe('signing in at a real Odoo', () => {
  test('works in each of the three ways, and the account has a name', async () => {
    for (const credentials of [password, key, namedKey]) {
      const account = await provider.probe(await openContext(settings, credentials))
      expect(account).toMatchObject({ id: expect.stringContaining(`/${settings.database}`), name: expect.any(String) })
    }
  })

  test('a wrong password is auth, a wrong database invalid', async () => {
    await expect(openContext(settings, { ...password, password: 'wrong' })).rejects.toMatchObject({ kind: 'auth' })
    await expect(openContext({ ...settings, database: 'no-such-database' }, password)).rejects.toMatchObject({
      kind: 'invalid',
    })
    await expect(openContext(settings, { apiKey: 'wrong' })).rejects.toMatchObject({ kind: 'auth' })
  })
})

for (const [name, credentials] of Object.entries({ 'JSON-RPC': password, 'JSON-2': key }))
  describe(`contacts and companies at a real Odoo over ${name}`, () => {
    let ctx: Ctx<OdooSettings>
    const run = randomUUID()
    const email = (label: string) => `${label}.${run}@example.test`
    beforeAll(async () => {
      ctx = await openContext(settings, credentials)
    })

    test('eight workers that send one marker at once make one contact', async () => {
      const row = { marker: `race-${run}`, fields: { name: 'Race', email: email('race') } }
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => contacts.create(ctx, [row])))
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ kind: 'locked' })
      const id = idOf((await contacts.create(ctx, [row]))[0])
      expect(
        (await contacts.find(ctx, 'email', [email('race').toUpperCase()])).get(email('race').toUpperCase()),
      ).toEqual([id])
      expect(await contacts.locate(ctx, row)).toEqual([id])
    })

    test('bad rows of a batch of a hundred fail by themselves', async () => {
      const rows = Array.from({ length: 100 }, (_, index) => ({
        marker: `batch-${index}-${run}`,
        fields: index % 7 === 0 ? { function: 'nameless' } : { name: `Batch ${index}`, email: email(`batch${index}`) },
      }))
      const outcomes = await contacts.create(ctx, rows)
      expect(outcomes.map(({ ok }) => ok)).toEqual(rows.map((_, index) => index % 7 !== 0))
      const ids = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.remoteId] : []))
      const read = await contacts.read(ctx, ids, ['email'])
      expect(read.map(({ fields }) => fields['email']).sort()).toEqual(
        rows.flatMap(({ fields }) => fields.email ?? []).sort(),
      )
    })

    test('an update keeps what is absent, clears what is null, and makes no record that is gone', async () => {
      const france = (await ctx.lookup('countries', 'FR'))?.id ?? ''
      const fields = { name: 'Zoë 東京', email: email('update'), function: 'CTO', country_id: france }
      const id = idOf((await contacts.create(ctx, [{ marker: `update-${run}`, fields }]))[0])
      const outcomes = await contacts.update(ctx, [
        { marker: 'ghost', remoteId: '999999999', fields: { name: 'Ghost', function: 'x' } },
        { marker: 'update', remoteId: id, fields: { name: 'Zoë 京', function: null } },
      ])
      expect(outcomes).toMatchObject([
        { ok: false, kind: 'not_found' },
        { ok: true, remoteId: id },
      ])
      const [record] = await contacts.read(ctx, [id], Object.keys(fields))
      expect(record?.fields).toEqual({ ...fields, name: 'Zoë 京', function: null })
      expect(outcomes[1]).toMatchObject({ updatedAt: record?.updatedAt })
      expect((await contacts.find(ctx, 'name', ['Ghost'])).get('Ghost')).toEqual([])
    })

    test('an archived contact is marked deleted, is located, and takes updates', async () => {
      const row = { marker: `archive-${run}`, fields: { name: 'Archive', active: false } }
      const id = idOf((await contacts.create(ctx, [row]))[0])
      expect((await contacts.read(ctx, [id], ['name']))[0]?.deletedAt).toBeDefined()
      expect(await contacts.locate(ctx, row)).toEqual([id])
      expect(await contacts.update(ctx, [{ ...row, remoteId: id, fields: { active: true } }])).toMatchObject([
        { ok: true },
      ])
      expect((await contacts.read(ctx, [id], ['name']))[0]?.deletedAt).toBeUndefined()
    })

    test("a contact's country does not become its company's and its colleagues'", async () => {
      const [france, italy] = [
        (await ctx.lookup('countries', 'FR'))?.id ?? '',
        (await ctx.lookup('countries', 'IT'))?.id ?? '',
      ]
      const domain = `d${run}.example`
      const company = idOf(
        (
          await companies.create(ctx, [{ marker: `co-${run}`, fields: { name: 'Acme', domain, country_id: france } }])
        )[0],
      )
      expect((await companies.find(ctx, 'domain', [domain])).get(domain)).toEqual([company])
      const links = [{ type: 'company' as const, remoteId: company }]
      const id = idOf((await contacts.create(ctx, [{ marker: `person-${run}`, fields: { name: 'Ann' }, links }]))[0])
      await contacts.update(ctx, [{ marker: 'person', remoteId: id, fields: { country_id: italy, function: 'CTO' } }])
      expect((await companies.read(ctx, [company], ['country_id']))[0]?.fields).toEqual({ country_id: france })
      expect((await contacts.read(ctx, [id], ['function', 'parent_id']))[0]?.fields).toEqual({
        function: 'CTO',
        parent_id: company,
      })
      expect(await contacts.read(ctx, [company], ['name'])).toEqual([])
    })

    test('a window reads what was written in it, page by page, and a later one does not', async () => {
      const from = new Date(Date.now() - 1_000).toISOString()
      const rows = Array.from({ length: 7 }, (_, index) => ({ marker: `w${index}-${run}`, fields: { name: 'Window' } }))
      const ids = (await contacts.create(ctx, rows)).map(idOf)
      const to = new Date(Date.now() + 1_000).toISOString()
      const read = (await pullAll(ctx, contacts, ['name'], 3, { from, to })).map(({ id }) => id)
      expect(read).toEqual(expect.arrayContaining(ids))
      expect(new Set(read).size).toBe(read.length)
      const later = { from: new Date(Date.now() + 5_000).toISOString(), to: new Date(Date.now() + 9_000).toISOString() }
      expect((await contacts.stamps(ctx, { window: later, limit: 5 })).rows).toEqual([])
    })

    test('the live fields are described', async () => {
      const fields = await contacts.describe(ctx)
      expect(fields.find((field) => field.name === 'name')).toMatchObject({ type: 'text', required: true })
      await expect(contacts.pull(ctx, { fields: ['x_gone'], limit: 1 })).rejects.toMatchObject({
        kind: 'schema',
        field: 'x_gone',
      })
    })
  })
