import { afterEach, expect, test } from 'vitest'
import { type Bench, openBench } from './simulator-context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const CALL = { Call_Type: 'Outbound', Call_Start_Time: '2026-11-02T08:00:00+00:00', Call_Duration: '01:35' }
const post = async (module: string, values: object) =>
  (await bench.call('POST', `/crm/v8/${module}`, { data: [values], trigger: [] })).body.data[0]
const put = async (module: string, id: string, values: object) =>
  (await bench.call('PUT', `/crm/v8/${module}/${id}`, { data: [values], trigger: [] })).body.data[0]
const read = async (module: string, id: string) => (await bench.call('GET', `/crm/v8/${module}/${id}`)).body.data[0]
const idOf = async (module: string, values: object): Promise<string> => (await post(module, values)).details.id
const contact = () => bench.sim.add('contact', { last_name: 'Rossi' })

test('the duration of a call is minutes and seconds, and is read as seconds too', async () => {
  bench = await openBench()
  expect(await read('Calls', await idOf('Calls', CALL))).toMatchObject({
    Call_Duration: '01:35',
    Call_Duration_in_seconds: 95,
    Call_Start_Time: '2026-11-02T13:30:00+05:30',
    Outgoing_Call_Status: 'Completed',
  })
  expect(await read('Calls', await idOf('Calls', { ...CALL, Call_Duration: '125:05' }))).toMatchObject({
    Call_Duration_in_seconds: 7_505,
  })
  for (const duration of ['95', '1:5', '00:00:95', '01:75'])
    expect((await post('Calls', { ...CALL, Call_Duration: duration })).code, duration).toBe('INVALID_DATA')
})

test('a completed call needs a duration that is not zero', async () => {
  bench = await openBench()
  const { Call_Duration: _, ...silent } = CALL
  for (const type of ['Inbound', 'Outbound']) {
    expect(await post('Calls', { ...silent, Call_Type: type })).toMatchObject({
      code: 'MANDATORY_NOT_FOUND',
      details: { api_name: 'Call_Duration' },
    })
    expect(await post('Calls', { ...CALL, Call_Type: type, Call_Duration: '00:00' })).toMatchObject({
      code: 'DEPENDENT_MISMATCH',
      message: 'Call Duration can not be zero',
    })
  }
})

test('a missed call has no duration, and a planned one needs none', async () => {
  bench = await openBench()
  const { Call_Duration: _, ...silent } = CALL
  expect((await post('Calls', { ...CALL, Call_Type: 'Missed' })).code).toBe('DEPENDENT_MISMATCH')
  expect((await post('Calls', { ...silent, Call_Type: 'Missed' })).code).toBe('SUCCESS')
  const planned = await idOf('Calls', { ...silent, Call_Start_Time: '2026-11-03T08:00:00+00:00' })
  expect((await read('Calls', planned)).Outgoing_Call_Status).toBe('Scheduled')
  expect((await post('Calls', { ...silent, Outgoing_Call_Status: 'Cancelled' })).code).toBe('SUCCESS')
})

test('type and start of a call are mandatory; its type never changes, nor the owner once it is over', async () => {
  bench = await openBench()
  expect((await post('Calls', { Subject: 'x' })).code).toBe('MANDATORY_NOT_FOUND')
  const id = await idOf('Calls', CALL)
  expect(await put('Calls', id, { Call_Type: 'Inbound' })).toMatchObject({
    code: 'INVALID_DATA',
    details: { api_name: 'Call_Type' },
  })
  expect((await put('Calls', id, { Call_Type: 'Outbound', Subject: 'y' })).code).toBe('SUCCESS')
  expect(await put('Calls', id, { Owner: { id: bench.sim.owners[1]?.id } })).toMatchObject({
    code: 'INVALID_DATA',
    details: { api_name: 'Owner' },
  })
  expect((await put('Calls', id, { Call_Start_Time: '2026-11-05T08:00:00+00:00' })).code).toBe('INVALID_DATA')
})

test('What_Id needs $se_module, and a lead stands there alone', async () => {
  bench = await openBench()
  const company = await bench.sim.add('company', { name: 'Acme' })
  const lead = await bench.sim.addLead({ last_name: 'Lead' })
  const person = await contact()
  expect((await post('Calls', { ...CALL, What_Id: { id: company } })).code).toBe('DEPENDENT_FIELD_MISSING')
  expect((await post('Calls', { ...CALL, What_Id: company, $se_module: 'Deals' })).code).toBe('INVALID_DATA')
  expect((await post('Calls', { ...CALL, Who_Id: { id: lead } })).code).toBe('INVALID_DATA')
  const about = { ...CALL, What_Id: { id: lead }, $se_module: 'Leads' }
  expect((await post('Calls', { ...about, Who_Id: { id: person } })).code).toBe('DEPENDENT_MISMATCH')
  expect(await read('Calls', await idOf('Calls', about))).toMatchObject({
    What_Id: { name: 'Lead', id: lead },
    $se_module: 'Leads',
  })
  const both = await idOf('Calls', { ...CALL, Who_Id: person, What_Id: company, $se_module: 'Accounts' })
  expect(await read('Calls', both)).toMatchObject({
    Who_Id: { name: 'Rossi', id: person },
    What_Id: { name: 'Acme', id: company },
    $se_module: 'Accounts',
  })
  const { body } = await bench.call('GET', '/crm/v8/Calls?fields=What_Id')
  expect(body.data[0]).not.toHaveProperty('$se_module')
})

test('a purpose that nobody has used yet is taken up; a result is not', async () => {
  bench = await openBench()
  expect((await post('Calls', { ...CALL, Call_Purpose: 'Winback' })).code).toBe('SUCCESS')
  expect((await post('Calls', { ...CALL, Call_Result: 'Winback' })).code).toBe('INVALID_DATA')
})

test('activities find no doubles: an upsert of a call always inserts, until a field is unique', async () => {
  bench = await openBench()
  const upsert = async (values: object) =>
    (await bench.call('POST', '/crm/v8/Calls/upsert', { data: [values] })).body.data[0].action
  expect(await upsert({ ...CALL, Subject: 'x' })).toBe('insert')
  expect(await upsert({ ...CALL, Subject: 'x' })).toBe('insert')
  bench.sim.addField('Calls', 'Reference')
  expect(await upsert({ ...CALL, Reference: 'r-1' })).toBe('insert')
  expect(await upsert({ ...CALL, Reference: 'r-1' })).toBe('update')
})

test('a task needs a subject and is closed when it is completed; a meeting needs a title and both its times', async () => {
  bench = await openBench()
  expect((await post('Tasks', { Status: 'Completed' })).code).toBe('MANDATORY_NOT_FOUND')
  const task = await idOf('Tasks', { Subject: 'Offer', Due_Date: '2026-11-05' })
  expect(await read('Tasks', task)).toMatchObject({ Status: 'Not Started', Closed_Time: null, Due_Date: '2026-11-05' })
  await put('Tasks', task, { Status: 'Completed' })
  expect((await read('Tasks', task)).Closed_Time).toBe('2026-11-02T14:30:00+05:30')
  const [start, end] = ['2026-11-02T08:00:00+00:00', '2026-11-02T09:00:00+00:00']
  expect((await post('Events', { Event_Title: 'Demo', Start_DateTime: start })).code).toBe('MANDATORY_NOT_FOUND')
  expect((await post('Events', { Event_Title: 'Demo', Start_DateTime: end, End_DateTime: start })).code).toBe(
    'INVALID_DATA',
  )
  expect((await post('Events', { Event_Title: 'Demo', Start_DateTime: start, End_DateTime: end })).code).toBe('SUCCESS')
})

test('a note stands at its parent, named with its module, and its texts have their lengths', async () => {
  bench = await openBench()
  const person = await contact()
  const at = { Parent_Id: { module: { api_name: 'Contacts' }, id: person } }
  expect((await post('Notes', { Note_Content: 'x' })).code).toBe('MANDATORY_NOT_FOUND')
  expect((await post('Notes', { Note_Content: 'x', Parent_Id: { id: person } })).code).toBe('INVALID_DATA')
  expect((await post('Notes', { ...at, Note_Title: 'x'.repeat(121) })).code).toBe('INVALID_DATA')
  expect((await post('Notes', { ...at, Note_Content: 'x'.repeat(65_536) })).code).toBe('INVALID_DATA')
  const id = await idOf('Notes', { ...at, Note_Content: 'x'.repeat(65_535) })
  expect((await read('Notes', id)).Parent_Id).toMatchObject({
    id: person,
    name: 'Rossi',
    module: { api_name: 'Contacts' },
  })
})

test('what is logged on a contact shows in Last_Activity_Time and not in its stamp', async () => {
  bench = await openBench()
  const person = await contact()
  bench.pass(5_000)
  await post('Calls', { ...CALL, Who_Id: { id: person } })
  expect(await read('Contacts', person)).toMatchObject({
    Modified_Time: '2026-11-02T14:30:00+05:30',
    Last_Activity_Time: '2026-11-02T14:30:05+05:30',
  })
})

test('the truth about activities covers calls, tasks, meetings and notes with whom they are about', async () => {
  bench = await openBench()
  const person = await contact()
  const links = [{ type: 'contact' as const, remoteId: person }]
  const started_at = '2026-11-01T10:00:00.000Z'
  const call = {
    kind: 'call',
    direction: 'outbound',
    started_at,
    duration_seconds: 95,
    outcome: 'connected',
    subject: 'A',
  }
  await bench.sim.add('activity', call, links)
  await bench.sim.add('activity', { kind: 'task', subject: 'B', body: 'text' }, links)
  await bench.sim.add('activity', { kind: 'meeting', subject: 'C', started_at, duration_seconds: 600 }, links)
  await bench.sim.add('activity', { kind: 'note', subject: 'D', body: 'text' }, links)
  await bench.sim.add('activity', { kind: 'call', direction: 'inbound', started_at, outcome: 'no_answer' }, links)
  const truth = await bench.sim.truth('activity')
  expect(truth.map(({ data }) => data)).toMatchObject([
    call,
    { kind: 'call', direction: 'inbound', outcome: 'no_answer', duration_seconds: 0 },
    { kind: 'task', subject: 'B', body: 'text' },
    { kind: 'meeting', subject: 'C', started_at, duration_seconds: 600 },
    { kind: 'note', subject: 'D', body: 'text' },
  ])
  for (const record of truth) expect(record.links).toEqual(links)
})
