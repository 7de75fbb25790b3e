import { afterEach, describe, expect, test } from 'vitest'
import { companies, contacts, deals, idOf, openSimulated, pullAll, type Simulated } from './simulated.ts'

let open: Simulated | undefined
afterEach(async () => {
  await open?.simulator.stop()
  open = undefined
})
const start = async (...options: Parameters<typeof openSimulated>) => {
  open = await openSimulated(...options)
  return open
}
const minute = { from: '2026-03-01T10:00:00Z', to: '2026-03-01T10:01:00Z' }

describe('reading contacts and companies', () => {
  test('pages by id inside a window and reads each record once', async () => {
    const { simulator, ctx } = await start()
    await simulator.seed({ contacts: 23, companies: 4 })
    const read = await pullAll(ctx, contacts, ['name', 'email'], 5)
    const live = read.filter(({ deletedAt }) => deletedAt === undefined).map(({ id }) => id)
    expect(live).toEqual((await simulator.truth('contact')).map(({ id }) => id))
    expect(new Set(live).size).toBe(live.length)
  })

  for (const version of [14, 19])
    test(`reads all of a second that is the window's first, and nothing of its end, on Odoo ${version}`, async () => {
      let now = new Date('2026-03-01T10:00:00.900Z')
      const { simulator, ctx } = await start({ version, now: () => now })
      const inside = await simulator.add('contact', { first_name: 'In' })
      now = new Date('2026-03-01T10:01:00.000Z')
      const after = await simulator.add('contact', { first_name: 'After' })
      const ids = (await pullAll(ctx, contacts, ['name'], 500, minute)).map(({ id }) => id)
      expect(ids).toContain(inside)
      expect(ids).not.toContain(after)
    })

  test('marks archived records as deleted, and reads them by id', async () => {
    const { simulator, ctx } = await start()
    const id = await simulator.add('contact', { first_name: 'Gone' })
    await simulator.remove('contact', id, 'archive')
    const [record] = await contacts.read(ctx, [id], ['name'])
    expect(record?.deletedAt).toBe(record?.updatedAt)
    expect((await pullAll(ctx, contacts, ['name'])).find((found) => found.id === id)?.deletedAt).toBeDefined()
  })

  test('leaves unknown ids and records of the other object out of a read', async () => {
    const { simulator, ctx } = await start()
    const company = await simulator.add('company', { name: 'Acme' })
    const contact = await simulator.add('contact', { first_name: 'Ann' })
    expect((await contacts.read(ctx, [company, contact, '999999'], ['name'])).map(({ id }) => id)).toEqual([contact])
    expect((await companies.read(ctx, [company, contact], ['name'])).map(({ id }) => id)).toEqual([company])
  })

  test('a person that becomes a company leaves the one object and appears in the other', async () => {
    const { simulator, ctx } = await start()
    const id = await simulator.add('contact', { first_name: 'Ada' })
    simulator.database.writeAsUser('res.partner', Number(id), { is_company: true })
    const limit = 500
    expect((await contacts.stamps(ctx, { limit })).rows.map((row) => row.id)).not.toContain(id)
    expect((await companies.stamps(ctx, { limit })).rows.map((row) => row.id)).toContain(id)
  })

  test('a deleted record leaves no trace, so there is no feed of deletions and the sweep finds it missing', async () => {
    const { simulator, ctx } = await start()
    const id = await simulator.add('contact', { first_name: 'Ada' })
    await simulator.remove('contact', id)
    expect(contacts).not.toHaveProperty('deleted')
    expect((await contacts.stamps(ctx, { limit: 500 })).rows.map((row) => row.id)).not.toContain(id)
  })

  test('says empty for false, a relation by its id, and the company as a link', async () => {
    const { simulator, ctx } = await start()
    const company = await simulator.add('company', { name: 'Acme', country_iso: 'FR', domain: 'acme.example' })
    const id = await simulator.add('contact', { first_name: 'Ann' }, [{ type: 'company', remoteId: company }])
    const [record] = await contacts.read(
      ctx,
      [id],
      ['name', 'email', 'country_id', 'active', 'is_company', 'parent_id', 'category_id'],
    )
    const france = await ctx.lookup('countries', 'FR')
    expect(record?.fields).toEqual({
      name: 'Ann',
      email: null,
      country_id: france?.id,
      active: true,
      is_company: false,
      parent_id: company,
      category_id: [],
    })
    expect(record?.links).toEqual([{ type: 'company', remoteId: company }])
    const [firm] = await companies.read(ctx, [company], ['domain', 'website'])
    expect(firm?.fields).toEqual({ domain: 'acme.example', website: 'https://acme.example' })
  })

  test('a field that vanished is a schema error that names it', async () => {
    const { ctx } = await start()
    await expect(contacts.pull(ctx, { fields: ['name', 'x_gone'], limit: 5 })).rejects.toMatchObject({
      kind: 'schema',
      field: 'x_gone',
    })
  })

  test('a late commit shows up behind an instant that has passed, inside the worst lateness', async () => {
    let now = new Date('2026-03-01T09:00:00Z')
    const { simulator, ctx } = await start({ now: () => now })
    now = new Date('2026-03-01T10:00:30Z')
    simulator.commitDelayMs = 20 * 60_000
    const id = await simulator.add('contact', { first_name: 'Late' })
    now = new Date('2026-03-01T10:05:00Z')
    expect((await contacts.stamps(ctx, { window: minute, limit: 500 })).rows).toEqual([])
    now = new Date('2026-03-01T10:21:00Z')
    expect((await contacts.stamps(ctx, { window: minute, limit: 500 })).rows).toEqual([
      { id, updatedAt: '2026-03-01T10:00:30Z' },
    ])
    expect(contacts.order).toMatchObject({ lateMs: { worst: 3_600_000 } })
  })

  test('describes the live fields, and says that a name is needed although fields_get does not', async () => {
    const { ctx } = await start()
    const fields = await contacts.describe(ctx)
    const named = (name: string) => fields.find((field) => field.name === name)
    expect(named('name')).toMatchObject({ type: 'text', required: true })
    expect(named('parent_id')).toMatchObject({ type: 'reference', references: 'company' })
    expect(named('write_date')).toMatchObject({ type: 'datetime', readOnly: true })
    expect(named('type')).toMatchObject({
      type: 'picklist',
      options: expect.arrayContaining([{ value: 'invoice', label: expect.any(String) }]),
    })
    expect(named('child_ids')).toBeUndefined()
    expect((await companies.describe(ctx)).map((field) => field.name)).toContain('domain')
  })
})

describe('finding contacts and companies', () => {
  test('an e-mail address is found whatever its case, and its underscore is no wildcard', async () => {
    for (const version of [14, 19]) {
      const { simulator, ctx } = await start({ version })
      const wanted = await simulator.add('contact', { first_name: 'A', email: 'Ann_Lee@Example.test' })
      await simulator.add('contact', { first_name: 'B', email: 'annXlee@example.test' })
      const found = await contacts.find(ctx, 'email', [
        'ann_lee@example.TEST',
        'none@example.test',
        'ann%@example.test',
      ])
      expect(found.get('ann_lee@example.TEST')).toEqual([wanted])
      expect(found.get('none@example.test')).toEqual([])
      expect(found.get('ann%@example.test')).toEqual([])
      await simulator.stop()
    }
  })

  test('all records of one address are answered, persons apart from companies, archived ones left out', async () => {
    const { simulator, ctx } = await start()
    const data = { first_name: 'A', email: 'office@example.test' }
    const ids = [await simulator.add('contact', data), await simulator.add('contact', data)]
    await simulator.remove('contact', await simulator.add('contact', data), 'archive')
    await simulator.add('company', { name: 'Office', email: 'office@example.test' })
    expect((await contacts.find(ctx, 'email', ['office@example.test'])).get('office@example.test')).toEqual(ids)
  })

  test('a company is found by its domain, whatever its website looks like', async () => {
    const { simulator, ctx } = await start()
    const id = await simulator.add('company', { name: 'Acme' })
    simulator.database.writeAsUser('res.partner', Number(id), { website: 'www.Acme_1.example/en' })
    await simulator.add('company', { name: 'Other', domain: 'not-acme.example' })
    expect((await companies.find(ctx, 'domain', ['acme_1.example'])).get('acme_1.example')).toEqual([id])
  })
})

describe('writing contacts and companies', () => {
  test('the same marker makes one record, however often it is sent', async () => {
    const { simulator, ctx } = await start()
    const row = { marker: 'sha:1/ä', fields: { name: 'Ann Lee', email: 'ann@example.test' } }
    const [first] = await contacts.create(ctx, [row])
    const [again] = await contacts.create(ctx, [{ ...row, fields: { ...row.fields, function: 'CTO' } }])
    expect(idOf(again)).toBe(idOf(first))
    const mine = (await simulator.truth('contact')).filter(({ data }) => data['email'] === 'ann@example.test')
    expect(mine).toHaveLength(1)
    expect(await contacts.locate(ctx, row)).toEqual([idOf(first)])
    expect(await contacts.locate(ctx, { marker: 'other', fields: {} })).toEqual([])
  })

  test('an archived record is located, and a deleted one is not', async () => {
    const { simulator, ctx } = await start()
    const row = { marker: 'm', fields: { name: 'Ann' } }
    const id = idOf((await contacts.create(ctx, [row]))[0])
    await simulator.remove('contact', id, 'archive')
    expect(await contacts.locate(ctx, row)).toEqual([id])
    await simulator.remove('contact', id)
    expect(await contacts.locate(ctx, row)).toEqual([])
  })

  test('a bad row has its own outcome and stops no other, whatever fields each has', async () => {
    const { simulator, ctx } = await start()
    const outcomes = await contacts.create(ctx, [
      { marker: 'a', fields: { name: 'Good', email: 'good@example.test' } },
      { marker: 'b', fields: { function: 'without a name' } },
      { marker: 'c', fields: { name: 'Bad', parent_id: '999999' } },
      { marker: 'd', fields: { name: 'Also good', email: 'also@example.test' } },
      { marker: 'e', fields: { name: 'Bad\u0000', email: 'nul@example.test' } },
    ])
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, true, false])
    expect(outcomes[1]).toMatchObject({ kind: 'invalid', message: 'Contacts require a name' })
    expect(outcomes[2]).toMatchObject({ kind: 'invalid', field: 'parent_id' })
    expect((await simulator.truth('contact')).map(({ data }) => data['email'])).toEqual(
      expect.arrayContaining(['good@example.test', 'also@example.test']),
    )
  })

  test('a contact without a name is called by its address', async () => {
    const { ctx } = await start()
    const [outcome] = await contacts.create(ctx, [{ marker: 'a', fields: { email: 'only@example.test', name: '' } }])
    expect((await contacts.read(ctx, [idOf(outcome)], ['name']))[0]?.fields).toEqual({ name: 'only@example.test' })
  })

  test('an update leaves absent fields, clears null ones, and says the new stamp', async () => {
    const { ctx } = await start()
    const fields = {
      name: 'Ann',
      email: 'ann@example.test',
      function: 'CTO',
      country_id: (await ctx.lookup('countries', 'FR'))?.id ?? '',
    }
    const id = idOf((await contacts.create(ctx, [{ marker: 'a', fields }]))[0])
    const [outcome] = await contacts.update(ctx, [
      { marker: 'a', remoteId: id, fields: { function: null, country_id: null } },
    ])
    const [record] = await contacts.read(ctx, [id], ['name', 'email', 'function', 'country_id'])
    expect(record?.fields).toEqual({ name: 'Ann', email: 'ann@example.test', function: null, country_id: null })
    expect(outcome).toEqual({ ok: true, remoteId: id, created: false, updatedAt: record?.updatedAt })
  })

  test('an update of a record that is gone makes none, and the others are written', async () => {
    const { simulator, ctx } = await start()
    const id = await simulator.add('contact', { first_name: 'Ann' })
    const outcomes = await contacts.update(ctx, [
      { marker: 'a', remoteId: '999999', fields: { name: 'Ghost' } },
      { marker: 'b', remoteId: id, fields: { name: 'Anna' } },
    ])
    expect(outcomes).toMatchObject([
      { ok: false, kind: 'not_found' },
      { ok: true, remoteId: id },
    ])
    const names = (await simulator.truth('contact')).map(({ data }) => data['first_name'])
    expect(names).toContain('Anna')
    expect(names).not.toContain('Ghost')
  })

  test('an archived record takes updates', async () => {
    const { simulator, ctx } = await start()
    const id = await simulator.add('contact', { first_name: 'Ann' })
    await simulator.remove('contact', id, 'archive')
    expect((await contacts.update(ctx, [{ marker: 'a', remoteId: id, fields: { name: 'Anna' } }]))[0]?.ok).toBe(true)
  })

  test("a contact's address never goes up to its company and down to its colleagues", async () => {
    const { simulator, ctx } = await start()
    const company = await simulator.add('company', { name: 'Acme', country_iso: 'FR' })
    const link = [{ type: 'company' as const, remoteId: company }]
    const id = await simulator.add('contact', { first_name: 'Ann' }, link)
    const lone = await simulator.add('contact', { first_name: 'Lone' })
    const country_id = (await ctx.lookup('countries', 'IT'))?.id ?? ''
    const outcomes = await contacts.update(ctx, [
      { marker: 'a', remoteId: id, fields: { country_id, function: 'CTO' } },
      { marker: 'b', remoteId: lone, fields: { country_id } },
    ])
    expect(outcomes.every(({ ok }) => ok)).toBe(true)
    expect((await simulator.truth('company')).find((found) => found.id === company)?.data['country_iso']).toBe('FR')
    const people = await simulator.truth('contact')
    expect(people.find((found) => found.id === id)?.data).toMatchObject({ country_iso: 'FR', title: 'CTO' })
    expect(people.find((found) => found.id === lone)?.data).toMatchObject({ country_iso: 'IT' })
  })

  test('a lost race for the same external id is locked, and made by the repetition', async () => {
    const { simulator, ctx } = await start()
    const message = 'could not serialize access due to concurrent update\n'
    const result = {
      ids: false,
      messages: [{ rows: { from: 0, to: 0 }, record: 0, type: 'error', message }],
      nextrow: 0,
    }
    const reply = { body: { jsonrpc: '2.0', id: 1, result } }
    simulator.faults.add({ body: /"load"/, times: 1, effect: { kind: 'reply', when: 'before', reply } })
    const rows = [{ marker: 'a', fields: { name: 'Ann' } }]
    await expect(contacts.create(ctx, rows)).rejects.toMatchObject({ kind: 'locked', retryable: true })
    expect((await contacts.create(ctx, rows))[0]?.ok).toBe(true)
  })

  test('a create whose answer was lost is found again, or made by repeating it, once', async () => {
    const { simulator, ctx } = await start()
    simulator.faults.add({ body: /"load"/, times: 1, effect: { kind: 'cut', when: 'after' } })
    const row = { marker: 'a', fields: { name: 'Ann', email: 'ann@example.test' } }
    await expect(contacts.create(ctx, [row])).rejects.toThrow()
    const located = await contacts.locate(ctx, row)
    expect(located).toHaveLength(1)
    expect(idOf((await contacts.create(ctx, [row]))[0])).toBe(located[0])
  })

  test('stamps that cannot be read do not undo a write', async () => {
    const { simulator, ctx } = await start()
    await ctx.lookup('partner_fields', 'name')
    simulator.faults.add({ body: /write_date/, effect: { kind: 'reply', when: 'before', reply: { status: 503 } } })
    const [outcome] = await contacts.create(ctx, [{ marker: 'a', fields: { name: 'Ann' } }])
    expect(outcome).toMatchObject({ ok: true, created: true })
    expect(outcome).not.toHaveProperty('updatedAt')
  })

  test('without load, rows are made and changed by create and write, and found by their key', async () => {
    const { simulator, ctx } = await start()
    const error = {
      code: 0,
      message: 'Odoo Server Error',
      data: { name: 'builtins.AttributeError', message: "The method 'x.load' does not exist" },
    }
    const reply = { body: { jsonrpc: '2.0', id: 1, error } }
    simulator.faults.add({ body: /"load"|check_object_reference/, effect: { kind: 'reply', when: 'before', reply } })
    const row = {
      marker: 'a',
      key: { field: 'email', value: 'ann@example.test' },
      fields: { name: 'Ann', email: 'ann@example.test' },
    }
    const id = idOf((await contacts.create(ctx, [row]))[0])
    expect(await contacts.locate(ctx, row)).toEqual([id])
    const outcomes = await contacts.update(ctx, [
      { ...row, remoteId: id, fields: { name: 'Anna', email: null } },
      { ...row, remoteId: '999999' },
    ])
    expect(outcomes).toMatchObject([{ ok: true }, { ok: false, kind: 'not_found' }])
    expect((await contacts.read(ctx, [id], ['name', 'email']))[0]?.fields).toEqual({ name: 'Anna', email: null })
  })

  test('a company takes a domain as its website', async () => {
    const { simulator, ctx } = await start()
    const id = idOf(
      (await companies.create(ctx, [{ marker: 'a', fields: { name: 'Acme', domain: 'acme.example' } }]))[0],
    )
    expect((await simulator.truth('company')).find((found) => found.id === id)?.data['domain']).toBe('acme.example')
    await companies.update(ctx, [{ marker: 'a', remoteId: id, fields: { domain: null } }])
    expect((await companies.read(ctx, [id], ['domain', 'website']))[0]?.fields).toEqual({ domain: null, website: null })
  })

  test("a company's address is its street lines, and a push leaves its town and postcode alone", async () => {
    const { simulator, ctx } = await start()
    const values = {
      name: 'Acme',
      is_company: true,
      street: 'Via Roma 1',
      street2: 'Scala B',
      zip: '00100',
      city: 'Roma',
    }
    const id = String(simulator.database.writeAsUser('res.partner', undefined, values))
    const read = async () => (await companies.read(ctx, [id], ['address', 'zip', 'city']))[0]?.fields
    expect(await read()).toEqual({ address: 'Via Roma 1\nScala B', zip: '00100', city: 'Roma' })
    const addressAfter = async (address: string | null) => {
      await companies.update(ctx, [{ marker: 'a', remoteId: id, fields: { address } }])
      return (await read())?.['address']
    }
    expect(await addressAfter('Via Milano 2')).toBe('Via Milano 2')
    expect(await addressAfter('Via Po 3\nInterno 4\nCitofono 5')).toBe('Via Po 3\nInterno 4\nCitofono 5')
    expect(await addressAfter(null)).toBeNull()
    expect(await read()).toEqual({ address: null, zip: '00100', city: 'Roma' })
  })

  test('the loser of a merge is gone by a direct read, and its deals are the winner’s', async () => {
    const { simulator, ctx } = await start()
    const winner = await simulator.add('contact', { first_name: 'Ann', email: 'ann@acme.example' })
    const loser = await simulator.add('contact', { first_name: 'Ann', email: 'ann@acme.example' })
    const deal = await simulator.add('deal', { title: 'Renewal' }, [{ type: 'contact', remoteId: loser }])
    // What `base.partner.merge` does: references are written anew, then the loser is deleted.
    simulator.database.writeAsUser('crm.lead', Number(deal), { partner_id: Number(winner) })
    await simulator.remove('contact', loser)
    expect((await contacts.read(ctx, [winner, loser], ['name'])).map(({ id }) => id)).toEqual([winner])
    expect((await contacts.find(ctx, 'email', ['ann@acme.example'])).get('ann@acme.example')).toEqual([winner])
    expect((await deals.read(ctx, [deal], []))[0]?.links).toEqual([{ type: 'contact', remoteId: winner }])
  })
})
