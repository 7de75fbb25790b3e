import type { Fields, Row } from '@raccordo/core/plugin'
import { afterEach, expect, test } from 'vitest'
import { at, type Bench, create, createOne, openBench, rawOf, readOne, update } from './context.ts'

let bench: Bench
afterEach(() => bench.sim.stop())

const call = (fields: Fields, more: Partial<Row> = {}): Row => ({
  marker: 'call/1',
  fields: { Subject: 'Call', Call_Type: 'Outbound', Call_Start_Time: at(-60_000), ...fields },
  ...more,
})
const shown = ['Call_Type', 'Call_Duration', 'Call_Result', 'Description', 'Owner']
const madeCall = async (fields: Fields) => {
  const id = await createOne(bench.ctx, 'Calls', call(fields))
  return {
    id,
    raw: await rawOf(bench.ctx, 'Calls', id),
    read: (await readOne(bench.ctx, 'Calls', id, shown))?.fields ?? {},
  }
}

test('a call that took time goes as mm:ss, however long, and connected where nobody says otherwise', async () => {
  bench = await openBench()
  const { raw, read } = await madeCall({ Call_Duration: '125:07', Call_Result: 'Connected' })
  expect(raw).toMatchObject({
    Call_Duration: '125:07',
    Call_Duration_in_seconds: 7_507,
    Outgoing_Call_Status: 'Completed',
    Call_Result: null,
  })
  expect(read).toMatchObject({ Call_Duration: '125:07', Call_Result: 'Connected' })
})

test('a call of no time goes as one second, because Zoho takes none of zero, and comes back as none', async () => {
  bench = await openBench()
  const { raw, read } = await madeCall({ Call_Duration: '00:00', Call_Result: 'No response/Busy' })
  expect(raw).toMatchObject({ Call_Duration: '00:01', Call_Result: 'No response/Busy' })
  expect(read).toMatchObject({ Call_Duration: '00:00', Call_Result: 'No response/Busy' })
})

test('an inbound call that nobody took is a missed one, without a duration', async () => {
  bench = await openBench()
  const { raw, read } = await madeCall({
    Call_Type: 'Inbound',
    Call_Duration: '00:00',
    Call_Result: 'No response/Busy',
  })
  expect(raw).toMatchObject({ Call_Type: 'Missed', Call_Duration: null })
  expect(read).toMatchObject({ Call_Type: 'Missed', Call_Duration: '00:00', Call_Result: 'No response/Busy' })
})

test('a call in the future is a scheduled one, and completed once it has taken time', async () => {
  bench = await openBench()
  const { id, raw, read } = await madeCall({ Call_Start_Time: at(3_000_000) })
  expect(raw).toMatchObject({ Outgoing_Call_Status: 'Scheduled', Call_Duration: null })
  expect(read).toMatchObject({ Call_Duration: null, Call_Result: null })
  const done = { Call_Start_Time: at(-1_000), Call_Duration: '02:00' }
  expect(await update(bench.ctx, 'Calls', { marker: 'call/1', remoteId: id, fields: done })).toMatchObject({ ok: true })
  expect(await rawOf(bench.ctx, 'Calls', id)).toMatchObject({
    Outgoing_Call_Status: 'Completed',
    Call_Duration: '02:00',
  })
})

test('an outcome that the organisation has no result for stands in the agenda, and a later choice of a user counts more', async () => {
  bench = await openBench()
  for (const outcome of ['Busy', 'Left voicemail', 'Left message', 'Failed', 'Wrong number'])
    expect((await madeCall({ Call_Duration: '00:30', Call_Result: outcome })).read['Call_Result']).toBe(outcome)
  const { id, raw } = await madeCall({ Call_Duration: '00:30', Call_Result: 'Left voicemail', Description: 'Words' })
  expect(raw).toMatchObject({ Call_Result: 'No response/Busy', Description: 'Words' })
  expect(String(raw['Call_Agenda'])).toBe('Outcome: Left voicemail\nRef: raccordo/call%2F1')
  await bench.ctx.call({
    method: 'PUT',
    path: `/crm/v8/Calls/${id}`,
    body: { data: [{ Call_Result: 'Interested' }], trigger: [] },
  })
  expect((await readOne(bench.ctx, 'Calls', id, shown))?.fields['Call_Result']).toBe('Interested')
  await update(bench.ctx, 'Calls', { marker: 'call/1', remoteId: id, fields: { Call_Result: 'Busy' } })
  expect((await readOne(bench.ctx, 'Calls', id, shown))?.fields['Call_Result']).toBe('Busy')
  expect(String((await rawOf(bench.ctx, 'Calls', id))['Call_Agenda'])).toMatch(/^Outcome: Busy\nRef: /)
})

test('a canceled call that never began needs no length', async () => {
  bench = await openBench()
  const { raw, read } = await madeCall({ Call_Result: 'Canceled' })
  expect(raw).toMatchObject({ Outgoing_Call_Status: 'Cancelled', Call_Duration: null })
  expect(read).toMatchObject({ Call_Result: 'Canceled' })
})

test('the type and the owner of a call that is over stay, the rest is written, and it is said', async () => {
  bench = await openBench()
  const { id } = await madeCall({ Call_Duration: '01:00' })
  const fields = { Call_Type: 'Inbound', Voice_Recording__s: 'https://recordings.example.com/1.mp3' }
  const outcome = await update(bench.ctx, 'Calls', { marker: 'call/1', remoteId: id, fields })
  expect(outcome).toMatchObject({ ok: false, kind: 'invalid', field: 'Call_Type' })
  expect(await rawOf(bench.ctx, 'Calls', id)).toMatchObject({
    Call_Type: 'Outbound',
    Voice_Recording__s: fields.Voice_Recording__s,
  })
  const other = bench.sim.owners.find(({ email }) => email === 'sales.two@example.com')?.id ?? ''
  const moved = await update(bench.ctx, 'Calls', {
    marker: 'call/1',
    remoteId: id,
    fields: { Owner: other, Subject: 'New' },
  })
  expect(moved).toMatchObject({ ok: false, kind: 'invalid', field: 'Owner' })
  expect((await rawOf(bench.ctx, 'Calls', id))['Subject']).toBe('New')
  const same = await update(bench.ctx, 'Calls', {
    marker: 'call/1',
    remoteId: id,
    fields: { Call_Type: 'Outbound', Subject: 'Again' },
  })
  expect(same).toMatchObject({ ok: true })
})

test('a call is about a person and a deal, and a company does not put the deal out', async () => {
  bench = await openBench()
  const contact = await bench.sim.add('contact', { last_name: 'C' })
  const company = await bench.sim.add('company', { name: 'Acme' })
  const deal = await bench.sim.add('deal', { title: 'D' })
  const links = [
    { type: 'contact' as const, remoteId: contact },
    { type: 'company' as const, remoteId: company },
    { type: 'deal' as const, remoteId: deal },
  ]
  const id = await createOne(bench.ctx, 'Calls', call({ Call_Duration: '01:00' }, { links }))
  const held = [
    { type: 'contact', remoteId: contact },
    { type: 'deal', remoteId: deal },
  ]
  expect((await readOne(bench.ctx, 'Calls', id, []))?.links).toEqual(held)
  const again = { marker: 'call/1', remoteId: id, fields: {}, links: [{ type: 'company' as const, remoteId: company }] }
  expect(await update(bench.ctx, 'Calls', again)).toMatchObject({ ok: true })
  expect((await readOne(bench.ctx, 'Calls', id, []))?.links).toEqual(held)
})

test('a link to a contact that is a lead stands where Zoho keeps leads', async () => {
  bench = await openBench()
  const lead = await bench.sim.addLead({ last_name: 'Lead' })
  const links = [{ type: 'contact' as const, remoteId: lead }]
  const id = await createOne(bench.ctx, 'Calls', call({ Call_Duration: '01:00' }, { links }))
  expect(await rawOf(bench.ctx, 'Calls', id)).toMatchObject({
    Who_Id: null,
    $se_module: 'Leads',
    What_Id: { id: lead },
  })
  const note = await createOne(bench.ctx, 'Notes', { marker: 'n', fields: { Note_Content: 'Words' }, links })
  expect((await readOne(bench.ctx, 'Notes', note, []))?.links).toEqual(links)
  expect((await readOne(bench.ctx, 'Calls', id, []))?.links).toEqual(links)
})

test('a task is due on a day of the organisation’s, and keeps the time while the day is the same', async () => {
  bench = await openBench()
  const due = '2026-11-05T20:30:00.000Z'
  const id = await createOne(bench.ctx, 'Tasks', {
    marker: 't',
    fields: { Subject: 'T', Due_Date: due, Description: 'Do it' },
  })
  expect((await rawOf(bench.ctx, 'Tasks', id))['Due_Date']).toBe('2026-11-06')
  const read = async () => (await readOne(bench.ctx, 'Tasks', id, ['Due_Date', 'Description']))?.fields
  expect(await read()).toEqual({ Due_Date: due, Description: 'Do it' })
  await bench.ctx.call({
    method: 'PUT',
    path: `/crm/v8/Tasks/${id}`,
    body: { data: [{ Due_Date: '2026-11-09' }], trigger: [] },
  })
  expect(await read()).toEqual({ Due_Date: '2026-11-09', Description: 'Do it' })
})

test('a meeting ends after its length, and keeps it when it is moved', async () => {
  bench = await openBench()
  const fields = { Event_Title: 'M', Start_DateTime: at(0), Duration_in_seconds: 2_700 }
  const id = await createOne(bench.ctx, 'Events', { marker: 'e', fields })
  const read = async () =>
    (await readOne(bench.ctx, 'Events', id, ['Start_DateTime', 'End_DateTime', 'Duration_in_seconds']))?.fields
  expect(await read()).toEqual({ Start_DateTime: at(0), End_DateTime: at(2_700_000), Duration_in_seconds: 2_700 })
  await update(bench.ctx, 'Events', { marker: 'e', remoteId: id, fields: { Start_DateTime: at(7_200_000) } })
  expect(await read()).toMatchObject({ Start_DateTime: at(7_200_000), Duration_in_seconds: 2_700 })
  const unsaid = await createOne(bench.ctx, 'Events', {
    marker: 'f',
    fields: { Event_Title: 'M', Start_DateTime: at(0) },
  })
  expect((await readOne(bench.ctx, 'Events', unsaid, ['Duration_in_seconds']))?.fields).toEqual({
    Duration_in_seconds: 3_600,
  })
})

test('a note stands at one record, keeps its time, and is refused before it is sent where it has no place', async () => {
  bench = await openBench()
  const contact = await bench.sim.add('contact', { last_name: 'C' })
  const taken = '2026-10-01T08:00:00.000Z'
  const fields = { Note_Title: 'N', Note_Content: 'x'.repeat(600), Created_Time: taken }
  const id = await createOne(bench.ctx, 'Notes', {
    marker: 'n',
    fields,
    links: [{ type: 'contact', remoteId: contact }],
  })
  const read = await readOne(bench.ctx, 'Notes', id, ['Note_Title', 'Note_Content', 'Created_Time'])
  expect(read).toMatchObject({ fields, links: [{ type: 'contact', remoteId: contact }] })
  const calls = bench.sim.calls()
  expect(await create(bench.ctx, 'Notes', [{ marker: 'o', fields }])).toMatchObject([{ ok: false, kind: 'invalid' }])
  expect(bench.sim.calls()).toBe(calls)
})
