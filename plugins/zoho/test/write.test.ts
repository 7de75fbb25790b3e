import type { Row } from '@raccordo/core/plugin'
import { afterEach, expect, test } from 'vitest'
import { type Bench, create, createOne, objectOf, openBench, rawOf, readOne, update } from './context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const person = (index: number, fields: Row['fields'] = {}): Row => ({
  marker: `host/${index}`,
  fields: { Last_Name: `Person ${index}`, Email: `p${index}@example.com`, ...fields },
})
const locate = async (name: string, row: Row) => (await objectOf(name).locate?.(bench.ctx, row)) ?? []

test('each record of a batch has its own outcome, in production under 207 and in a sandbox under 200', async () => {
  for (const sandbox of [false, true]) {
    bench = await openBench({ sandbox })
    const { Last_Name: _, ...nameless } = person(2).fields
    const outcomes = await create(bench.ctx, 'Contacts', [person(1), { marker: 'host/2', fields: nameless }, person(3)])
    expect(outcomes).toMatchObject([
      { ok: true, created: true },
      { ok: false, kind: 'invalid', field: 'Last_Name', vendorCode: 'MANDATORY_NOT_FOUND' },
      { ok: true },
    ])
    expect(bench.sim.log.at(-1)?.status).toBe(sandbox ? 200 : 207)
    await bench.sim.stop()
  }
})

test('ids stay texts, because numbers lose their last digits', async () => {
  bench = await openBench()
  const id = await createOne(bench.ctx, 'Contacts', person(1))
  expect(Number(id)).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
  expect((await readOne(bench.ctx, 'Contacts', id, ['id']))?.fields['id']).toBe(id)
})

test('a write sets off no automation unless the connection wants it', async () => {
  const runs: number[] = []
  for (const trigger of [undefined, ['workflow'] as const, 'all' as const]) {
    bench = await openBench({}, trigger === undefined ? {} : { trigger })
    await createOne(bench.ctx, 'Contacts', person(1))
    runs.push(bench.sim.automationRuns())
    await bench.sim.stop()
  }
  expect(runs).toEqual([0, 1, 1])
})

test('a value that is there already names its record', async () => {
  bench = await openBench()
  bench.sim.addField('Contacts', 'Customer_Number')
  const first = await createOne(bench.ctx, 'Contacts', person(1, { Customer_Number: 'C-1' }))
  const outcomes = await create(bench.ctx, 'Contacts', [person(2, { Customer_Number: 'C-1' }), person(3)])
  expect(outcomes).toMatchObject([
    { ok: false, kind: 'conflict', existingIds: [first], field: 'Customer_Number' },
    { ok: true },
  ])
})

test('a field for markers makes every create exact, and bears no text', async () => {
  bench = await openBench()
  bench.sim.addField('Deals', 'Raccordo_Ref')
  const row: Row = { marker: 'deal/1', fields: { Deal_Name: 'Renewal', Stage: 'Qualification' } }
  const id = await createOne(bench.ctx, 'Deals', row)
  expect(await create(bench.ctx, 'Deals', [row])).toMatchObject([{ ok: true, remoteId: id, created: true }])
  expect(await rawOf(bench.ctx, 'Deals', id)).toMatchObject({ Raccordo_Ref: 'deal/1', Description: null })
  expect(await locate('Deals', row)).toEqual([id])
  const upsert = bench.sim.log.find(({ path }) => path.endsWith('/upsert'))
  expect(JSON.parse(upsert?.requestBody ?? '{}').duplicate_check_fields).toEqual(['Raccordo_Ref'])
})

test('a row with another unique value is inserted, because an upsert might change somebody else’s record', async () => {
  bench = await openBench()
  bench.sim.addField('Contacts', 'Raccordo_Ref')
  bench.sim.addField('Contacts', 'Customer_Number')
  const other = await bench.sim.add('contact', { last_name: 'Other', email: 'other@example.com' })
  await update(bench.ctx, 'Contacts', { marker: 'x', remoteId: other, fields: { Customer_Number: 'C-1' } })
  const row = person(1, { Customer_Number: 'C-1' })
  expect(await create(bench.ctx, 'Contacts', [row])).toMatchObject([
    { ok: false, kind: 'conflict', existingIds: [other] },
  ])
  expect(await rawOf(bench.ctx, 'Contacts', other)).toMatchObject({ Last_Name: 'Other' })
  const mine = person(2, { Customer_Number: 'C-2' })
  const id = await createOne(bench.ctx, 'Contacts', mine)
  expect(await create(bench.ctx, 'Contacts', [mine])).toMatchObject([{ ok: true, remoteId: id }])
})

test('two deals with the same values are told apart by their references', async () => {
  bench = await openBench()
  bench.sim.indexLagMs = 600_000
  const rows: Row[] = ['deal/1', 'deal/2'].map((marker) => ({
    marker,
    fields: { Deal_Name: 'Renewal', Amount: '1250.00', Stage: 'Qualification' },
  }))
  const outcomes = await create(bench.ctx, 'Deals', rows)
  const ids = outcomes.map((outcome) => (outcome.ok ? outcome.remoteId : ''))
  expect(await Promise.all(rows.map((row) => locate('Deals', row)))).toEqual(ids.map((id) => [id]))
  await bench.sim.edit('deal', ids[0] ?? '', { title: 'Renamed since' })
  expect(await locate('Deals', rows[0] ?? person(0))).toEqual([ids[0]])
  expect(await rawOf(bench.ctx, 'Deals', ids[0] ?? '')).toMatchObject({ Amount: 1250 })
  expect((await readOne(bench.ctx, 'Deals', ids[0] ?? '', ['Description']))?.fields['Description']).toBeNull()
})

test('a contact with an address bears no reference, and one without does', async () => {
  bench = await openBench()
  const known = await createOne(bench.ctx, 'Contacts', person(1))
  expect(await rawOf(bench.ctx, 'Contacts', known)).toMatchObject({ Description: null })
  expect(await locate('Contacts', person(1))).toEqual([known])
  const row: Row = { marker: 'host/2', fields: { Last_Name: 'Nameless' } }
  const unknown = await createOne(bench.ctx, 'Contacts', row)
  expect(await locate('Contacts', row)).toEqual([unknown])
  await update(bench.ctx, 'Contacts', { marker: 'host/2', remoteId: unknown, fields: { Description: 'Likes tea' } })
  expect(await locate('Contacts', row)).toEqual([unknown])
  expect((await readOne(bench.ctx, 'Contacts', unknown, ['Description']))?.fields['Description']).toBe('Likes tea')
})

test('a record that is locked, unapproved or in a blueprint is told so', async () => {
  bench = await openBench()
  const id = await createOne(bench.ctx, 'Deals', { marker: 'd', fields: { Deal_Name: 'D', Stage: 'Qualification' } })
  const change = { marker: 'd', remoteId: id, fields: { Stage: 'Needs Analysis' } }
  bench.sim.hold(id, 'RECORD_LOCKED')
  expect(await update(bench.ctx, 'Deals', change)).toMatchObject({
    ok: false,
    kind: 'locked',
    vendorCode: 'RECORD_LOCKED',
  })
  bench.sim.hold(id, 'NOT_APPROVED')
  expect(await update(bench.ctx, 'Deals', change)).toMatchObject({ ok: false, kind: 'locked', retryAfterMs: 3_600_000 })
  bench.sim.hold(id, 'RECORD_IN_BLUEPRINT')
  expect(await update(bench.ctx, 'Deals', change)).toMatchObject({ ok: false, kind: 'invalid', field: 'Stage' })
  bench.sim.release(id)
  expect(await update(bench.ctx, 'Deals', change)).toMatchObject({ ok: true, remoteId: id })
})

test('a deal without a stage begins where its pipeline does, and a stage of another pipeline is refused in Zoho’s words', async () => {
  bench = await openBench()
  const plain = await createOne(bench.ctx, 'Deals', { marker: '1', fields: { Deal_Name: 'Plain' } })
  const renewal = await createOne(bench.ctx, 'Deals', { marker: '2', fields: { Deal_Name: 'R', Pipeline: 'Renewals' } })
  expect((await rawOf(bench.ctx, 'Deals', plain))['Stage']).toBe('Qualification')
  expect((await rawOf(bench.ctx, 'Deals', renewal))['Stage']).toBe('Up For Renewal')
  const [outcome] = await create(bench.ctx, 'Deals', [
    { marker: '3', fields: { Deal_Name: 'X', Stage: 'Up For Renewal' } },
  ])
  expect(outcome).toMatchObject({ ok: false, kind: 'invalid', field: 'Stage' })
  expect(outcome?.ok === false && outcome.message).toMatch(/Pipeline doesn't contain the Stage/)
})

test('links become lookups, and what a record cannot hold is refused', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Acme' })
  const contact = await bench.sim.add('contact', { last_name: 'C' })
  const links = [
    { type: 'company' as const, remoteId: company },
    { type: 'contact' as const, remoteId: contact },
  ]
  const deal = await createOne(bench.ctx, 'Deals', {
    marker: '1',
    fields: { Deal_Name: 'D', Account_Name: company },
    links,
  })
  expect((await bench.sim.truth('deal'))[0]?.links).toEqual(expect.arrayContaining(links))
  const [outcome] = await create(bench.ctx, 'Contacts', [{ ...person(1), links: [{ type: 'deal', remoteId: deal }] }])
  expect(outcome).toMatchObject({ ok: false, kind: 'invalid' })
})

test('an update that says nothing new sends nothing', async () => {
  bench = await openBench()
  const id = await bench.sim.add('contact', { last_name: 'C' })
  const calls = bench.sim.calls()
  expect(await update(bench.ctx, 'Contacts', { marker: 'm', remoteId: id, fields: {} })).toMatchObject({ ok: true })
  expect(bench.sim.calls()).toBe(calls)
})
