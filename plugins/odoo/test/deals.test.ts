import type { Fields, Row } from '@raccordo/core/plugin'
import { afterEach, describe, expect, test } from 'vitest'
import { deals, idOf, openSimulated, pullAll, type Simulated } from './simulated.ts'

let open: Simulated | undefined
afterEach(async () => {
  await open?.simulator.stop()
  open = undefined
})
const start = async (...options: Parameters<typeof openSimulated>) => {
  open = await openSimulated(...options)
  return open
}

const row = (fields: Fields, more: Partial<Row> = {}): Row => ({ marker: 'deal-1', fields, ...more })
const FIELDS = ['name', 'expected_revenue', 'company_currency', 'stage_id', 'team_id', 'date_deadline', 'won_status']
const contact = (remoteId: string) => ({ type: 'contact' as const, remoteId })
const company = (remoteId: string) => ({ type: 'company' as const, remoteId })

describe('opportunities as deals', () => {
  for (const version of [14, 17, 19])
    test(`a deal is created in its stage and team by their names and reads back whole, on Odoo ${version}`, async () => {
      const { simulator, ctx } = await start({ version })
      const fields = {
        name: 'Renewal',
        expected_revenue: '1250.50',
        stage_id: 'Proposition',
        team_id: 'Sales',
        date_deadline: '2027-01-31',
      }
      const id = idOf((await deals.create(ctx, [row(fields)]))[0])
      const [record] = await deals.read(ctx, [id], FIELDS)
      expect(record?.fields).toEqual({
        ...fields,
        expected_revenue: 1250.5,
        company_currency: { id: '1', name: 'USD' },
        stage_id: { id: '3', name: 'Proposition' },
        team_id: { id: '1', name: 'Sales' },
        won_status: 'pending',
      })
      expect((await simulator.truth('deal'))[0]?.data).toMatchObject({
        amount_cents: 125_050,
        currency: 'USD',
        stage: 'Proposition',
      })
      expect(await deals.locate(ctx, row(fields))).toEqual([id])
      expect(idOf((await deals.create(ctx, [row({ ...fields, name: 'Renewed' })]))[0])).toBe(id)
      expect(await simulator.truth('deal')).toHaveLength(1)
    })

  test('a stage may be named by its id, in any case of letters, and as a pull gave it', async () => {
    const { ctx } = await start()
    for (const stage_id of ['2', 'qualified', { id: '2', name: 'Qualified' }]) {
      const marker = JSON.stringify(stage_id)
      const id = idOf((await deals.create(ctx, [row({ name: 'A', stage_id }, { marker })]))[0])
      expect((await deals.read(ctx, [id], ['stage_id']))[0]?.fields['stage_id']).toEqual({ id: '2', name: 'Qualified' })
    }
  })

  test('an unknown stage or team fails its own row and lists the known ones', async () => {
    const { ctx } = await start()
    const outcomes = await deals.create(ctx, [
      row({ name: 'A', stage_id: 'closedwon' }, { marker: 'a' }),
      row({ name: 'B', stage_id: 'New' }, { marker: 'b' }),
      row({ name: 'C', team_id: 'Nobody' }, { marker: 'c' }),
    ])
    expect(outcomes).toMatchObject([
      { ok: false, kind: 'invalid', field: 'stage_id', message: expect.stringContaining('"New", "Qualified"') },
      { ok: true },
      { ok: false, kind: 'invalid', field: 'team_id', message: expect.stringContaining('"Sales"') },
    ])
  })

  test('a lost deal does not vanish: it lives in the stage Lost, whether Odoo or a push lost it', async () => {
    const { simulator, ctx } = await start()
    const pushed = idOf((await deals.create(ctx, [row({ name: 'Pushed' })]))[0])
    await deals.update(ctx, [{ ...row({ stage_id: 'Lost' }), remoteId: pushed }])
    const inOdoo = await simulator.add('deal', { title: 'In Odoo', stage: 'Proposition' })
    await simulator.edit('deal', inOdoo, { stage: 'Lost' })
    const records = await pullAll(ctx, deals, ['stage_id', 'won_status'])
    expect(records.map(({ id, deletedAt, fields }) => ({ id, deletedAt, ...fields }))).toEqual(
      [pushed, inOdoo].map((id) => ({
        id,
        deletedAt: undefined,
        stage_id: { id: 'lost', name: 'Lost' },
        won_status: 'lost',
      })),
    )
  })

  test('an archived deal that is not lost is gone, and comes back when it is taken out of the archive', async () => {
    const { simulator, ctx } = await start()
    const id = await simulator.add('deal', { title: 'Archived', stage: 'Qualified' })
    await simulator.remove('deal', id, 'archive')
    expect((await deals.read(ctx, [id], ['name']))[0]?.deletedAt).toBeDefined()
    simulator.database.writeAsUser('crm.lead', Number(id), { active: true })
    expect((await deals.read(ctx, [id], ['name']))[0]?.deletedAt).toBeUndefined()
  })

  test('a won deal is in a won stage; it can be lost, and a lost one won and opened again', async () => {
    const { ctx } = await start()
    const id = idOf((await deals.create(ctx, [row({ name: 'A', stage_id: 'Won' })]))[0])
    const statusAfter = async (stage: string) => {
      expect(await deals.update(ctx, [{ ...row({ stage_id: stage }), remoteId: id }])).toMatchObject([{ ok: true }])
      const [record] = await deals.read(ctx, [id], ['won_status', 'active'])
      return [record?.fields['won_status'], record?.fields['active']]
    }
    expect((await deals.read(ctx, [id], ['won_status']))[0]?.fields['won_status']).toBe('won')
    expect(await statusAfter('lost')).toEqual(['lost', false])
    expect(await statusAfter('Won')).toEqual(['won', true])
    expect(await statusAfter('Lost')).toEqual(['lost', false])
    expect(await statusAfter('Qualified')).toEqual(['pending', true])
  })

  test("a stage of the tenant's own that is called Lost is taken before the archive", async () => {
    const { simulator, ctx } = await start()
    const stage = simulator.database.writeAsUser('crm.stage', undefined, { name: 'Lost', sequence: 90, is_won: false })
    const id = idOf((await deals.create(ctx, [row({ name: 'A', stage_id: 'Lost' })]))[0])
    const [record] = await deals.read(ctx, [id], ['stage_id', 'active'])
    expect(record?.fields).toEqual({ stage_id: { id: String(stage), name: 'Lost' }, active: true })
  })

  test("a name that several teams' stages bear means the stage of the deal's own team", async () => {
    for (const version of [14, 19]) {
      const { simulator, ctx } = await start({ version })
      const team = simulator.database.writeAsUser('crm.team', undefined, { name: 'Partners' })
      const ofTeam = version === 14 ? { team_id: team } : { team_ids: [team] }
      const own = simulator.database.writeAsUser('crm.stage', undefined, { name: 'New', sequence: 80, ...ofTeam })
      const outcomes = await deals.create(ctx, [
        row({ name: 'A', stage_id: 'New', team_id: 'Partners' }, { marker: 'a' }),
        row({ name: 'B', stage_id: 'New', team_id: 'Sales' }, { marker: 'b' }),
      ])
      const records = await deals.read(ctx, outcomes.map(idOf), ['stage_id'])
      expect(records.map(({ fields }) => fields['stage_id'])).toMatchObject([{ id: String(own) }, { id: '1' }])
      await simulator.stop()
    }
  })

  test('leads that nobody has qualified are no deals, unless the settings say so', async () => {
    const { simulator, ctx } = await start()
    const lead = simulator.database.writeAsUser('crm.lead', undefined, { name: 'A lead', type: 'lead' })
    expect(await pullAll(ctx, deals, ['name'])).toEqual([])
    expect(await deals.read(ctx, [String(lead)], ['name'])).toEqual([])
    const withLeads = { ...ctx, settings: { ...ctx.settings, leads: true } }
    expect((await pullAll(withLeads, deals, ['name'])).map(({ id }) => id)).toEqual([String(lead)])
    simulator.database.writeAsUser('crm.lead', lead, { type: 'opportunity' })
    expect((await pullAll(ctx, deals, ['name'])).map(({ id }) => id)).toEqual([String(lead)])
  })

  test('an amount of zero is an amount that nobody entered', async () => {
    const { ctx } = await start()
    const id = idOf((await deals.create(ctx, [row({ name: 'A', expected_revenue: null })]))[0])
    expect((await deals.read(ctx, [id], ['expected_revenue']))[0]?.fields).toEqual({ expected_revenue: null })
  })
})

describe('whom a deal is with', () => {
  const seeded = async () => {
    const { simulator, ctx } = await start()
    const acme = await simulator.add('company', { name: 'Acme' })
    const other = await simulator.add('company', { name: 'Other & Sons' })
    const ann = await simulator.add('contact', { first_name: 'Ann', email: 'ann@acme.example' }, [company(acme)])
    const bob = await simulator.add('contact', { first_name: 'Bob' })
    return { simulator, ctx, acme, other, ann, bob }
  }

  test("the contact is the deal's partner, and the contact's company is the deal's", async () => {
    const { ctx, ann, acme } = await seeded()
    for (const links of [[contact(ann)], [contact(ann), company(acme)]]) {
      const id = idOf((await deals.create(ctx, [row({ name: 'A' }, { marker: String(links.length), links })]))[0])
      const [record] = await deals.read(ctx, [id], ['partner_id', 'description'])
      expect(record?.fields).toEqual({ partner_id: ann, description: null })
      expect(record?.links).toEqual([contact(ann), company(acme)])
    }
  })

  test('without a contact the company is the partner', async () => {
    const { ctx, acme } = await seeded()
    const id = idOf((await deals.create(ctx, [row({ name: 'A' }, { links: [company(acme)] })]))[0])
    expect((await deals.read(ctx, [id], []))[0]?.links).toEqual([company(acme)])
  })

  for (const version of [14, 19])
    test(`a company that is not the contact's is kept in the notes and read from them, on Odoo ${version}`, async () => {
      const { simulator, ctx } = await start({ version })
      const other = await simulator.add('company', { name: 'Other & Sons' })
      const bob = await simulator.add('contact', { first_name: 'Bob' })
      const links = [contact(bob), company(other)]
      const description = version === 14 ? 'Wants it\nsoon' : '<p>Wants it</p>'
      const id = idOf((await deals.create(ctx, [row({ name: 'A', description }, { links })]))[0])
      const [record] = await deals.read(ctx, [id], ['description'])
      expect(record?.links).toEqual(links)
      expect(record?.fields).toEqual({ description })
      await deals.update(ctx, [{ ...row({ description: null }), remoteId: id }])
      expect((await deals.read(ctx, [id], ['description']))[0]).toMatchObject({ fields: { description: null }, links })
    })

  test('a company that comes later is kept beside the contact, and a new contact who belongs to it takes its place', async () => {
    const { ctx, ann, acme, bob, other } = await seeded()
    const id = idOf((await deals.create(ctx, [row({ name: 'A' }, { links: [contact(bob)] })]))[0])
    const linksAfter = async (links: Row['links'] = []) => {
      await deals.update(ctx, [{ ...row({}), links, remoteId: id }])
      return (await deals.read(ctx, [id], []))[0]?.links
    }
    expect(await linksAfter([company(other)])).toEqual([contact(bob), company(other)])
    expect(await linksAfter([company(acme)])).toEqual([contact(bob), company(acme)])
    expect(await linksAfter([contact(ann)])).toEqual([contact(ann), company(acme)])
  })

  test("a deal leaves its partner's e-mail address and phone number alone", async () => {
    const { simulator, ctx, ann, bob } = await seeded()
    const id = idOf((await deals.create(ctx, [row({ name: 'A' }, { links: [contact(ann)] })]))[0])
    await deals.update(ctx, [{ ...row({ expected_revenue: '5' }), links: [contact(bob)], remoteId: id }])
    const people = await simulator.truth('contact')
    expect(people.find((person) => person.id === ann)?.data['email']).toBe('ann@acme.example')
    expect(people.find((person) => person.id === bob)?.data['email']).toBeNull()
  })

  test('a contact that is not there fails the row that names it', async () => {
    const { ctx, ann } = await seeded()
    const outcomes = await deals.create(ctx, [
      row({ name: 'A' }, { marker: 'a', links: [contact('999999')] }),
      row({ name: 'B' }, { marker: 'b', links: [contact(ann)] }),
    ])
    expect(outcomes).toMatchObject([
      { ok: false, kind: 'invalid', message: expect.stringContaining('999999') },
      { ok: true },
    ])
  })

  test('a deal whose partner was deleted lives on without one', async () => {
    const { simulator, ctx, ann } = await seeded()
    const id = idOf((await deals.create(ctx, [row({ name: 'A' }, { links: [contact(ann)] })]))[0])
    await simulator.remove('contact', ann)
    expect((await deals.read(ctx, [id], []))[0]?.links).toEqual([])
  })
})

describe('what is known of deals', () => {
  test('stages and teams are described as picklists of names, with the stage of lost deals', async () => {
    const { ctx } = await start()
    const fields = await deals.describe(ctx)
    const labels = (name: string) => fields.find((field) => field.name === name)?.options?.map(({ label }) => label)
    expect(labels('stage_id')).toEqual(['New', 'Qualified', 'Proposition', 'Won', 'Lost'])
    expect(labels('team_id')).toEqual(['Sales', 'Website'])
    expect(fields.find(({ name }) => name === 'company_currency')?.readOnly).toBe(true)
    expect(fields.find(({ name }) => name === 'name')?.required).toBe(true)
  })

  test('a user without rights in the sales app is told so', async () => {
    const { simulator, ctx } = await start()
    const low = simulator.database.users.find(({ login }) => login.startsWith('low'))
    const session = { ...ctx.session, uid: low?.uid, secret: low?.password }
    await expect(deals.pull({ ...ctx, session }, { fields: [], limit: 1 })).rejects.toMatchObject({ kind: 'forbidden' })
  })
})
