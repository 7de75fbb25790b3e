import { randomUUID } from 'node:crypto'
import type { Ctx } from '@raccordo/core/plugin'
import { beforeAll, describe, expect, test } from 'vitest'
import type { OdooSettings } from '../../src/settings.ts'
import { openContext } from '../context.ts'
import { companies, contacts, deals, idOf, pullAll } from '../simulated.ts'
import { liveConnection } from './connection.ts'

const { settings, password, key } = liveConnection()
const FIELDS = ['name', 'expected_revenue', 'company_currency', 'stage_id', 'team_id', 'date_deadline', 'won_status']

for (const [name, credentials] of Object.entries({ 'JSON-RPC': password, 'JSON-2': key }))
  describe(`deals at a real Odoo over ${name}`, () => {
    const run = randomUUID()
    let ctx: Ctx<OdooSettings>
    let [company, other, contact] = ['', '', '']
    beforeAll(async () => {
      ctx = await openContext(settings, credentials)
      const firms = [
        { marker: `acme-${run}`, fields: { name: 'Acme' } },
        { marker: `other-${run}`, fields: { name: 'Other & Sons' } },
      ]
      const made = (await companies.create(ctx, firms)).map(idOf)
      company = made[0] ?? ''
      other = made[1] ?? ''
      const links = [{ type: 'company' as const, remoteId: company }]
      const person = { marker: `ann-${run}`, fields: { name: 'Ann', email: 'ann@acme.example' }, links }
      contact = idOf((await contacts.create(ctx, [person]))[0])
    })
    const ofContact = () => [{ type: 'contact' as const, remoteId: contact }]

    test('eight workers that create one deal at once make one', async () => {
      const row = { marker: `race-${run}`, fields: { name: 'Race' }, links: ofContact() }
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => deals.create(ctx, [row])))
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ kind: 'locked' })
      const id = idOf((await deals.create(ctx, [row]))[0])
      expect(await deals.locate(ctx, row)).toEqual([id])
      expect((await deals.find(ctx, 'name', ['Race'])).get('Race')).toContain(id)
    })

    test('a deal reads back whole, with its contact and the company of that', async () => {
      const fields = {
        name: 'Renewal',
        expected_revenue: '1250.50',
        stage_id: 'Proposition',
        team_id: 'Sales',
        date_deadline: '2027-01-31',
      }
      const row = { marker: `whole-${run}`, fields, links: ofContact() }
      const id = idOf((await deals.create(ctx, [row]))[0])
      const [record] = await deals.read(ctx, [id], FIELDS)
      expect(record?.fields).toMatchObject({
        ...fields,
        expected_revenue: 1250.5,
        company_currency: { name: 'USD' },
        stage_id: { name: 'Proposition' },
        team_id: { name: 'Sales' },
        won_status: 'pending',
      })
      expect(record?.links).toEqual([...ofContact(), { type: 'company', remoteId: company }])
    })

    test('a deal is won, lost and opened again, and is pulled all the while', async () => {
      const row = { marker: `life-${run}`, fields: { name: 'Life', stage_id: 'Won' }, links: ofContact() }
      const id = idOf((await deals.create(ctx, [row]))[0])
      const from = new Date(Date.now() - 60_000).toISOString()
      for (const [stage_id, status] of Object.entries({
        Lost: 'lost',
        Won: 'won',
        lost: 'lost',
        Qualified: 'pending',
      })) {
        expect(await deals.update(ctx, [{ ...row, fields: { stage_id }, remoteId: id }])).toMatchObject([{ ok: true }])
        const window = { from, to: new Date(Date.now() + 60_000).toISOString() }
        const found = (await pullAll(ctx, deals, ['won_status'], 500, window)).find((record) => record.id === id)
        expect(found?.fields['won_status']).toBe(status)
        expect(found?.deletedAt).toBeUndefined()
      }
    })

    test("a company that is not the contact's is kept in the notes, through Odoo's sanitizer", async () => {
      const links = [...ofContact(), { type: 'company' as const, remoteId: other }]
      const row = { marker: `kept-${run}`, fields: { name: 'Kept', description: '<p>Wants it</p>' }, links }
      const id = idOf((await deals.create(ctx, [row]))[0])
      const [record] = await deals.read(ctx, [id], ['description'])
      expect(record).toMatchObject({ links, fields: { description: '<p>Wants it</p>' } })
    })

    test('a bad row fails by itself, in the words of Odoo', async () => {
      const outcomes = await deals.create(ctx, [
        { marker: `bad-${run}`, fields: { expected_revenue: '5' } },
        { marker: `good-${run}`, fields: { name: 'Good' } },
      ])
      expect(outcomes).toMatchObject([
        { ok: false, kind: 'invalid', field: 'name', message: expect.stringContaining('Missing required value') },
        { ok: true },
      ])
    })

    test('stages and teams are described', async () => {
      const stages = (await deals.describe(ctx)).find((field) => field.name === 'stage_id')?.options
      expect(stages?.map(({ label }) => label)).toEqual(expect.arrayContaining(['New', 'Won', 'Lost']))
    })
  })
