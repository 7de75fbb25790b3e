import type { FieldInfo, Fields, Row } from '@raccordo/core/plugin'
import { compileMapping, type MappingSpec } from '@raccordo/testkit'
import { afterEach, expect, test } from 'vitest'
import { closeOfDay, dayOfClose } from '../src/close-date.ts'
import { provider } from '../src/index.ts'
import { at, type Bench, objectOf, openBench, pullAll, readLookup } from './context.ts'

let bench: Bench
afterEach(() => bench?.sim.stop())

const deals = objectOf('deals')
const NOTHING = { lookup: () => undefined }

const create = async (rows: readonly (Fields & { readonly dealname: string })[]) =>
  (await deals.create?.(
    bench.ctx,
    rows.map((fields): Row => ({ marker: fields.dealname, fields })),
  )) ?? []
const update = async (remoteId: string, fields: Fields) =>
  (await deals.update?.(bench.ctx, [{ marker: remoteId, remoteId, fields }]))?.[0]
const kept = async (id: string, ...names: readonly string[]) => {
  const query = { properties: names.join(',') }
  const { body } = await bench.ctx.call({ path: `/crm/v3/objects/deals/${id}`, query })
  return names.map((name) => body.properties[name])
}
const idOf = (outcome: { readonly ok: boolean } | undefined): string => {
  if (outcome?.ok !== true) throw new Error(JSON.stringify(outcome))
  return (outcome as unknown as { readonly remoteId: string }).remoteId
}
const fieldsOf = async (): Promise<ReadonlyMap<string, FieldInfo>> =>
  new Map((await deals.describe?.(bench.ctx))?.map((field) => [field.name, field]))
const mappingOf = async (spec: object = provider.mapping) =>
  compileMapping({
    spec: spec as MappingSpec,
    object: { type: 'deal', name: 'deals', ...(deals.aliases === undefined ? {} : { aliases: deals.aliases }) },
    fields: await deals.describe?.(bench.ctx),
    currency: bench.ctx.account?.currency ?? 'EUR',
  })

test('a new deal stands in a pipeline at a stage of it, whichever of the two is said', async () => {
  bench = await openBench()
  const outcomes = await create([
    { dealname: 'Neither' },
    { dealname: 'Stage of another pipeline', dealstage: '4711003' },
    { dealname: 'Pipeline alone', pipeline: '4711001' },
    { dealname: 'Both', pipeline: 'default', dealstage: 'contractsent' },
  ])
  const places = await Promise.all(outcomes.map((outcome) => kept(idOf(outcome), 'pipeline', 'dealstage')))
  expect(places).toEqual([
    ['default', 'appointmentscheduled'],
    ['4711001', '4711003'],
    ['4711001', '4711002'],
    ['default', 'contractsent'],
  ])
})

test('a stage of another pipeline than the one that is said is refused in the words of HubSpot', async () => {
  bench = await openBench()
  const outcomes = await create([
    { dealname: 'Mixed', pipeline: 'default', dealstage: '4711003' },
    { dealname: 'Unknown', dealstage: 'no-such-stage' },
    { dealname: 'Good' },
  ])
  expect(outcomes).toMatchObject([
    { ok: false, kind: 'invalid', field: 'dealstage' },
    { ok: false, kind: 'invalid', field: 'dealstage' },
    { ok: true },
  ])
})

test('a deal that moves to a stage takes its pipeline along, and a pipeline that it is in changes nothing', async () => {
  bench = await openBench()
  const [outcome] = await create([{ dealname: 'Mover', dealstage: 'contractsent' }])
  const id = idOf(outcome)
  await update(id, { pipeline: 'default', amount: '5' })
  expect(await kept(id, 'pipeline', 'dealstage', 'amount')).toEqual(['default', 'contractsent', '5'])
  await update(id, { dealstage: '4711004' })
  expect(await kept(id, 'pipeline', 'dealstage', 'hs_is_closed_lost')).toEqual(['4711001', '4711004', 'true'])
  await update(id, { pipeline: 'default' })
  expect(await kept(id, 'pipeline', 'dealstage', 'hs_is_closed')).toEqual(['default', 'appointmentscheduled', 'false'])
})

test('pipelines and stages can be looked up, and are empty without the scope of deals', async () => {
  bench = await openBench()
  expect(await readLookup(bench.ctx, 'deal_pipelines')).toEqual([
    { id: 'default', key: 'default', label: 'Sales Pipeline', group: 'appointmentscheduled' },
    { id: '4711001', key: '4711001', label: 'Renewals', group: '4711002' },
  ])
  expect((await readLookup(bench.ctx, 'deal_stages')).map(({ key, group }) => `${group}/${key}`)).toContain(
    '4711001/4711003',
  )
  bench.sim.setKeyScopes(['oauth'])
  expect(await readLookup(bench.ctx, 'deal_stages')).toEqual([])
})

test('deals are described: stages under their pipeline, money, what is required and what is computed', async () => {
  bench = await openBench()
  const fields = await fieldsOf()
  expect(fields.get('dealstage')).toMatchObject({ type: 'picklist', required: true })
  expect(fields.get('dealstage')?.options).toContainEqual({ value: '4711003', label: 'Closed Won', group: '4711001' })
  expect(fields.get('pipeline')?.options).toContainEqual({ value: 'default', label: 'Sales Pipeline' })
  expect(fields.get('dealname')).toMatchObject({ type: 'text', required: true })
  expect(fields.get('amount')).toMatchObject({ type: 'money' })
  expect(fields.get('hs_is_closed')).toMatchObject({ type: 'boolean', readOnly: true })
  expect(fields.get('closedate')).toMatchObject({ type: 'date' })
  expect(fields.get('deal_currency_code')?.readOnly).toBeUndefined()
})

test('an amount is in minor units of the deal’s own currency, or of the account’s where the deal names none', async () => {
  bench = await openBench()
  const mapping = await mappingOf()
  const rows = [
    { title: 'Euro', amount_cents: 123_405, currency: 'EUR' },
    { title: 'Yen', amount_cents: 1_234, currency: 'JPY' },
    { title: 'Dinar', amount_cents: 1_234_567, currency: 'KWD' },
    { title: 'Unsaid', amount_cents: 99 },
  ]
  const written = rows.map((data) => mapping.toRemote(data, NOTHING))
  const outcomes = await create(written.map((row) => (row.ok ? row.fields : {}) as { dealname: string }))
  const amounts = await Promise.all(outcomes.map((outcome) => kept(idOf(outcome), 'amount')))
  expect(amounts).toEqual([['1234.05'], ['1234'], ['1234.567'], ['0.99']])
  const { records } = await pullAll(bench.ctx, 'deals', mapping.remoteFields)
  const read = records.map((record) => mapping.toCanonical(record, NOTHING))
  expect(read.map((row) => row.ok && row.data['amount_cents']).sort()).toEqual([123_405, 1_234, 1_234_567, 99].sort())
  expect(read.map((row) => row.ok && row.data['currency']).sort()).toEqual(['EUR', 'EUR', 'JPY', 'KWD'])
})

test('a portal with one currency takes no code: its own is understood, and another is refused before it is sent', async () => {
  bench = await openBench({ currencies: ['CHF'] })
  expect((await fieldsOf()).get('deal_currency_code')).toMatchObject({ readOnly: true })
  const mapping = await mappingOf()
  const own = mapping.toRemote({ title: 'Own', amount_cents: 500, currency: 'CHF' }, NOTHING)
  expect(own).toMatchObject({ ok: true, fields: { dealname: 'Own', amount: '5.00' } })
  expect(own.ok && Object.keys(own.fields)).not.toContain('deal_currency_code')
  expect(mapping.toRemote({ title: 'Other', amount_cents: 500, currency: 'USD' }, NOTHING).ok).toBe(false)
  await create([own.ok ? (own.fields as { dealname: string }) : { dealname: '' }])
  const [record] = (await pullAll(bench.ctx, 'deals', mapping.remoteFields)).records
  expect(record && mapping.toCanonical(record, NOTHING)).toMatchObject({ data: { currency: 'CHF', amount_cents: 500 } })
})

test('a close date is the day on the portal’s clocks, both ways', async () => {
  for (const timeZone of ['Europe/Rome', 'America/New_York', 'Pacific/Auckland', 'Asia/Kolkata']) {
    bench = await openBench({ timeZone })
    const byUser = await bench.sim.add('deal', { title: 'By a user', close_date: '2026-12-01' })
    const [outcome] = await create([{ dealname: 'Pushed', closedate: '2026-12-01' }])
    const { records } = await pullAll(bench.ctx, 'deals', ['closedate'])
    expect(records.map(({ fields }) => fields['closedate'])).toEqual(['2026-12-01', '2026-12-01'])
    const truth = await bench.sim.truth('deal')
    expect(truth.map(({ id, data }) => [id, data['close_date']])).toEqual([
      [byUser, '2026-12-01'],
      [idOf(outcome), '2026-12-01'],
    ])
    if (timeZone !== 'Asia/Kolkata') await bench.sim.stop()
  }
})

test('every day comes back from its instant in every zone, and midnight UTC is its own day in all of them', () => {
  const zones = [
    'UTC',
    'America/Los_Angeles',
    'Pacific/Kiritimati',
    'Pacific/Pago_Pago',
    'Australia/Lord_Howe',
    undefined,
  ]
  for (const zone of [...zones, 'No/Such_Zone'])
    for (let day = Date.UTC(2026, 0, 1); day < Date.UTC(2028, 0, 1); day += 86_400_000) {
      const text = new Date(day).toISOString().slice(0, 10)
      expect(dayOfClose(closeOfDay(text, zone), zone)).toBe(text)
      expect(dayOfClose(`${text}T00:00:00.000Z`, zone)).toBe(text)
      expect(dayOfClose(String(day), zone)).toBe(text)
    }
  expect(dayOfClose('2026-12-01T03:00:00Z', 'America/New_York')).toBe('2026-11-30')
  for (const nothing of [null, '', 'soon']) expect(dayOfClose(nothing, 'Europe/Rome')).toBe(nothing)
})

test('one structure for several CRMs works as it is, and a portal’s own stages pass the default both ways', async () => {
  bench = await openBench()
  const shared = await mappingOf({
    version: 1,
    objects: {
      deal: {
        fields: {
          title: 'dealname|Deal_Name|name',
          amount_cents: 'amount|Amount|expected_revenue *100',
          stage: { from: 'dealstage|Stage|stage_id', picklist: { appointmentscheduled: 'new', '*': 'other' } },
          close_date: 'closedate|Closing_Date|date_deadline',
          contact_id: 'Contact_Name|partner_id',
        },
        ownership: { stage: 'crm', currency: 'crm', '*': 'merge' },
      },
    },
  })
  expect(shared.warnings).toEqual([])
  const pushed = shared.toRemote({ title: 'T', amount_cents: 1_250, stage: 'new', close_date: '2027-01-31' }, NOTHING)
  expect(pushed).toMatchObject({
    fields: { dealname: 'T', amount: '12.50', dealstage: 'appointmentscheduled', closedate: '2027-01-31' },
  })
  const own = await mappingOf()
  expect(own.warnings).toEqual([])
  expect(own.toRemote({ stage: '4711003' }, NOTHING)).toMatchObject({ fields: { dealstage: '4711003' } })
  expect(own.toCanonical({ fields: { dealstage: '4711003' } }, NOTHING)).toMatchObject({ data: { stage: '4711003' } })
})

test('a deal whose answer was lost is found again, though a workflow has moved it meanwhile', async () => {
  bench = await openBench()
  const row: Row = { marker: 'm', fields: { dealname: 'Lost', amount: '1250.00', closedate: '2027-01-31' } }
  bench.sim.faults.add({ path: /\/deals$/, method: 'POST', times: 1, effect: { kind: 'cut', when: 'after' } })
  const attempt = Promise.resolve(deals.create?.(bench.ctx, [row]))
  await expect(attempt.catch(() => 'lost')).resolves.toSatisfy(
    (answer) => answer === 'lost' || (Array.isArray(answer) && answer[0]?.ok === false),
  )
  const [made] = await bench.sim.truth('deal')
  await bench.sim.edit('deal', made?.id ?? '', { stage: 'contractsent' })
  await create([{ dealname: 'Lost', amount: '1250.01', closedate: '2027-01-31' }])
  expect(await deals.locate?.(bench.ctx, row)).toEqual([made?.id])
})

test('links of deals are read with their primary company first, and the pushed company becomes it beside others', async () => {
  bench = await openBench()
  const person = await bench.sim.add('contact', { email: 'buyer@example.com' })
  const [first, second] = [
    await bench.sim.add('company', { name: 'One' }),
    await bench.sim.add('company', { name: 'Two' }),
  ]
  const row: Row = {
    marker: 'm',
    fields: { dealname: 'Linked' },
    links: [
      { type: 'contact', remoteId: person },
      { type: 'company', remoteId: first },
    ],
  }
  const [outcome] = (await deals.create?.(bench.ctx, [row])) ?? []
  const remoteId = idOf(outcome)
  const inline = /"types":\[\{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":(\d+)\}\]/g
  const body = bench.sim.log.find(({ method, path }) => method === 'POST' && path.endsWith('/deals'))?.requestBody ?? ''
  expect([...body.matchAll(inline)].map(([, id]) => id)).toEqual(['3', '341'])
  const [{ updatedAt } = { updatedAt: '' }] = await bench.sim.truth('deal')
  bench.pass(5_000)
  await deals.update?.(bench.ctx, [
    { marker: 'm', remoteId, fields: {}, links: [{ type: 'company', remoteId: second }] },
  ])
  expect(bench.sim.log.at(-1)).toMatchObject({ method: 'PUT', requestBody: expect.stringContaining(':5}') })
  const links = await deals.links?.(bench.ctx, [remoteId], ['contact', 'company'])
  expect(links?.get(remoteId)).toEqual([
    { type: 'contact', remoteId: person },
    { type: 'company', remoteId: second },
    { type: 'company', remoteId: first },
  ])
  const { records } = await pullAll(bench.ctx, 'deals', ['dealname'])
  expect(records).toMatchObject([{ links: links?.get(remoteId), updatedAt }])
})

test('merged and archived deals are told as such', async () => {
  bench = await openBench()
  const [one, two, three] = (await create([{ dealname: 'A' }, { dealname: 'B' }, { dealname: 'C' }])).map(idOf)
  if (one === undefined || two === undefined || three === undefined) throw new Error('no deals')
  const survivor = await bench.sim.merge('deal', one, two)
  await bench.sim.remove('deal', three)
  bench.pass(1)
  const window = { from: at(0), to: at(1) }
  const { records } = await pullAll(bench.ctx, 'deals', ['dealname'], window)
  expect(records).toMatchObject([{ id: survivor, mergedIds: [two] }])
  expect(await deals.deleted?.page(bench.ctx, { limit: 10 })).toMatchObject({
    records: [{ id: three, deletedAt: at(0) }],
  })
})
