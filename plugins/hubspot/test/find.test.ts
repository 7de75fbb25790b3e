import type { Row } from '@raccordo/core/plugin'
import { afterEach, expect, test } from 'vitest'
import { REFERENCE_PROPERTY } from '../src/unique.ts'
import { at, type Bench, objectOf, openBench } from './context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const LAG_MS = 60_000

/** Sends a create whose answer never comes, although the portal has done it. */
const createUnheard = async (name: string, row: Row): Promise<void> => {
  bench.sim.faults.add({
    method: 'POST',
    path: /\/(contacts|companies|calls)$/,
    times: 1,
    effect: { kind: 'cut', when: 'after' },
  })
  const outcomes = await objectOf(name).create?.(bench.ctx, [row])
  expect(outcomes).toMatchObject([{ ok: false, unknownOutcome: true }])
}

test('contacts are found by their main and additional addresses, at once and whatever the letter case', async () => {
  bench = await openBench()
  bench.sim.indexLagMs = LAG_MS
  const kept = await bench.sim.add('contact', { email: 'kept@example.com' })
  const merged = await bench.sim.add('contact', { email: 'merged@example.com' })
  await bench.sim.merge('contact', kept, merged)
  const values = ['Kept@Example.com', 'merged@example.com', 'nobody@example.com']
  const found = await objectOf('contacts').find?.(bench.ctx, 'email', values)
  expect(found).toEqual(
    new Map([
      ['Kept@Example.com', [kept]],
      ['merged@example.com', [kept]],
    ]),
  )
})

test('all companies of one domain are found, those too that the index does not show yet', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 0, companies: 300 })
  const old = await bench.sim.add('company', { name: 'Old', domain: 'shared.example.com' })
  bench.pass(3_600_000)
  bench.sim.indexLagMs = LAG_MS
  const fresh = await bench.sim.add('company', { name: 'Fresh', domain: 'shared.example.com' })
  const before = bench.sim.calls()
  const found = await objectOf('companies').find?.(bench.ctx, 'domain', ['Shared.example.com', 'none.example.com'])
  expect(found).toEqual(new Map([['Shared.example.com', [old, fresh]]]))
  expect(bench.sim.calls() - before).toBe(4)
})

test('companies are found by a domain however it is written', async () => {
  bench = await openBench()
  const id = await bench.sim.add('company', { name: 'Spelled', domain: 'spelled.example.com' })
  const values = ['https://www.Spelled.example.com/start', 'spelled.example.com']
  expect(await objectOf('companies').find?.(bench.ctx, 'domain', values)).toEqual(
    new Map(values.map((value) => [value, [id]])),
  )
  const row: Row = { marker: 'a', fields: { name: 'spelled', domain: 'http://spelled.example.com' } }
  expect(await objectOf('companies').locate?.(bench.ctx, row)).toEqual([id])
})

test('a property that the portal has made unique is read straight from the records', async () => {
  bench = await openBench()
  bench.sim.addUniqueProperty('company', 'customer_number')
  bench.sim.indexLagMs = LAG_MS
  const [outcome] =
    (await objectOf('companies').create?.(bench.ctx, [
      { marker: 'a', fields: { name: 'Numbered', customer_number: 'K-17' } },
    ])) ?? []
  const found = await objectOf('companies').find?.(bench.ctx, 'customer_number', ['k-17'])
  expect(found?.get('k-17')).toEqual([outcome?.ok === true ? outcome.remoteId : ''])
  expect(bench.sim.log.some(({ path }) => path.endsWith('/search'))).toBe(false)
})

test('a contact whose create was never answered is found by its address', async () => {
  bench = await openBench()
  bench.sim.indexLagMs = LAG_MS
  const row: Row = { marker: 'a', fields: { email: 'Unheard@example.com', firstname: 'Un' } }
  await createUnheard('contacts', row)
  expect(await objectOf('contacts').locate?.(bench.ctx, row)).toEqual(
    (await bench.sim.truth('contact')).map(({ id }) => id),
  )
})

test('a call whose create was never answered is found among the calls of its contact, although the index lags', async () => {
  bench = await openBench({ associationPageSize: 3 })
  bench.sim.indexLagMs = LAG_MS
  const person = { type: 'contact', remoteId: await bench.sim.add('contact', { email: 'busy@example.com' }) } as const
  for (let index = 0; index < 8; index += 1)
    await bench.sim.add('activity', { started_at: at(0), subject: 'Same' }, [person])
  const row: Row = { marker: 'call/9', fields: { hs_timestamp: at(0), hs_call_title: 'Same' }, links: [person] }
  expect(await objectOf('calls').locate?.(bench.ctx, row)).toEqual([])
  await createUnheard('calls', row)
  const found = await objectOf('calls').locate?.(bench.ctx, row)
  expect(found).toEqual([(await bench.sim.truth('activity')).at(-1)?.id])
  expect(bench.sim.log.some(({ path }) => path.endsWith('/search'))).toBe(false)
})

test('a call that is linked with nothing is found at the newest end of the list, and later through the index', async () => {
  bench = await openBench()
  for (let index = 0; index < 130; index += 1)
    await bench.sim.add('activity', { started_at: at(index), subject: 'Earlier' })
  bench.pass(3_600_000)
  bench.sim.indexLagMs = LAG_MS
  const row: Row = { marker: 'lonely', fields: { hs_timestamp: at(0), hs_call_title: 'Alone' } }
  await createUnheard('calls', row)
  const [newest] = (await bench.sim.truth('activity')).slice(-1)
  expect(await objectOf('calls').locate?.(bench.ctx, row)).toEqual([newest?.id])
  bench.pass(7_200_000)
  expect(await objectOf('calls').locate?.(bench.ctx, row)).toEqual([newest?.id])
  expect(await objectOf('calls').locate?.(bench.ctx, { ...row, marker: 'other' })).toEqual([])
})

test('records without anything unique are found by all that was written, among what is no older than a day', async () => {
  bench = await openBench()
  await bench.sim.add('company', { name: 'Twin Ltd', phone: '+390612345678' })
  bench.pass(2 * 86_400_000)
  bench.sim.indexLagMs = LAG_MS
  const row: Row = { marker: 'a', fields: { name: 'Twin Ltd', phone: '+390612345678' } }
  expect(await objectOf('companies').locate?.(bench.ctx, row)).toEqual([])
  await createUnheard('companies', row)
  const made = (await bench.sim.truth('company')).at(-1)?.id
  expect(await objectOf('companies').locate?.(bench.ctx, row)).toEqual([made])
  bench.pass(3_600_000)
  expect(await objectOf('companies').locate?.(bench.ctx, row)).toEqual([made])
  const other: Row = { marker: 'b', fields: { name: 'Twin Ltd', phone: '+390600000000' } }
  expect(await objectOf('companies').locate?.(bench.ctx, other)).toEqual([])
})

test('where the portal has a reference property, every create bears the marker in it and is found by that alone', async () => {
  bench = await openBench()
  bench.sim.addUniqueProperty('company', REFERENCE_PROPERTY)
  bench.sim.indexLagMs = LAG_MS
  const row: Row = { marker: 'host/company/1', fields: { name: 'Referenced' } }
  await createUnheard('companies', row)
  const [made] = await bench.sim.truth('company')
  expect(await objectOf('companies').locate?.(bench.ctx, row)).toEqual([made?.id])
  const again = await objectOf('companies').create?.(bench.ctx, [row])
  expect(again).toMatchObject([{ ok: false, kind: 'conflict', existingIds: [made?.id] }])
  expect(await bench.sim.truth('company')).toHaveLength(1)
})

test('records are read by id past the index, a hundred a call, and what is not there is left out', async () => {
  bench = await openBench()
  bench.sim.indexLagMs = LAG_MS
  const ids: string[] = []
  for (let index = 0; index < 120; index += 1)
    ids.push(await bench.sim.add('contact', { email: `c${index}@example.com` }))
  await bench.sim.remove('contact', ids[5] ?? '')
  const before = bench.sim.calls()
  const read = await objectOf('contacts').read?.(bench.ctx, [...ids, '999', 'not-an-id'], ['email'])
  expect(new Set(read?.map(({ id }) => id))).toEqual(new Set(ids.filter((_, index) => index !== 5)))
  expect(bench.sim.calls() - before).toBe(2)
})

test('links are read to the last page, the primary company first, and records without any have none', async () => {
  bench = await openBench({ associationPageSize: 2 })
  const companies: string[] = []
  for (let index = 0; index < 5; index += 1) companies.push(await bench.sim.add('company', { name: `C${index}` }))
  const person = await bench.sim.add('contact', { email: 'many@example.com' })
  const lonely = await bench.sim.add('contact', { email: 'lonely@example.com' })
  for (const company of companies) bench.sim.link('contact', person, 'company', company, company === companies[3])
  const links = await objectOf('contacts').links?.(bench.ctx, [person, lonely], ['company', 'deal'])
  expect(links?.get(person)?.map(({ remoteId }) => remoteId)).toEqual([3, 0, 1, 2, 4].map((index) => companies[index]))
  expect(links?.get(lonely)).toEqual([])
})
