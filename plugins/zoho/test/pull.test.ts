import { afterEach, expect, test } from 'vitest'
import { at, type Bench, contextOf, createOne, objectOf, openBench, pullAll, readOne } from './context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const WINDOW = { from: at(-3_600_000), to: at(3_600_000) }
const queries = () => bench.sim.log.filter(({ path }) => path.endsWith('/coql'))
const lists = () => bench.sim.log.filter(({ path }) => /\/crm\/v8\/[A-Z][a-z]+$/.test(path))

const addContacts = async (count: number) => {
  const ids: string[] = []
  for (let index = 0; index < count; index += 1)
    ids.push(await bench.sim.add('contact', { last_name: `Person ${index}`, email: `p${index}@example.com` }))
  return ids
}

test('a window is read by a query in the order of ids, so a mass edit of one second is no obstacle', async () => {
  bench = await openBench()
  const ids = await addContacts(450)
  const { records, pages } = await pullAll(bench.ctx, 'Contacts', ['Email'], { window: WINDOW, limit: 200 })
  expect(records.map(({ id }) => id)).toEqual(ids)
  expect(pages).toBe(3)
  expect(queries()[1]?.requestBody).toMatch(
    /\(\(Modified_Time >= '.*\+00:00' and Modified_Time < '.*\+00:00'\) and id > '\d{19}'\) order by id asc limit 200/,
  )
})

test('one query brings up to 2,000 records', async () => {
  bench = await openBench()
  await addContacts(450)
  const { pages } = await pullAll(bench.ctx, 'Contacts', ['Email'])
  expect(pages).toBe(1)
  expect(queries()).toHaveLength(1)
})

test('nothing there and nothing changed are empty answers without a body', async () => {
  bench = await openBench()
  const empty = await objectOf('Notes').pull?.(bench.ctx, { fields: ['Note_Title'], limit: 200 })
  expect(empty).toEqual({ records: [], next: undefined })
  const unchanged = await objectOf('Notes').pull?.(bench.ctx, { fields: ['Note_Title'], limit: 200, window: WINDOW })
  expect(unchanged?.records).toEqual([])
  expect(lists().map(({ status }) => status)).toEqual([204, 304])
  expect(await objectOf('Deals').pull?.(bench.ctx, { fields: ['Deal_Name'], limit: 200 })).toEqual({
    records: [],
    next: undefined,
  })
})

test('stamps are instants, whatever offset each record shows them in', async () => {
  bench = await openBench({ mixedOffsets: true })
  await addContacts(8)
  const { records } = await pullAll(bench.ctx, 'Contacts', ['Created_Time'], { window: { from: at(0), to: at(1_000) } })
  expect(records.map(({ updatedAt }) => updatedAt)).toEqual(Array.from({ length: 8 }, () => at(0)))
  expect(records.map(({ fields }) => fields['Created_Time'])).toEqual(Array.from({ length: 8 }, () => at(0)))
})

test('without the scope for queries the list is read, and loses nothing where 450 records share a second', async () => {
  bench = await openBench()
  const ids = await addContacts(450)
  const { accessToken } = bench.sim.signIn(['ZohoCRM.modules.contacts.READ', 'ZohoCRM.settings.fields.READ'])
  const narrow = contextOf(bench.ctx.settings, accessToken, bench.ctx.now)
  const { records } = await pullAll(narrow, 'Contacts', ['Email'], { window: WINDOW, limit: 100 })
  expect(records.map(({ id }) => id).sort()).toEqual(ids)
  expect(records).toHaveLength(450)
})

test('the list skips nothing when a record goes while it is read', async () => {
  bench = await openBench()
  const links = [{ type: 'contact' as const, remoteId: await bench.sim.add('contact', { last_name: 'Host' }) }]
  const ids: string[] = []
  for (let index = 0; index < 9; index += 1) {
    ids.push(await bench.sim.add('activity', { kind: 'note', subject: `Note ${index}`, body: 'x' }, links))
    if (index % 3 === 2) bench.pass(1_000)
  }
  const first = await objectOf('Notes').pull?.(bench.ctx, { fields: [], limit: 4 })
  await bench.sim.remove('activity', ids[0] ?? '')
  const rest = []
  for (let cursor = first?.next; cursor !== undefined; ) {
    const page = await objectOf('Notes').pull?.(bench.ctx, { fields: [], limit: 4, cursor })
    rest.push(...(page?.records ?? []))
    cursor = page?.next
  }
  expect([...(first?.records ?? []), ...rest].map(({ id }) => id)).toEqual(ids)
})

test('the list is followed by its page tokens beyond 2,000 records', async () => {
  bench = await openBench()
  await addContacts(2_150)
  const { accessToken } = bench.sim.signIn(['ZohoCRM.modules.contacts.READ'])
  const narrow = contextOf(bench.ctx.settings, accessToken, bench.ctx.now)
  const { records } = await pullAll(narrow, 'Contacts', [], { limit: 2_000 })
  expect(new Set(records.map(({ id }) => id)).size).toBe(2_150)
})

test('a field that has vanished is told by name', async () => {
  bench = await openBench()
  await addContacts(1)
  const pull = objectOf('Contacts').pull?.(bench.ctx, { fields: ['Email', 'Gone__c'], limit: 10 })
  await expect(pull).rejects.toMatchObject({ kind: 'schema', field: 'Gone__c' })
})

test('a column that queries refuse is brought by the list, and the ids still by the query', async () => {
  bench = await openBench()
  bench.sim.addField('Contacts', 'Reminder_Rule', { type: 'RRULE' })
  const ids = await addContacts(3)
  const { records } = await pullAll(bench.ctx, 'Contacts', ['Email', 'Reminder_Rule'], { window: WINDOW })
  expect(records.map(({ id }) => id)).toEqual(ids)
  expect(records[0]?.fields).toEqual({ Email: 'p0@example.com', Reminder_Rule: null })
})

test('a server that gives 200 rows to a query is asked for 200', async () => {
  bench = await openBench()
  await addContacts(250)
  const reply = {
    status: 400,
    body: { code: 'LIMIT_EXCEEDED', details: { limit: 200 }, message: 'limit exceeded', status: 'error' },
  }
  bench.sim.faults.add({ path: /coql/, body: /limit 2000/, effect: { kind: 'reply', when: 'before', reply } })
  const { records, pages } = await pullAll(bench.ctx, 'Contacts', ['Email'])
  expect([records.length, pages]).toEqual([250, 2])
  expect(queries().filter(({ status }) => status === 400)).toHaveLength(1)
})

test('more than fifty fields are never sent', async () => {
  bench = await openBench()
  const fields = Array.from({ length: 60 }, (_, index) => `Field_${index}`)
  await expect(objectOf('Contacts').pull?.(bench.ctx, { fields, limit: 10 })).rejects.toMatchObject({ kind: 'invalid' })
  expect(bench.sim.calls()).toBe(0)
})

test('a converted lead is gone, and names the contact in its place', async () => {
  bench = await openBench()
  const lead = await bench.sim.addLead({ last_name: 'Lead', email: 'lead@example.com', company: 'Acme' })
  const other = await bench.sim.addLead({ last_name: 'Other' })
  bench.pass(60_000)
  const { contactId } = await bench.sim.convertLead(lead)
  const gone = { id: lead, deletedAt: at(60_000), mergedInto: { object: 'Contacts', id: contactId } }
  const { records } = await pullAll(bench.ctx, 'Leads', ['Email'], { window: WINDOW })
  expect(records.find(({ id }) => id === lead)).toMatchObject(gone)
  expect(await readOne(bench.ctx, 'Leads', lead, ['Email'])).toMatchObject(gone)
  const stamps = await objectOf('Leads').stamps?.(bench.ctx, { limit: 100 })
  expect(stamps?.rows.map(({ id }) => id)).toEqual([other])
  expect((await objectOf('Leads').find?.(bench.ctx, 'Email', ['lead@example.com']))?.size).toBe(0)
})

test('a converted lead that no query and no list shows is told with the deleted ones', async () => {
  bench = await openBench({ queriesConvertedLeads: false })
  const [lead, deleted] = [
    await bench.sim.addLead({ last_name: 'Lead', company: 'Acme' }),
    await bench.sim.addLead({ last_name: 'D' }),
  ]
  bench.pass(60_000)
  const { contactId } = await bench.sim.convertLead(lead)
  await bench.sim.remove('contact', deleted)
  const found = []
  let cursor: string | undefined
  do {
    const page = await objectOf('Leads').deleted?.page(bench.ctx, {
      limit: 100,
      window: WINDOW,
      ...(cursor === undefined ? {} : { cursor }),
    })
    found.push(...(page?.records ?? []))
    cursor = page?.next
  } while (cursor !== undefined)
  expect(found.map(({ id }) => id)).toEqual([deleted, lead])
  expect(found[1]?.mergedInto).toEqual({ object: 'Contacts', id: contactId })
})

test('deleted records are told from a time on, those in the bin and those that are gone for good', async () => {
  bench = await openBench()
  const [early, binned, purged] = await addContacts(3)
  await bench.sim.remove('contact', early ?? '')
  bench.pass(1_800_000)
  await bench.sim.remove('contact', binned ?? '', 'archive')
  await bench.sim.remove('contact', purged ?? '')
  bench.sim.purge('contact', purged ?? '')
  const page = await objectOf('Contacts').deleted?.page(bench.ctx, {
    limit: 200,
    window: { from: at(1_000), to: at(7_200_000) },
  })
  expect(page?.records.map(({ id }) => id).sort()).toEqual([binned, purged])
  expect(page?.records.map(({ deletedAt }) => deletedAt)).toEqual([at(1_800_000), at(1_800_000)])
  const nothing = await objectOf('Contacts').deleted?.page(bench.ctx, {
    limit: 200,
    window: { from: at(7_000_000), to: at(7_200_000) },
  })
  expect(nothing?.records).toEqual([])
})

test('a rich text that the list has cut off is read whole', async () => {
  bench = await openBench()
  bench.sim.addField('Contacts', 'Story', { type: 'richtext', length: 50_000, rich: true })
  const story = `<p>${'long '.repeat(300)}</p>`
  const id = await createOne(bench.ctx, 'Contacts', { marker: 'm', fields: { Last_Name: 'Teller', Story: story } })
  const fresh = contextOf(bench.ctx.settings, String(bench.sim.connection.credentials['accessToken']), bench.ctx.now)
  expect((await readOne(fresh, 'Contacts', id, ['Story']))?.fields['Story']).toBe(story)
  expect(bench.sim.log.at(-1)?.path).toBe(`/crm/v8/Contacts/${id}`)
})

test('notes that this user may not list switch off notes alone', async () => {
  bench = await openBench({ isAdministrator: false })
  await addContacts(1)
  await expect(pullAll(bench.ctx, 'Notes', ['Note_Title'])).rejects.toMatchObject({ kind: 'forbidden' })
  expect((await pullAll(bench.ctx, 'Contacts', ['Email'])).records).toHaveLength(1)
})

test('records are found by value at once, whatever the search index shows', async () => {
  bench = await openBench()
  bench.sim.indexLagMs = 600_000
  const id = await bench.sim.add('company', { name: "Miller's", domain: 'https://www.miller.example/' })
  expect(await objectOf('Accounts').find?.(bench.ctx, 'domain', ['miller.example'])).toEqual(
    new Map([['miller.example', [id]]]),
  )
  expect(await objectOf('Accounts').find?.(bench.ctx, 'Account_Name', ["MILLER'S", 'none'])).toEqual(
    new Map([["MILLER'S", [id]]]),
  )
  expect(bench.sim.log.some(({ path }) => path.endsWith('/search'))).toBe(false)
})

test('more values than one IN takes are asked for in several queries', async () => {
  bench = await openBench()
  await addContacts(120)
  const values = Array.from({ length: 120 }, (_, index) => `P${index}@example.com`)
  const found = await objectOf('Contacts').find?.(bench.ctx, 'Email', values)
  expect(found?.size).toBe(120)
})
