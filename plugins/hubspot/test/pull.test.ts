import { afterEach, expect, test } from 'vitest'
import { at, type Bench, objectOf, openBench, pullAll } from './context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const EVERYTHING = { from: at(-40 * 86_400_000), to: at(0) }

test('the list gives every record once, with its company, in pages of 100', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 250, companies: 20 })
  const { records, pages } = await pullAll(bench.ctx, 'contacts', ['email', 'firstname'])
  const truth = await bench.sim.truth('contact')
  expect(pages).toBe(3)
  expect(records.map(({ id }) => id)).toEqual(truth.map(({ id }) => id))
  expect(records.map(({ links }) => links)).toEqual(truth.map(({ links }) => links))
  expect(records.map(({ fields }) => fields['email'])).toEqual(truth.map(({ data }) => data['email']))
  expect(records.map(({ updatedAt }) => updatedAt)).toEqual(truth.map(({ updatedAt }) => updatedAt))
})

test('a scan by time gives more than the 10,000 records at which a search ends, many of one millisecond', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 20_600, companies: 10 })
  const { records, pages } = await pullAll(bench.ctx, 'contacts', ['email'], EVERYTHING)
  expect(new Set(records.map(({ id }) => id)).size).toBe(20_600)
  expect(records).toHaveLength(20_600)
  expect(pages).toBeLessThanOrEqual(104)
  const stamps = records.map(({ updatedAt }) => updatedAt)
  expect(stamps.filter((stamp) => stamp === stamps[0]).length).toBeGreaterThan(10_000)
})

test('a window holds what changed at its beginning and not what changed at its end', async () => {
  bench = await openBench()
  const first = await bench.sim.add('company', { name: 'First' })
  bench.pass(1_000)
  const second = await bench.sim.add('company', { name: 'Second' })
  const { records } = await pullAll(bench.ctx, 'companies', ['name'], { from: at(0), to: at(1_000) })
  expect(records.map(({ id }) => id)).toEqual([first])
  const later = await pullAll(bench.ctx, 'companies', ['name'], { from: at(1_000), to: at(2_000) })
  expect(later.records.map(({ id }) => id)).toEqual([second])
})

test('a scan asks for nothing outside its window, so that it ends while others go on changing records', async () => {
  bench = await openBench()
  bench.pass(5_000)
  for (let index = 0; index < 5; index += 1) await bench.sim.add('company', { name: `Later ${index}` })
  const page = await objectOf('companies').pull?.(bench.ctx, {
    fields: [],
    limit: 3,
    window: { from: at(0), to: at(1_000) },
  })
  expect(page).toEqual({ records: [], total: 0 })
})

test('a record that changes while the scan goes on belongs to the next window', async () => {
  bench = await openBench()
  const id = await bench.sim.add('contact', { email: 'moving@example.com' })
  bench.pass(60_000)
  bench.sim.indexLagMs = 30_000
  await bench.sim.edit('contact', id, { title: 'Moved' })
  const early = await pullAll(bench.ctx, 'contacts', ['jobtitle'], { from: at(0), to: at(60_000) })
  expect(early.records).toEqual([])
  bench.pass(60_000)
  const next = await pullAll(bench.ctx, 'contacts', ['jobtitle'], { from: at(0), to: at(120_000) })
  expect(next.records.map(({ fields }) => fields['jobtitle'])).toEqual(['Moved'])
})

test('contacts are asked for by lastmodifieddate and everything else by hs_lastmodifieddate', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Plain' })
  const link = { type: 'company', remoteId: company } as const
  await bench.sim.add('contact', { email: 'plain@example.com' }, [link])
  await bench.sim.add('activity', { started_at: at(0), subject: 'Plain' }, [link])
  bench.pass(1)
  for (const name of ['contacts', 'companies', 'calls']) {
    const { records } = await pullAll(bench.ctx, name, [], { from: at(0), to: at(1) })
    expect(records, name).toHaveLength(1)
  }
})

test('the stamps of a pull and of a look at the stamps agree, with and without a window', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 320, companies: 5 })
  const contacts = objectOf('contacts')
  for (const window of [undefined, EVERYTHING]) {
    const rows: { id: string; updatedAt?: string }[] = []
    let cursor: string | undefined
    do {
      const page = await contacts.stamps?.(bench.ctx, {
        limit: 200,
        ...(window && { window }),
        ...(cursor && { cursor }),
      })
      rows.push(...(page?.rows ?? []))
      cursor = page?.next
    } while (cursor !== undefined)
    const { records } = await pullAll(bench.ctx, 'contacts', ['email'], window)
    expect(rows).toEqual(records.map(({ id, updatedAt }) => ({ id, updatedAt })))
    expect(rows).toHaveLength(320)
  }
})

test('the stamps of everything do not wait for the search index', async () => {
  bench = await openBench()
  bench.sim.indexLagMs = 60_000
  const id = await bench.sim.add('company', { name: 'Unindexed' })
  const page = await objectOf('companies').stamps?.(bench.ctx, { limit: 200 })
  expect(page?.rows.map((row) => row.id)).toEqual([id])
})

test('only the mapped fields come back, and those without a value as null', async () => {
  bench = await openBench()
  await bench.sim.add('contact', { email: 'few@example.com', first_name: 'Few' })
  const { records } = await pullAll(bench.ctx, 'contacts', ['email', 'phone', 'no_such_property'])
  expect(records[0]?.fields).toEqual({ email: 'few@example.com', phone: null, no_such_property: null })
})

test('a list of fields too long for an address is read through a body, with the same result', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 130, companies: 5 })
  const many = Array.from({ length: 700 }, (_, index) => `some_rather_long_property_name_${index}`)
  const { records, pages } = await pullAll(bench.ctx, 'contacts', ['email', ...many])
  const plain = await pullAll(bench.ctx, 'contacts', ['email'])
  expect(pages).toBe(2)
  expect(records.map(({ id, links, fields }) => [id, links, fields['email']])).toEqual(
    plain.records.map(({ id, links, fields }) => [id, links, fields['email']]),
  )
  expect(bench.sim.log.filter(({ status }) => status === 414)).toEqual([])
})

test('a deletion during the scan skips nothing', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 250, companies: 2 })
  const contacts = objectOf('contacts')
  const first = await contacts.pull?.(bench.ctx, { fields: ['email'], limit: 100 })
  for (const record of first?.records.slice(0, 50) ?? []) await bench.sim.remove('contact', record.id)
  const next = first?.next ?? ''
  await bench.sim.remove('contact', next)
  const second = await contacts.pull?.(bench.ctx, { fields: ['email'], limit: 100, cursor: next })
  const third = await contacts.pull?.(bench.ctx, { fields: ['email'], limit: 100, cursor: second?.next ?? '' })
  const seen = [first, second, third].flatMap((page) => page?.records.map(({ id }) => id) ?? [])
  const truth = await bench.sim.truth('contact')
  expect(truth.filter(({ id }) => !seen.includes(id))).toEqual([])
})

test('archived records are named with the time, in pages, and never by the window that they were archived in', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 150, companies: 1 })
  const ids = (await bench.sim.truth('contact')).map(({ id }) => id)
  bench.pass(5_000)
  for (const id of ids.slice(0, 120)) await bench.sim.remove('contact', id)
  const { deleted } = objectOf('contacts')
  const first = await deleted?.page(bench.ctx, { limit: 200 })
  const second = await deleted?.page(bench.ctx, { limit: 200, cursor: first?.next ?? '' })
  const gone = [...(first?.records ?? []), ...(second?.records ?? [])]
  expect(deleted?.scope).toBe('full')
  expect(gone.map(({ id }) => id)).toEqual(ids.slice(0, 120))
  expect(new Set(gone.map(({ deletedAt }) => deletedAt))).toEqual(new Set([at(5_000)]))
  const delta = await pullAll(bench.ctx, 'contacts', ['email'], { from: at(0), to: at(10_000) })
  expect(delta.records).toEqual([])
})

test('a record that took in others names their ids, under its old id or a new one', async () => {
  for (const mergeMakesNewId of [false, true]) {
    bench = await openBench({ mergeMakesNewId })
    const kept = await bench.sim.add('contact', { email: 'kept@example.com' })
    const gone = await bench.sim.add('contact', { email: 'gone@example.com' })
    bench.pass(1_000)
    const survivor = await bench.sim.merge('contact', kept, gone)
    const { records } = await pullAll(bench.ctx, 'contacts', ['email'], { from: at(1_000), to: at(2_000) })
    expect(records.map(({ id, mergedIds }) => [id, mergedIds])).toEqual([
      [survivor, mergeMakesNewId ? [kept, gone] : [gone]],
    ])
    const read = await objectOf('contacts').read?.(bench.ctx, [gone], ['email'])
    expect(read?.map(({ id, mergedIds }) => [id, mergedIds?.includes(gone)])).toEqual([[survivor, true]])
    if (!mergeMakesNewId) await bench.sim.stop()
  }
})

test('a search that counts records and shows none is no end', async () => {
  bench = await openBench()
  bench.sim.faults.add({
    path: /\/search$/,
    effect: { kind: 'reply', when: 'before', reply: { body: { total: 7, results: [] } } },
  })
  await expect(pullAll(bench.ctx, 'contacts', ['email'], EVERYTHING)).rejects.toMatchObject({ kind: 'unavailable' })
})

test('records come without a word about links where the other end may not be seen', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Hidden' })
  await bench.sim.add('contact', { email: 'seen@example.com' }, [{ type: 'company', remoteId: company }])
  bench.sim.setKeyScopes(['oauth', 'crm.objects.contacts.read'])
  const { records } = await pullAll(bench.ctx, 'contacts', ['email'])
  expect(records.map(({ fields, links }) => [fields['email'], links])).toEqual([['seen@example.com', undefined]])
})
