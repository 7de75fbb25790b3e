import { afterEach, expect, test } from 'vitest'
import { provider } from '../src/index.ts'
import { type Bench, contextOf, objectOf, openBench, readLookup } from './context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

test('the probe says whose credentials they are', async () => {
  bench = await openBench({ timeZone: 'America/New_York' })
  const account = await provider.probe(bench.ctx)
  expect(account).toMatchObject({ id: String(bench.sim.portalId), timeZone: 'America/New_York', currency: 'EUR' })
})

test('credentials of another account than the connection names are refused in clear words', async () => {
  bench = await openBench({}, { portalId: 4711 })
  await expect(provider.probe(bench.ctx)).rejects.toMatchObject({ kind: 'invalid', field: 'portalId' })
  await expect(provider.probe(bench.ctx)).rejects.toThrow(/62515.*4711/)
})

test('wrong and expired credentials end as a lost sign-in, a missing scope as forbidden with its name', async () => {
  bench = await openBench()
  const wrong = contextOf(bench.ctx.settings, 'no-such-token', bench.ctx.now)
  await expect(provider.probe(wrong)).rejects.toMatchObject({ kind: 'auth' })
  const { accessToken } = bench.sim.signIn(['oauth'])
  const narrow = contextOf(bench.ctx.settings, accessToken, bench.ctx.now)
  expect((await provider.probe(narrow)).id).toBe('62515')
  const pull = objectOf('companies').pull?.(narrow, { fields: ['name'], limit: 10 })
  await expect(pull).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(objectOf('companies').pull?.(narrow, { fields: ['name'], limit: 10 })).rejects.toThrow(
    /crm\.objects\.companies\.read/,
  )
  bench.pass(1_801_000)
  await expect(provider.probe(narrow)).rejects.toMatchObject({ kind: 'auth', vendorCode: 'EXPIRED_AUTHENTICATION' })
})

test('the portal is described as it is: types, options, what is read only, what is unique', async () => {
  bench = await openBench()
  bench.sim.addUniqueProperty('contact', 'customer_number')
  const contacts = new Map((await objectOf('contacts').describe?.(bench.ctx))?.map((field) => [field.name, field]))
  expect(contacts.get('email')).toMatchObject({ type: 'text', unique: true })
  expect(contacts.get('customer_number')).toMatchObject({ unique: true })
  expect(contacts.get('lastmodifieddate')).toMatchObject({ type: 'datetime', readOnly: true })
  expect(contacts.get('hubspot_owner_id')).toMatchObject({ type: 'text' })
  const calls = new Map((await objectOf('calls').describe?.(bench.ctx))?.map((field) => [field.name, field]))
  expect(calls.get('hs_timestamp')).toMatchObject({ type: 'datetime', required: true })
  expect(calls.get('hs_call_body')).toMatchObject({ type: 'html', maxLength: 64_512 })
  expect(calls.get('hs_call_direction')?.options?.map(({ value }) => value)).toEqual(['INBOUND', 'OUTBOUND'])
  expect(calls.get('hs_call_disposition')?.options?.map(({ label }) => label)).toContain('No answer')
  expect(calls.get('hs_call_disposition')?.options?.map(({ value }) => value)).toContain('FAILED')
})

test('owners are looked up by e-mail, archived ones too, and none are known without the scope', async () => {
  bench = await openBench()
  const rows = await readLookup(bench.ctx, 'owners')
  expect(rows.map(({ id, key, archived }) => [id, key, archived ?? false])).toEqual([
    ['61', 'sales.one@example.com', false],
    ['62', 'sales.two@example.com', false],
    ['63', 'former@example.com', true],
  ])
  bench.sim.setKeyScopes(['oauth'])
  expect(await readLookup(bench.ctx, 'owners')).toEqual([])
})
