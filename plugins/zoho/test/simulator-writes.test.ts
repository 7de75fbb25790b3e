import { afterEach, expect, test } from 'vitest'
import { type Bench, openBench } from './simulator-context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const CONTACTS = '/crm/v8/Contacts'
const insert = (...data: object[]) => bench.call('POST', CONTACTS, { data, trigger: [] })
const upsert = (data: readonly object[], more: object = {}) =>
  bench.call('POST', `${CONTACTS}/upsert`, { data, trigger: [], ...more })
const addedId = async (values: object): Promise<string> => (await insert(values)).body.data[0].details.id
const codes = (answer: { body: { data: { code: string }[] } }) => answer.body.data.map(({ code }) => code)

test('each record has its own answer, in the order of the request, with the id inside the details', async () => {
  bench = await openBench()
  const answer = await insert({ Last_Name: 'A' }, { Last_Name: 'B' })
  expect(answer.status).toBe(201)
  expect(answer.body.data[0]).toEqual({
    code: 'SUCCESS',
    details: {
      id: expect.stringMatching(/^\d{19}$/),
      Created_Time: '2026-11-02T14:30:00+05:30',
      Modified_Time: '2026-11-02T14:30:00+05:30',
      Created_By: { name: 'Inge Integration', id: bench.sim.owners[0]?.id },
      Modified_By: { name: 'Inge Integration', id: bench.sim.owners[0]?.id },
      $approval_state: 'approved',
    },
    message: 'record added',
    status: 'success',
  })
  const names = await Promise.all(
    answer.body.data.map(async ({ details }: { details: { id: string } }) => {
      const { body } = await bench.call('GET', `${CONTACTS}/${details.id}`)
      return body.data[0].Last_Name
    }),
  )
  expect(names).toEqual(['A', 'B'])
})

test('a partial failure is 207 in production and 200 in a sandbox, a whole one 400', async () => {
  for (const [sandbox, status] of [
    [false, 207],
    [true, 200],
  ] as const) {
    bench = await openBench({ sandbox })
    const answer = await insert({ Last_Name: 'A' }, { First_Name: 'nobody' })
    expect(answer.status).toBe(status)
    expect(codes(answer)).toEqual(['SUCCESS', 'MANDATORY_NOT_FOUND'])
    expect((await insert({ First_Name: 'nobody' })).status).toBe(400)
    if (!sandbox) await bench.sim.stop()
  }
})

test('a repeated insert makes a second record: there is no idempotency key', async () => {
  bench = await openBench()
  expect(await addedId({ Last_Name: 'A', Email: 'a@example.com' })).not.toBe(
    await addedId({ Last_Name: 'A', Email: 'a@example.com' }),
  )
})

test('wrong values are refused with the field, its place and what was expected', async () => {
  bench = await openBench()
  const wrong: readonly (readonly [string, unknown, object])[] = [
    ['Email', 'no address', { expected_data_type: 'email' }],
    ['Phone', 'call me', { expected_data_type: 'phone' }],
    ['Title', 5, { expected_data_type: 'text' }],
    ['Title', 'x'.repeat(101), { maximum_length: 100 }],
    ['Title', 'a\u0000b', { expected_data_type: 'text' }],
    ['Date_of_Birth', '31.12.2000', { expected_data_type: 'date' }],
    ['Lead_Source', 'Hearsay', { expected_data_type: 'picklist' }],
    ['Email_Opt_Out', 'yes', { expected_data_type: 'boolean' }],
    ['Account_Name', 'Acme', {}],
    ['Account_Name', { id: '5725767000000999999' }, {}],
    ['Owner', { id: bench.sim.owners[3]?.id }, {}],
  ]
  for (const [name, value, details] of wrong) {
    const answer = await insert({ Last_Name: 'A', [name]: value })
    expect(answer.body.data[0], `${name} ${JSON.stringify(value)}`).toMatchObject({
      code: 'INVALID_DATA',
      details: { api_name: name, json_path: `$.data[0].${name}`, ...details },
      status: 'error',
    })
  }
})

test('a missing mandatory value names the field and the place of the record', async () => {
  bench = await openBench()
  const answer = await insert({ Last_Name: 'A' }, { Email: 'b@example.com' })
  expect(answer.body.data[1]).toMatchObject({
    code: 'MANDATORY_NOT_FOUND',
    details: { api_name: 'Last_Name', json_path: '$.data[1].Last_Name' },
  })
  const id = answer.body.data[0].details.id
  const cleared = await bench.call('PUT', CONTACTS, { data: [{ id, Last_Name: null }] })
  expect(codes(cleared)).toEqual(['MANDATORY_NOT_FOUND'])
})

test('fields that Zoho does not know or computes itself are passed over in silence', async () => {
  bench = await openBench()
  const id = await addedId({ Last_Name: 'A', Nothing: 1, Created_Time: '2001-01-01T00:00:00+00:00' })
  const { body } = await bench.call('GET', `${CONTACTS}/${id}`)
  expect(body.data[0].Created_Time).toBe('2026-11-02T14:30:00+05:30')
  expect(body.data[0]).not.toHaveProperty('Nothing')
})

test('more than a hundred records, none at all, or no JSON are refused as a whole', async () => {
  bench = await openBench()
  const many = await insert(...Array.from({ length: 101 }, () => ({ Last_Name: 'A' })))
  expect(many).toMatchObject({ status: 400, body: { code: 'LIMIT_EXCEEDED', status: 'error' } })
  expect((await insert()).body.code).toBe('MANDATORY_NOT_FOUND')
  expect((await bench.call('POST', CONTACTS, 'text')).body.code).toBe('INVALID_DATA')
})

test('an update changes what is given, clears what is null, and leaves the rest', async () => {
  bench = await openBench()
  const id = await addedId({ Last_Name: 'A', Title: 'Boss', Department: 'Sales' })
  bench.pass(3_000)
  const answer = await bench.call('PUT', CONTACTS, { data: [{ id, Title: null }] })
  expect(answer).toMatchObject({ status: 200, body: { data: [{ message: 'record updated' }] } })
  const { body } = await bench.call('GET', `${CONTACTS}/${id}`)
  expect(body.data[0]).toMatchObject({ Title: null, Department: 'Sales', Modified_Time: '2026-11-02T14:30:03+05:30' })
  const unknown = await bench.call('PUT', `${CONTACTS}/5725767000000999999`, { data: [{ Title: 'x' }] })
  expect(unknown.body.data[0]).toMatchObject({ code: 'INVALID_DATA', message: 'the id given seems to be invalid' })
})

test('automations run for each record unless trigger switches them off', async () => {
  bench = await openBench()
  await bench.call('POST', CONTACTS, { data: [{ Last_Name: 'A' }, { Last_Name: 'B' }, {}] })
  expect(bench.sim.automationRuns()).toBe(2)
  await insert({ Last_Name: 'C' })
  expect(bench.sim.automationRuns()).toBe(2)
  await bench.call('POST', CONTACTS, { data: [{ Last_Name: 'D' }], trigger: ['workflow'] })
  expect(bench.sim.automationRuns()).toBe(3)
  const wrong = await bench.call('POST', CONTACTS, { data: [{ Last_Name: 'E' }], trigger: ['everything'] })
  expect(wrong.body.code).toBe('INVALID_DATA')
})

test('an upsert finds by the system field and says what it did', async () => {
  bench = await openBench()
  const first = await upsert([{ Last_Name: 'A', Email: 'a@example.com' }])
  expect(first).toMatchObject({ status: 200, body: { data: [{ action: 'insert', duplicate_field: null }] } })
  const again = await upsert([{ Last_Name: 'B', Email: 'A@example.com' }, { Last_Name: 'C' }])
  expect(again.body.data).toMatchObject([
    { action: 'update', duplicate_field: 'Email', details: { id: first.body.data[0].details.id } },
    { action: 'insert', duplicate_field: null },
  ])
})

test('named checks come first, unique fields that are not named still count, system fields that are not named do not', async () => {
  bench = await openBench()
  bench.sim.addField('Contacts', 'Badge')
  bench.sim.addField('Contacts', 'Locker')
  const one = await addedId({ Last_Name: 'A', Email: 'a@example.com', Badge: '1' })
  const two = await addedId({ Last_Name: 'B', Email: 'b@example.com', Locker: '2' })
  const entry = async (values: object, checks?: readonly string[]) =>
    (await upsert([{ Last_Name: 'X', ...values }], checks === undefined ? {} : { duplicate_check_fields: checks })).body
      .data[0]
  expect(await entry({ Email: 'a@example.com', Title: 'x' })).toMatchObject({ duplicate_field: 'Email' })
  expect(await entry({ Locker: '2' }, ['Email'])).toMatchObject({ duplicate_field: 'Locker', details: { id: two } })
  expect(await entry({ Email: 'a@example.com' }, ['Badge'])).toMatchObject({ action: 'insert' })
  expect(await entry({ Email: 'b@example.com', Badge: '1' }, ['Badge', 'Email'])).toMatchObject({
    duplicate_field: 'Badge',
    details: { id: one },
  })
  expect(await entry({ Badge: '1', Locker: '2' }, ['Badge'])).toMatchObject({
    code: 'DUPLICATE_DATA',
    details: { api_name: 'Locker', duplicate_record: { id: two, module: { api_name: 'Contacts' } } },
  })
})

test('a value that a unique field has already is refused with the record that has it', async () => {
  bench = await openBench()
  bench.sim.addField('Contacts', 'Badge')
  const id = await addedId({ Last_Name: 'A', Badge: '1' })
  const answer = await insert({ Last_Name: 'B', Badge: '1' })
  expect(answer).toMatchObject({
    status: 400,
    body: {
      data: [
        {
          code: 'DUPLICATE_DATA',
          details: { api_name: 'Badge', duplicate_record: { id, Owner: { id: bench.sim.owners[0]?.id } } },
        },
      ],
    },
  })
})

test('X-EXTERNAL lets a unique field stand for the id in the path', async () => {
  bench = await openBench()
  bench.sim.addField('Contacts', 'Badge')
  const id = await addedId({ Last_Name: 'A', Badge: 'b-1' })
  const external = { headers: { 'x-external': 'Contacts.Badge' } }
  const answer = await bench.call('PUT', `${CONTACTS}/b-1`, { data: [{ Title: 'Boss' }] }, external)
  expect(answer.body.data[0].details.id).toBe(id)
  expect((await bench.call('GET', `${CONTACTS}/b-1`, undefined, external)).body.data[0].Title).toBe('Boss')
})

test('a record that changed after If-Unmodified-Since is not written', async () => {
  bench = await openBench()
  const id = await addedId({ Last_Name: 'A' })
  bench.pass(10_000)
  await bench.sim.edit('contact', id, { title: 'Boss' })
  const locked = (time: string) =>
    bench.call('PUT', `${CONTACTS}/${id}`, { data: [{ Title: 'x' }] }, { headers: { 'if-unmodified-since': time } })
  expect(await locked('2026-11-02T09:00:05+00:00')).toMatchObject({
    status: 412,
    body: { data: [{ code: 'ALREADY_MODIFIED', details: { Modified_Time: '2026-11-02T14:30:10+05:30' } }] },
  })
  expect((await locked('2026-11-02T09:00:10+00:00')).status).toBe(200)
})

test('a held record refuses: locked and not approved anything, in a blueprint a new stage', async () => {
  bench = await openBench()
  const contact = await addedId({ Last_Name: 'A' })
  const change = () => bench.call('PUT', `${CONTACTS}/${contact}`, { data: [{ Title: 'x' }] })
  for (const reason of ['RECORD_LOCKED', 'NOT_APPROVED'] as const) {
    bench.sim.hold(contact, reason)
    expect(await change()).toMatchObject({ status: 400, body: { data: [{ code: reason }] } })
  }
  bench.sim.release(contact)
  expect((await change()).status).toBe(200)
  const deal = await bench.sim.add('deal', { title: 'D' })
  bench.sim.hold(deal, 'RECORD_IN_BLUEPRINT')
  const put = (values: object) => bench.call('PUT', `/crm/v8/Deals/${deal}`, { data: [values] })
  expect(codes(await put({ Stage: 'Closed Won' }))).toEqual(['RECORD_IN_BLUEPRINT'])
  expect(codes(await put({ Amount: 5 }))).toEqual(['SUCCESS'])
})

test('a deal needs a stage of its pipeline, and the layout the pipeline', async () => {
  bench = await openBench()
  const put = async (values: object) =>
    (await bench.call('POST', '/crm/v8/Deals', { data: [{ Deal_Name: 'D', ...values }] })).body.data[0]
  expect(await put({})).toMatchObject({ code: 'MANDATORY_NOT_FOUND', details: { api_name: 'Stage' } })
  expect(await put({ Stage: 'Renewed' })).toMatchObject({
    code: 'INVALID_DATA',
    message: "Pipeline doesn't contain the Stage",
  })
  expect(await put({ Stage: 'Renewed', Pipeline: 'Renewals' })).toMatchObject({ code: 'SUCCESS' })
  expect(await put({ Stage: 'Renewed', Pipeline: 'Nowhere' })).toMatchObject({ code: 'INVALID_DATA' })
  const won = await put({ Stage: 'Closed Won', Amount: 250.5 })
  const { body } = await bench.call('GET', `/crm/v8/Deals/${won.details.id}`)
  expect(body.data[0]).toMatchObject({ Probability: 100, Expected_Revenue: 250.5, Pipeline: 'Standard (Standard)' })
})

test('a deleted record goes to the recycle bin, one by one or by a list of ids', async () => {
  bench = await openBench()
  const [one, two] = [await addedId({ Last_Name: 'A' }), await addedId({ Last_Name: 'B' })]
  expect((await bench.call('DELETE', `${CONTACTS}/${one}`)).body.data[0]).toMatchObject({
    code: 'SUCCESS',
    details: { id: one },
    message: 'record deleted',
  })
  const answer = await bench.call('DELETE', `${CONTACTS}?ids=${one},${two}`)
  expect(answer.status).toBe(207)
  expect(codes(answer)).toEqual(['INVALID_DATA', 'SUCCESS'])
  const bin = await bench.call('GET', `${CONTACTS}/deleted`)
  expect(bin.body.data.map((row: { type: string }) => row.type)).toEqual(['recycle', 'recycle'])
  expect((await bench.call('GET', `${CONTACTS}/${one}`)).status).toBe(204)
})

test('a merge deletes the other record for ever and changes the master; nothing leads from one to the other', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Acme' })
  const kept = await addedId({ Last_Name: 'Kept' })
  const lost = await addedId({ Last_Name: 'Lost', Email: 'lost@example.com', Account_Name: { id: company } })
  const deal = await bench.sim.add('deal', { title: 'D' }, [{ type: 'contact', remoteId: lost }])
  bench.pass(5_000)
  const answer = await bench.call('POST', `${CONTACTS}/${kept}/actions/merge`, { merge: [{ data: [{ id: lost }] }] })
  expect(answer).toMatchObject({ status: 200, body: { merge: [{ code: 'SUCCESS' }] } })
  const bin = await bench.call('GET', `${CONTACTS}/deleted`)
  expect(bin.body.data).toMatchObject([{ id: lost, type: 'permanent', display_name: null }])
  expect(JSON.stringify(bin.body)).not.toContain(kept)
  expect((await bench.call('GET', `${CONTACTS}/${kept}`)).body.data[0]).toMatchObject({
    Last_Name: 'Kept',
    Email: 'lost@example.com',
    Account_Name: { id: company },
    Modified_Time: '2026-11-02T14:30:05+05:30',
  })
  expect((await bench.call('GET', `/crm/v8/Deals/${deal}`)).body.data[0].Contact_Name).toEqual({
    name: 'Kept',
    id: kept,
  })
})

test('paths and methods that are none are told apart', async () => {
  bench = await openBench()
  expect(await bench.call('GET', '/elsewhere')).toMatchObject({ status: 404, body: { code: 'INVALID_URL_PATTERN' } })
  expect(await bench.call('PATCH', CONTACTS)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST_METHOD' } })
})
