import { afterEach, expect, test } from 'vitest'
import { type Bench, DAY_MS, openBench, START } from './simulator-context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const MINUTE_MS = 60_000
const LIST = '/crm/v8/Contacts?fields=Email,Modified_Time'
const since = (offsetMs: number, offset = '+00:00') => ({
  headers: {
    'if-modified-since': `${new Date(START + offsetMs).toISOString().slice(0, 19)}${offset}`,
  },
})
const addContact = (name: string) => bench.sim.add('contact', { last_name: name, email: `${name}@example.com` })
const idsOf = (answer: { body?: { data: { id: string }[] } }) => (answer.body?.data ?? []).map(({ id }) => id)

test('any version of the path leads to the same records', async () => {
  bench = await openBench()
  const id = await addContact('a')
  for (const version of ['v2', 'v2.1', 'v7', 'v8'])
    expect((await bench.call('GET', `/crm/${version}/Contacts/${id}`)).body.data[0].id, version).toBe(id)
})

test('ids are texts of 19 digits that no number can hold', async () => {
  bench = await openBench()
  const id = await addContact('a')
  expect(id).toMatch(/^\d{19}$/)
  expect(Number(id)).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
})

test('a list without fields, with more than fifty, or with pages over 200 is refused', async () => {
  bench = await openBench()
  const code = async (query: string) => (await bench.call('GET', `/crm/v8/Contacts${query}`)).body?.code
  expect(await code('')).toBe('REQUIRED_PARAM_MISSING')
  expect(await code(`?fields=${Array.from({ length: 51 }, (_, index) => `F${index}`).join(',')}`)).toBe(
    'LIMIT_EXCEEDED',
  )
  expect(await code('?fields=id&per_page=201')).toBe('LIMIT_EXCEEDED')
  expect(await code('?fields=id&sort_by=Email')).toBe('INVALID_DATA')
  expect((await bench.call('GET', '/crm/v8/Butterflies?fields=id')).body.code).toBe('INVALID_MODULE')
})

test('no records are 204, nothing changed is 304, and both are without a body', async () => {
  bench = await openBench()
  expect(await bench.call('GET', LIST)).toMatchObject({ status: 204, text: '' })
  await addContact('a')
  expect(await bench.call('GET', LIST, undefined, since(1_000))).toMatchObject({ status: 304, text: '' })
  expect(await bench.call('GET', `${LIST}&page=2`)).toMatchObject({ status: 204, text: '' })
})

test('If-Modified-Since includes its own second, in any offset or Z, and is not the date of HTTP', async () => {
  bench = await openBench()
  bench.pass(700)
  const id = await addContact('a')
  expect(idsOf(await bench.call('GET', LIST, undefined, since(0)))).toEqual([id])
  expect(idsOf(await bench.call('GET', LIST, undefined, since(-5 * 3_600_000, '-05:00')))).toEqual([id])
  expect((await bench.call('GET', LIST, undefined, since(1_000))).status).toBe(304)
  const zulu = { headers: { 'if-modified-since': '2026-11-02T09:00:00Z' } }
  expect(idsOf(await bench.call('GET', LIST, undefined, zulu))).toEqual([id])
  for (const header of ['Mon, 02 Nov 2026 09:00:00 GMT', '2026-11-02T09:00:00.000+00:00'])
    expect(
      (await bench.call('GET', LIST, undefined, { headers: { 'if-modified-since': header } })).body?.code,
      header,
    ).toBe('INVALID_DATA')
})

test('stamps are whole seconds in the offset of the organisation', async () => {
  bench = await openBench()
  bench.pass(999)
  const id = await addContact('a')
  const { body } = await bench.call('GET', `/crm/v8/Contacts/${id}?fields=Modified_Time`)
  expect(body.data[0]).toEqual({ id, Modified_Time: '2026-11-02T14:30:00+05:30' })
})

test('records of one list may carry different offsets, so that texts sort otherwise than instants', async () => {
  bench = await openBench({ mixedOffsets: true })
  for (const name of ['a', 'b', 'c']) {
    await addContact(name)
    bench.pass(1_000)
  }
  const { body } = await bench.call('GET', `${LIST}&sort_by=Modified_Time&sort_order=asc`)
  const stamps: string[] = body.data.map((row: { Modified_Time: string }) => row.Modified_Time)
  expect(new Set(stamps.map((stamp) => stamp.slice(-6))).size).toBe(3)
  expect([...stamps].sort()).not.toEqual(stamps)
  expect(stamps.map((stamp) => Date.parse(stamp))).toEqual([START, START + 1_000, START + 2_000])
})

test('pages by number end at record 2,000', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 2_010, companies: 0 })
  expect((await bench.call('GET', `${LIST}&page=10`)).body.info).toMatchObject({ count: 200, more_records: true })
  expect(await bench.call('GET', `${LIST}&page=11`)).toMatchObject({
    status: 400,
    body: { code: 'DISCRETE_PAGINATION_LIMIT_EXCEEDED', details: { limit: 2_000 } },
  })
})

test('page tokens go beyond 2,000 records, give each one once, and end without a token', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 2_010, companies: 0 })
  const seen: string[] = []
  let token: string | null = null
  do {
    const answer = await bench.call('GET', `${LIST}${token === null ? '' : `&page_token=${token}`}`)
    seen.push(...idsOf(answer))
    token = answer.body.info.next_page_token
  } while (token !== null)
  expect(new Set(seen).size).toBe(2_010)
  expect(seen).toHaveLength(2_010)
})

test('a page token is bound to a day, to its parameters, and cannot stand beside a page', async () => {
  bench = await openBench()
  await bench.sim.seed({ contacts: 5, companies: 0 })
  const { body } = await bench.call('GET', `${LIST}&per_page=2`)
  const token = body.info.next_page_token
  const code = async (query: string) => (await bench.call('GET', `${LIST}${query}&page_token=${token}`)).body?.code
  expect(await code('&per_page=2&page=2')).toBe('AMBIGUITY_DURING_PROCESSING')
  expect(await code('&per_page=3')).toBe('TOKEN_BOUND_DATA_MISMATCH')
  expect(await code('&per_page=2')).toBeUndefined()
  bench.pass(DAY_MS)
  expect(await code('&per_page=2')).toBe('EXPIRED_VALUE')
})

test('what changes during a scan by stamp moves the rest, and a record slips through between two pages', async () => {
  bench = await openBench()
  for (const name of ['a', 'b', 'c', 'd']) {
    await addContact(name)
    bench.pass(1_000)
  }
  const path = `${LIST}&sort_by=Modified_Time&sort_order=asc&per_page=2`
  const first = await bench.call('GET', path)
  await bench.sim.edit('contact', idsOf(first)[0] ?? '', { title: 'Boss' })
  const second = await bench.call('GET', `${path}&page_token=${first.body.info.next_page_token}`)
  const seen = new Set([...idsOf(first), ...idsOf(second)])
  expect(seen.size).toBe(3)
})

test('lists sort by id downwards unless they are told otherwise', async () => {
  bench = await openBench()
  const ids = [await addContact('a'), await addContact('b')]
  expect(idsOf(await bench.call('GET', LIST))).toEqual([...ids].reverse())
  expect(idsOf(await bench.call('GET', `${LIST}&sort_order=asc`))).toEqual(ids)
  expect(idsOf(await bench.call('GET', `${LIST}&ids=${ids[0]},5725767000000999999`))).toEqual([ids[0]])
})

test('a converted lead vanishes from the list, stands in no deleted list, and is found with converted=both', async () => {
  bench = await openBench()
  const id = await bench.sim.addLead({ last_name: 'Lead', email: 'lead@example.com', company: 'Acme' })
  bench.pass(2_000)
  const { contactId, accountId } = await bench.sim.convertLead(id)
  const leads = '/crm/v8/Leads?fields=Converted__s,Converted_Contact,Converted_Account'
  expect((await bench.call('GET', leads)).status).toBe(204)
  expect((await bench.call('GET', '/crm/v8/Leads/deleted')).status).toBe(204)
  for (const converted of ['true', 'both'])
    expect((await bench.call('GET', `${leads}&converted=${converted}`, undefined, since(2_000))).body.data).toEqual([
      {
        id,
        Converted__s: true,
        Converted_Contact: { name: 'Lead', id: contactId },
        Converted_Account: { name: 'Acme', id: accountId },
      },
    ])
})

test('only administrators may list notes', async () => {
  bench = await openBench({ isAdministrator: false })
  expect(await bench.call('GET', '/crm/v8/Notes?fields=Note_Title')).toMatchObject({
    status: 403,
    body: { code: 'NOT_SUPPORTED' },
  })
  bench.sim.knobs.isAdministrator = true
  expect((await bench.call('GET', '/crm/v8/Notes?fields=Note_Title')).status).toBe(204)
})

test('a module that the profile forbids is NO_PERMISSION in lists, queries and writes, and no other one is', async () => {
  bench = await openBench()
  bench.sim.forbid('Deals')
  const denied = { status: 403, body: { code: 'NO_PERMISSION' } }
  expect(await bench.call('GET', '/crm/v8/Deals?fields=id')).toMatchObject(denied)
  expect(await bench.query('select id from Deals where id is not null')).toMatchObject(denied)
  expect(await bench.call('POST', '/crm/v8/Deals', { data: [{ Deal_Name: 'A' }] })).toMatchObject(denied)
  expect((await bench.call('GET', LIST)).status).toBe(204)
})

test('the recycle bin keeps names for sixty days, the list of deleted ones keeps ids for sixty more', async () => {
  bench = await openBench()
  const id = await addContact('a')
  await bench.sim.remove('contact', id)
  const entries = async (type = 'all') => (await bench.call('GET', `/crm/v8/Contacts/deleted?type=${type}`)).body?.data
  expect(await entries()).toMatchObject([{ id, display_name: 'a', type: 'recycle', deleted_by: { name: 'Sales One' } }])
  bench.pass(60 * DAY_MS)
  expect(await entries('recycle')).toBeUndefined()
  expect(await entries()).toEqual([
    {
      id,
      display_name: null,
      type: 'permanent',
      deleted_by: null,
      created_by: null,
      deleted_time: '2026-11-02T14:30:00+05:30',
    },
  ])
  bench.pass(60 * DAY_MS)
  expect(await entries()).toBeUndefined()
})

test('deleted records are asked by time, include the second asked for, and page with the latest first', async () => {
  bench = await openBench()
  const ids = [await addContact('a'), await addContact('b'), await addContact('c')]
  for (const id of ids) {
    bench.pass(1_000)
    await bench.sim.remove('contact', id)
  }
  const path = '/crm/v8/Contacts/deleted'
  expect(idsOf(await bench.call('GET', path, undefined, since(2_000)))).toEqual([ids[2], ids[1]])
  expect((await bench.call('GET', path, undefined, since(10_000))).status).toBe(304)
  const page = await bench.call('GET', `${path}?per_page=2&page=2`)
  expect(idsOf(page)).toEqual([ids[0]])
  expect(page.body.info.more_records).toBe(false)
})

test('a restored record leaves the bin and comes back with a new stamp', async () => {
  bench = await openBench()
  const id = await addContact('a')
  await bench.sim.remove('contact', id)
  bench.pass(5_000)
  await bench.sim.restore('contact', id)
  expect((await bench.call('GET', '/crm/v8/Contacts/deleted')).status).toBe(204)
  expect(idsOf(await bench.call('GET', LIST, undefined, since(5_000)))).toEqual([id])
})

test('what a user does in a long transaction appears late, with the stamp of its beginning', async () => {
  bench = await openBench()
  bench.sim.commitDelayMs = 30_000
  const id = await addContact('a')
  expect((await bench.call('GET', LIST)).status).toBe(204)
  bench.pass(30_000)
  const { body } = await bench.call('GET', LIST)
  expect(body.data).toMatchObject([{ id, Modified_Time: '2026-11-02T14:30:00+05:30' }])
  await bench.sim.remove('contact', id)
  expect((await bench.call('GET', '/crm/v8/Contacts/deleted')).status).toBe(204)
  bench.pass(30_000)
  expect(idsOf(await bench.call('GET', '/crm/v8/Contacts/deleted'))).toEqual([id])
})

test('the search index hides changes for a while; lists and queries do not wait for it unless they are told to', async () => {
  bench = await openBench()
  bench.sim.indexLagMs = MINUTE_MS
  const id = await addContact('fresh')
  const search = '/crm/v8/Contacts/search?email=fresh@example.com'
  const query = "select id from Contacts where Email = 'fresh@example.com'"
  expect((await bench.call('GET', search)).status).toBe(204)
  expect(idsOf(await bench.call('GET', LIST))).toEqual([id])
  expect(idsOf(await bench.query(query))).toEqual([id])
  bench.sim.knobs.queriesLag = true
  expect((await bench.query(query)).status).toBe(204)
  bench.pass(MINUTE_MS)
  expect(idsOf(await bench.call('GET', search))).toEqual([id])
  expect(idsOf(await bench.query(query))).toEqual([id])
})

test('a search takes criteria with escaped signs, and of several ways it takes the first', async () => {
  bench = await openBench()
  const id = await addContact('Rossi (Roma), Srl'.replaceAll(/[^a-zA-Z]/g, ''))
  await bench.sim.edit('contact', id, { last_name: 'Rossi (Roma), Srl' })
  const search = (query: Record<string, string>) =>
    bench.call('GET', `/crm/v8/Contacts/search?${new URLSearchParams(query)}`)
  const criteria = '((Last_Name:equals:Rossi \\(Roma\\)\\, Srl)and(Email:starts_with:rossi))'
  expect(idsOf(await search({ criteria, email: 'nobody@example.com' }))).toEqual([id])
  expect((await search({ email: 'nobody@example.com', word: 'Rossi' })).status).toBe(204)
  expect((await search({})).body.code).toBe('REQUIRED_PARAM_MISSING')
  const many = `(${Array.from({ length: 16 }, () => '(Last_Name:equals:a)').join('or')})`
  expect((await search({ criteria: many })).body.code).toBe('LIMIT_EXCEEDED')
})

test('a lookup shows the present name of its record, and nothing once that is deleted, without a new stamp', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Old' })
  const id = await bench.sim.add('contact', { last_name: 'A' }, [{ type: 'company', remoteId: company }])
  const account = async () =>
    (await bench.call('GET', `/crm/v8/Contacts/${id}?fields=Account_Name`)).body.data[0].Account_Name
  await bench.sim.edit('company', company, { name: 'New' })
  expect(await account()).toEqual({ name: 'New', id: company })
  await bench.sim.remove('company', company)
  expect(await account()).toBeNull()
})

test('long formatted texts are cut in lists and whole in the record', async () => {
  bench = await openBench()
  bench.sim.addField('Contacts', 'Story', { type: 'textarea', length: 50_000, rich: true })
  const story = 'x'.repeat(600)
  const made = await bench.call('POST', '/crm/v8/Contacts', { data: [{ Last_Name: 'A', Story: story }] })
  const { id } = made.body.data[0].details
  expect((await bench.call('GET', '/crm/v8/Contacts?fields=Story')).body.data[0].Story).toHaveLength(500)
  expect((await bench.call('GET', `/crm/v8/Contacts/${id}`)).body.data[0].Story).toBe(story)
})
