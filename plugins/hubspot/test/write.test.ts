import { isCrmError, type Row } from '@raccordo/core/plugin'
import { afterEach, expect, test } from 'vitest'
import { at, type Bench, objectOf, openBench, pullAll } from './context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const contact = (marker: string, email: string | null, more: object = {}): Row => ({
  marker,
  fields: { email, firstname: 'Ada', ...more },
})

test('outcomes stand in the order of the rows, whatever order HubSpot answers in', async () => {
  for (const echoesTraceIds of [false, true]) {
    bench = await openBench({ echoesTraceIds })
    const rows = Array.from({ length: 40 }, (_, index) => contact(`m${index}`, `Person.${index}@Example.com`))
    const outcomes = (await objectOf('contacts').create?.(bench.ctx, rows)) ?? []
    const truth = new Map((await bench.sim.truth('contact')).map((record) => [record.id, record.data['email']]))
    expect(outcomes.map((outcome) => outcome.ok && truth.get(outcome.remoteId))).toEqual(
      rows.map((_, index) => `person.${index}@example.com`),
    )
    expect(bench.sim.calls()).toBe(2)
    if (!echoesTraceIds) await bench.sim.stop()
  }
})

test('one bad row of a batch fails alone, in the words of HubSpot and with the field', async () => {
  bench = await openBench()
  const rows = [
    contact('a', 'a@example.com'),
    contact('b', 'not an address'),
    contact('c', 'c@example.com', { no_such_field: 'x' }),
    contact('d', 'd@example.com'),
  ]
  const outcomes = await objectOf('contacts').create?.(bench.ctx, rows)
  expect(outcomes).toMatchObject([
    { ok: true },
    { ok: false, kind: 'invalid', field: 'email', vendorCode: 'INVALID_EMAIL' },
    { ok: false, kind: 'schema', field: 'no_such_field', vendorCode: 'PROPERTY_DOESNT_EXIST' },
    { ok: true },
  ])
  expect(await bench.sim.truth('contact')).toHaveLength(2)
})

test('a conflict names the record that is there, found by its main or an additional address', async () => {
  bench = await openBench()
  const first = await bench.sim.add('contact', { email: 'first@example.com' })
  const second = await bench.sim.add('contact', { email: 'second@example.com' })
  const survivor = await bench.sim.merge('contact', first, second)
  const rows = [contact('a', 'SECOND@example.com'), contact('b', 'new@example.com'), contact('c', 'first@example.com')]
  const outcomes = await objectOf('contacts').create?.(bench.ctx, rows)
  expect(outcomes).toMatchObject([
    { ok: false, kind: 'conflict', existingIds: [survivor] },
    { ok: true, created: true },
    { ok: false, kind: 'conflict', existingIds: [survivor] },
  ])
})

test('a conflict without an id is completed by the e-mail address where one row is concerned', async () => {
  bench = await openBench()
  const id = await bench.sim.add('contact', { email: 'there@example.com' })
  const body = { status: 'error', message: 'Contact already exists', category: 'CONFLICT' }
  bench.sim.faults.add({
    method: 'POST',
    path: '/crm/objects/:version/contacts',
    effect: { kind: 'reply', when: 'before', reply: { status: 409, body } },
  })
  const outcomes = await objectOf('contacts').create?.(bench.ctx, [contact('a', 'there@example.com')])
  expect(outcomes).toMatchObject([{ ok: false, kind: 'conflict', existingIds: [id] }])
})

test('a batch that is refused as a whole is thrown as a conflict that names no id, so that it is halved', async () => {
  bench = await openBench()
  const body = { status: 'error', message: 'Contact already exists. Existing ID: 12', category: 'CONFLICT' }
  bench.sim.faults.add({
    path: /batch\/create$/,
    effect: { kind: 'reply', when: 'before', reply: { status: 409, body } },
  })
  const rows = [contact('a', 'a@example.com'), contact('b', 'b@example.com')]
  const error: unknown = await Promise.resolve(objectOf('contacts').create?.(bench.ctx, rows)).catch(
    (thrown: unknown) => thrown,
  )
  expect(isCrmError(error) && [error.kind, error.existingIds]).toEqual(['conflict', undefined])
})

test('rows that nothing tells apart are created one by one and each gets its own record', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Linked' })
  const rows: Row[] = [
    { marker: 'a', fields: { firstname: 'Twin' } },
    { marker: 'b', fields: { firstname: 'Twin' }, links: [{ type: 'company', remoteId: company }] },
  ]
  const outcomes = (await objectOf('contacts').create?.(bench.ctx, rows)) ?? []
  const ids = outcomes.map((outcome) => (outcome.ok ? outcome.remoteId : ''))
  const truth = await bench.sim.truth('contact')
  expect(new Set(ids).size).toBe(2)
  expect(truth.find(({ id }) => id === ids[1])?.links).toEqual([{ type: 'company', remoteId: company }])
  expect(truth.find(({ id }) => id === ids[0])?.links).toEqual([])
})

test('a row without anything that identifies it goes alone beside a batch of others', async () => {
  bench = await openBench()
  const rows: Row[] = [
    contact('a', 'a@example.com'),
    { marker: 'b', fields: { firstname: 'Only' } },
    contact('c', 'c@example.com'),
  ]
  const outcomes = (await objectOf('contacts').create?.(bench.ctx, rows)) ?? []
  const truth = await bench.sim.truth('contact')
  const made = outcomes.map((outcome) => truth.find(({ id }) => outcome.ok && id === outcome.remoteId)?.data)
  expect(made).toMatchObject([
    { email: 'a@example.com' },
    { first_name: 'Only', email: null },
    { email: 'c@example.com' },
  ])
})

test('companies whose domain HubSpot rewrites are still told apart in one batch', async () => {
  bench = await openBench()
  const rows: Row[] = ['One', 'Two', 'Three'].map((name) => ({
    marker: name,
    fields: { name, domain: `https://www.${name}.example.com/start` },
  }))
  const outcomes = (await objectOf('companies').create?.(bench.ctx, rows)) ?? []
  const truth = await bench.sim.truth('company')
  const names = outcomes.map((outcome) => truth.find(({ id }) => outcome.ok && id === outcome.remoteId)?.data)
  expect(names).toMatchObject([
    { name: 'One', domain: 'one.example.com' },
    { name: 'Two', domain: 'two.example.com' },
    { name: 'Three', domain: 'three.example.com' },
  ])
})

test('a row that the answer says nothing of is a failure with an unknown outcome', async () => {
  bench = await openBench()
  const reply = { status: 207, body: { status: 'COMPLETE', results: [], errors: [] } }
  bench.sim.faults.add({ path: /batch\/create$/, effect: { kind: 'reply', when: 'after', reply } })
  const outcomes = await objectOf('contacts').create?.(bench.ctx, [
    contact('a', 'a@x.example.com'),
    contact('b', 'b@x.example.com'),
  ])
  expect(outcomes).toMatchObject([
    { ok: false, unknownOutcome: true },
    { ok: false, unknownOutcome: true },
  ])
})

test('an update leaves absent fields, clears null ones and changes each record once', async () => {
  bench = await openBench()
  const ids = await Promise.all(
    ['x', 'y'].map((name) =>
      bench.sim.add('contact', { email: `${name}@example.com`, first_name: name, title: 'Buyer' }),
    ),
  )
  bench.pass(1_000)
  const rows = ids.map((remoteId) => ({ marker: remoteId, remoteId, fields: { jobtitle: null, lastname: 'Changed' } }))
  const outcomes = await objectOf('contacts').update?.(bench.ctx, rows)
  expect(outcomes).toEqual(ids.map((remoteId) => ({ ok: true, remoteId, created: false, updatedAt: at(1_000) })))
  expect(await bench.sim.truth('contact')).toMatchObject([
    { data: { first_name: 'x', last_name: 'Changed', title: null } },
    { data: { first_name: 'y', last_name: 'Changed', title: null } },
  ])
})

test('a record that is gone is not found, and one bad update spoils no other', async () => {
  bench = await openBench()
  const gone = await bench.sim.add('contact', { email: 'gone@example.com' })
  const kept = await bench.sim.add('contact', { email: 'kept@example.com' })
  const other = await bench.sim.add('contact', { email: 'other@example.com' })
  await bench.sim.remove('contact', gone)
  const outcomes = await objectOf('contacts').update?.(bench.ctx, [
    { marker: 'a', remoteId: gone, fields: { firstname: 'A' } },
    { marker: 'b', remoteId: kept, fields: { firstname: 'B' } },
    { marker: 'c', remoteId: other, fields: { email: 'kept@example.com' } },
  ])
  expect(outcomes).toMatchObject([
    { ok: false, kind: 'not_found' },
    { ok: true, remoteId: kept },
    { ok: false, kind: 'conflict', existingIds: [kept] },
  ])
})

test('an update of a merged record, which batches drop in silence, reaches the record that took it in', async () => {
  bench = await openBench()
  const kept = await bench.sim.add('contact', { email: 'kept@example.com' })
  const merged = await bench.sim.add('contact', { email: 'merged@example.com' })
  const other = await bench.sim.add('contact', { email: 'other@example.com' })
  await bench.sim.merge('contact', kept, merged)
  const outcomes = await objectOf('contacts').update?.(bench.ctx, [
    { marker: 'a', remoteId: merged, fields: { jobtitle: 'Moved on' } },
    { marker: 'b', remoteId: other, fields: { jobtitle: 'Stayed' } },
  ])
  expect(outcomes).toMatchObject([
    { ok: true, remoteId: kept },
    { ok: true, remoteId: other },
  ])
  expect((await bench.sim.truth('contact')).find(({ id }) => id === kept)?.data['title']).toBe('Moved on')
})

test('links arrive with an update, in one call for many and one by one where a batch is refused', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Target' })
  const ids = await Promise.all(
    ['x', 'y', 'z'].map((name) => bench.sim.add('contact', { email: `${name}@example.com` })),
  )
  const link = { type: 'company', remoteId: company } as const
  const rows = ids.map((remoteId) => ({ marker: remoteId, remoteId, fields: {}, links: [link] }))
  const before = bench.sim.calls()
  expect(await objectOf('contacts').update?.(bench.ctx, rows)).toMatchObject(
    ids.map((remoteId) => ({ ok: true, remoteId })),
  )
  expect(bench.sim.calls() - before).toBe(2)
  expect((await bench.sim.truth('contact')).map(({ links }) => links)).toEqual([[link], [link], [link]])

  const stray = { type: 'company', remoteId: '1' } as const
  const [first, second] = rows
  if (first === undefined || second === undefined) throw new Error('no rows')
  const mixed = await objectOf('contacts').update?.(bench.ctx, [{ ...first, links: [stray] }, second])
  expect(mixed).toMatchObject([{ ok: false, kind: 'invalid' }, { ok: true }])
})

test('both layouts of paths lead to the same place', async () => {
  for (const apiVersion of ['v3', '2026-03', '2026-09']) {
    bench = await openBench({}, { apiVersion })
    const company = await bench.sim.add('company', { name: 'Same' })
    const link = { type: 'company', remoteId: company } as const
    const [outcome] = (await objectOf('contacts').create?.(bench.ctx, [contact('a', 'a@example.com')])) ?? []
    const remoteId = outcome?.ok === true ? outcome.remoteId : ''
    await objectOf('contacts').update?.(bench.ctx, [
      { marker: 'a', remoteId, fields: { jobtitle: 'CEO' }, links: [link] },
    ])
    const links = await objectOf('contacts').links?.(bench.ctx, [remoteId], ['company'])
    expect(links?.get(remoteId)).toEqual([link])
    bench.pass(1)
    const { records } = await pullAll(bench.ctx, 'contacts', ['jobtitle'], { from: at(0), to: at(1) })
    expect(records.map(({ fields }) => fields['jobtitle'])).toEqual(['CEO'])
    const paths = bench.sim.log.map(({ path }) => path)
    expect(
      paths.every((path) => path.includes(`/${apiVersion}/`) || (apiVersion === 'v3' && path.includes('/v4/'))),
    ).toBe(true)
    if (apiVersion !== '2026-09') await bench.sim.stop()
  }
})

test('a lock after mass writes is a lock, and the portal is asked again after two seconds', async () => {
  bench = await openBench()
  bench.sim.lock('contact')
  await expect(
    objectOf('contacts').create?.(bench.ctx, [contact('a', 'a@example.com'), contact('b', 'b@example.com')]),
  ).rejects.toMatchObject({ kind: 'locked', retryAfterMs: 2_000 })
  bench.pass(2_000)
  const outcomes = await objectOf('contacts').create?.(bench.ctx, [contact('a', 'a@example.com')])
  expect(outcomes).toMatchObject([{ ok: true }])
})

test('a company that is pushed to a contact beside others becomes the primary one, and the others stay', async () => {
  bench = await openBench()
  const [first, second] = await Promise.all(['First', 'Second'].map((name) => bench.sim.add('company', { name })))
  if (first === undefined || second === undefined) throw new Error('no companies')
  const former = { type: 'company', remoteId: first } as const
  const latter = { type: 'company', remoteId: second } as const
  const ids = await Promise.all(
    ['x', 'y'].map((name) => bench.sim.add('contact', { email: `${name}@example.com` }, [former])),
  )
  for (const some of [ids.slice(0, 1), ids]) {
    const rows = some.map((remoteId) => ({ marker: remoteId, remoteId, fields: {}, links: [latter] }))
    await objectOf('contacts').update?.(bench.ctx, rows)
    const truth = (await bench.sim.truth('contact')).filter(({ id }) => some.includes(id))
    expect(truth.map(({ links }) => links)).toEqual(some.map(() => [latter, former]))
  }
})
