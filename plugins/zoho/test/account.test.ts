import { afterEach, expect, test } from 'vitest'
import { provider } from '../src/index.ts'
import { type Bench, contextOf, objectOf, openBench, readLookup, tokenOf } from './context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const describe = async (name: string) =>
  new Map((await objectOf(name).describe?.(bench.ctx))?.map((field) => [field.name, field]))

test('the probe says whose credentials they are, and in which currency amounts are', async () => {
  bench = await openBench()
  expect(await provider.probe(bench.ctx)).toMatchObject({ id: bench.sim.orgId, currency: 'EUR' })
})

test('a token of another data centre looks like a wrong one: the data centre is named where nothing has confirmed it', async () => {
  bench = await openBench()
  bench.sim.knobs.isElsewhere = true
  const error = { kind: 'auth', vendorCode: 'INVALID_TOKEN', setting: 'dc' }
  await expect(provider.probe(bench.ctx)).rejects.toMatchObject(error)
  await expect(provider.probe(bench.ctx)).rejects.toThrow(/EU data centre/)
  const confirmed = { ...bench.ctx.settings, apiDomain: 'https://www.zohoapis.eu' }
  const certain = provider.probe(contextOf(confirmed, tokenOf(bench.sim), bench.ctx.now))
  await expect(certain).rejects.toMatchObject({ kind: 'auth', setting: undefined })
})

test('a scope that is missing is named', async () => {
  bench = await openBench()
  const { accessToken } = bench.sim.signIn(['ZohoCRM.modules.contacts.READ'])
  const narrow = contextOf(bench.ctx.settings, accessToken, bench.ctx.now)
  await expect(provider.probe(narrow)).rejects.toMatchObject({ kind: 'forbidden', scopes: ['ZohoCRM.org.READ'] })
  const fields = objectOf('Contacts').describe?.(narrow)
  await expect(fields).rejects.toThrow(/ZohoCRM\.settings\.fields\.READ/)
})

test('a module that the profile forbids is forbidden, and no other', async () => {
  bench = await openBench()
  bench.sim.forbid('Tasks')
  const pull = (name: string) => objectOf(name).pull?.(bench.ctx, { fields: ['Subject'], limit: 10 })
  await expect(pull('Tasks')).rejects.toMatchObject({ kind: 'forbidden', vendorCode: 'NO_PERMISSION' })
  expect((await pull('Calls'))?.records).toEqual([])
})

test('an organisation is described as it is: types, lengths, options, what is required and what is read only', async () => {
  bench = await openBench({ multiCurrency: true })
  bench.sim.addField('Contacts', 'Customer_Number')
  const contacts = await describe('Contacts')
  expect(contacts.get('Last_Name')).toMatchObject({ type: 'text', required: true, maxLength: 80 })
  expect(contacts.get('Modified_Time')).toMatchObject({ type: 'datetime', readOnly: true })
  expect(contacts.get('Account_Name')).toMatchObject({ type: 'reference', references: 'company' })
  expect(contacts.get('Customer_Number')).toMatchObject({ unique: true })
  const deals = await describe('Deals')
  expect(deals.get('Amount')).toMatchObject({ type: 'money' })
  expect(deals.get('Currency')).toMatchObject({ type: 'picklist' })
  expect(deals.get('Stage')?.options).toContainEqual({ value: 'Renewed', label: 'Renewed', group: 'Renewals' })
  expect(deals.get('Pipeline')?.options?.map(({ value }) => value)).toContain('Renewals')
  const calls = await describe('Calls')
  const results = calls.get('Call_Result')?.options?.map(({ value }) => value)
  expect(results).toEqual(expect.arrayContaining(['Interested', 'No response/Busy', 'Left voicemail']))
  expect(results).not.toContain('-None-')
  expect((await describe('Events')).get('Duration_in_seconds')).toMatchObject({ type: 'number' })
  expect((await describe('Accounts')).get('domain')).toMatchObject({ type: 'text' })
})

test('an organisation of one currency has no field for it', async () => {
  bench = await openBench()
  expect((await describe('Deals')).has('Currency')).toBe(false)
})

test('owners are looked up by e-mail, former ones too, and none are known without the scope', async () => {
  bench = await openBench()
  const rows = await readLookup(bench.ctx, 'owners')
  const active = rows.filter(({ archived }) => archived !== true).map(({ key }) => key)
  expect(active).toEqual(expect.arrayContaining(['sales.one@example.com', 'sales.two@example.com']))
  expect(rows.find(({ key }) => key === 'former@example.com')).toMatchObject({ archived: true })
  const { accessToken } = bench.sim.signIn(['ZohoCRM.modules.ALL'])
  expect(await readLookup(contextOf(bench.ctx.settings, accessToken, bench.ctx.now), 'owners')).toEqual([])
})
