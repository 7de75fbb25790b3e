import { afterEach, expect, test } from 'vitest'
import { type Bench, DAY_MS, openBench } from './simulator-context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const LIST = '/crm/v8/Contacts?fields=id'
const HEADER = 'x-api-credits-remaining'

test('field definitions tell types, lengths, options, what is mandatory, read-only and unique', async () => {
  bench = await openBench()
  bench.sim.addField('Contacts', 'Badge')
  const { body } = await bench.call('GET', '/crm/v8/settings/fields?module=Contacts')
  const field = (name: string) => body.fields.find((known: { api_name: string }) => known.api_name === name)
  expect(field('Email')).toMatchObject({
    data_type: 'email',
    json_type: 'string',
    length: 100,
    system_mandatory: false,
  })
  expect(field('Last_Name')).toMatchObject({ data_type: 'text', system_mandatory: true, length: 80 })
  expect(field('Modified_Time')).toMatchObject({ data_type: 'datetime', read_only: true })
  expect(field('Account_Name')).toMatchObject({ data_type: 'lookup', lookup: { module: { api_name: 'Accounts' } } })
  expect(field('Lead_Source').pick_list_values[1]).toMatchObject({ actual_value: 'Advertisement', sequence_number: 2 })
  expect(field('Badge')).toMatchObject({ custom_field: true, unique: { casesensitive: 'false' } })
  const ids = body.fields.map(({ id }: { id: string }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect((await bench.call('GET', '/crm/v8/settings/fields')).body.code).toBe('REQUIRED_PARAM_MISSING')
})

test('the pipelines of the deals’ layout hold stages with what each one means', async () => {
  bench = await openBench()
  const layouts = await bench.call('GET', '/crm/v8/settings/layouts?module=Deals')
  const { body } = await bench.call('GET', `/crm/v8/settings/pipeline?layout_id=${layouts.body.layouts[0].id}`)
  expect(body.pipeline.map((pipeline: { actual_value: string }) => pipeline.actual_value)).toEqual([
    'Standard (Standard)',
    'Renewals',
  ])
  expect(body.pipeline[1].maps).toMatchObject([
    { actual_value: 'Up For Renewal', forecast_type: 'Open', sequence_number: 1 },
    { actual_value: 'Renewed', forecast_type: 'Closed Won' },
    { actual_value: 'Churned', forecast_type: 'Closed Lost' },
  ])
  const modules = await bench.call('GET', '/crm/v8/settings/modules')
  expect(modules.body.modules).toHaveLength(8)
})

test('users come with their mail addresses, all of them or the one who has signed in', async () => {
  bench = await openBench()
  const all = await bench.call('GET', '/crm/v8/users?type=AllUsers')
  expect(all.body.users.map(({ email, status }: { email: string; status: string }) => [email, status])).toEqual([
    ['integration@example.com', 'active'],
    ['sales.one@example.com', 'active'],
    ['sales.two@example.com', 'active'],
    ['former@example.com', 'disabled'],
  ])
  const me = await bench.call('GET', '/crm/v8/users?type=CurrentUser')
  expect(me.body.users).toMatchObject([{ email: 'integration@example.com', profile: { name: 'Administrator' } }])
})

test('records know a currency only where the organisation has several', async () => {
  bench = await openBench()
  expect((await bench.call('GET', '/crm/v8/org')).body.org[0]).toMatchObject({ iso_code: 'EUR', mc_status: false })
  const fieldNames = async () =>
    (await bench.call('GET', '/crm/v8/settings/fields?module=Deals')).body.fields.map(
      (field: { api_name: string }) => field.api_name,
    )
  expect(await fieldNames()).not.toContain('Currency')
  const deal = await bench.sim.add('deal', { title: 'D', amount_cents: 12_345 })
  expect((await bench.call('GET', `/crm/v8/Deals/${deal}`)).body.data[0]).not.toHaveProperty('Currency')
  expect((await bench.sim.truth('deal'))[0]?.data).toMatchObject({ amount_cents: 12_345, currency: 'EUR' })
  await bench.sim.stop()

  bench = await openBench({ multiCurrency: true })
  expect(await fieldNames()).toContain('Currency')
  const { body } = await bench.call('GET', '/crm/v8/org/currencies')
  expect(body.currencies.map((currency: { iso_code: string }) => currency.iso_code)).toEqual(['EUR', 'USD', 'JPY'])
  const yen = await bench.sim.add('deal', { title: 'Y', amount_cents: 500, currency: 'JPY' })
  expect((await bench.call('GET', `/crm/v8/Deals/${yen}`)).body.data[0]).toMatchObject({ Amount: 500, Currency: 'JPY' })
})

test('credits are spent by the kind of call, and no limit is kept until it is switched on', async () => {
  bench = await openBench({ dailyCredits: 1_000 })
  await bench.call('GET', LIST)
  expect(bench.sim.credits()).toBe(0)
  bench.sim.rateLimits = true
  const cost = async (run: () => Promise<unknown>): Promise<number> => {
    const before = bench.sim.credits()
    await run()
    return bench.sim.credits() - before
  }
  const insert = (count: number) =>
    bench.call('POST', '/crm/v8/Contacts', { data: Array.from({ length: count }, () => ({ Last_Name: 'A' })) })
  const query = (limit: number) => bench.query(`select id from Contacts where id is not null limit ${limit}`)
  expect(await cost(() => bench.call('GET', LIST))).toBe(1)
  expect(await cost(() => bench.call('GET', '/crm/v8/Contacts/deleted'))).toBe(2)
  expect(await cost(() => insert(10))).toBe(1)
  expect(await cost(() => insert(11))).toBe(2)
  expect(await cost(() => insert(100))).toBe(10)
  expect(await cost(() => query(200))).toBe(1)
  expect(await cost(() => query(1_000))).toBe(2)
  expect(await cost(() => query(2_000))).toBe(3)
})

test('the remaining credits are told only once half of the day’s are used, and come back after a rolling day', async () => {
  bench = await openBench({ dailyCredits: 100 })
  bench.sim.rateLimits = true
  bench.sim.spend(48)
  expect((await bench.call('GET', LIST)).headers.get(HEADER)).toBeNull()
  expect((await bench.call('GET', LIST)).headers.get(HEADER)).toBe('50')
  bench.sim.spend(50)
  const refused = await bench.call('GET', LIST)
  expect(refused).toMatchObject({ status: 429, body: { code: 'TOO_MANY_REQUESTS', details: {} } })
  expect(refused.headers.get('retry-after')).toBeNull()
  expect(refused.headers.get(HEADER)).toBe('0')
  bench.pass(DAY_MS)
  expect((await bench.call('GET', LIST)).status).toBe(204)
})

test('more calls at once than the edition allows are refused in the same words', async () => {
  bench = await openBench({ edition: 'free', latencyMs: 80 })
  bench.sim.rateLimits = true
  const answers = await Promise.all(Array.from({ length: 8 }, () => bench.call('GET', LIST)))
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused).toHaveLength(3)
  expect(refused[0]?.body.code).toBe('TOO_MANY_REQUESTS')
})

test('heavy calls share ten places on every edition', async () => {
  bench = await openBench({ edition: 'ultimate', latencyMs: 150 })
  bench.sim.rateLimits = true
  const heavy = Array.from({ length: 12 }, () => bench.query('select id from Contacts where id is not null'))
  const light = Array.from({ length: 10 }, () => bench.call('GET', LIST))
  const count = async (calls: readonly Promise<{ status: number }>[]) =>
    (await Promise.all(calls)).filter(({ status }) => status === 429).length
  expect(await Promise.all([count(heavy), count(light)])).toEqual([2, 0])
})
