import type { Fields, Link, LookupRow, Row } from '@raccordo/core/plugin'
import { compileMapping, type MappingSpec } from '@raccordo/testkit'
import { afterEach, expect, test } from 'vitest'
import { provider } from '../src/index.ts'
import { referenceOf } from '../src/reference.ts'
import { at, type Bench, objectOf, openBench, pullAll, readLookup, START } from './context.ts'

let bench: Bench
afterEach(() => bench?.sim.stop())

const ACTIVITIES = ['calls', 'tasks', 'notes', 'meetings', 'emails'] as const
type Activity = (typeof ACTIVITIES)[number]
const TEXT: Readonly<Record<Activity, string>> = {
  calls: 'hs_call_body',
  tasks: 'hs_task_body',
  notes: 'hs_note_body',
  meetings: 'hs_meeting_body',
  emails: 'hs_email_html',
}

const create = async (name: Activity, fields: Fields, more: Partial<Row> = {}): Promise<string> => {
  const [outcome] = (await objectOf(name).create?.(bench.ctx, [{ marker: 'm/1', fields, ...more }])) ?? []
  if (outcome?.ok !== true) throw new Error(JSON.stringify(outcome))
  return outcome.remoteId
}
const update = async (name: Activity, remoteId: string, fields: Fields) => {
  const outcomes = await objectOf(name).update?.(bench.ctx, [{ marker: 'm/1', remoteId, fields }])
  expect(outcomes).toMatchObject([{ ok: true, remoteId }])
}
const read = async (name: Activity, id: string, ...fields: readonly string[]) => {
  const [record] = (await objectOf(name).read?.(bench.ctx, [id], fields)) ?? []
  return fields.map((field) => record?.fields[field])
}
const kept = async (name: Activity, id: string, ...names: readonly string[]): Promise<readonly (string | null)[]> => {
  const query = { properties: names.join(',') }
  const { body } = await bench.ctx.call({ path: `/crm/v3/objects/${name}/${id}`, query })
  return names.map((property) => body.properties[property])
}
const rawPost = async (name: Activity, properties: Fields): Promise<string> => {
  const { body } = await bench.ctx.call({ method: 'POST', path: `/crm/v3/objects/${name}`, body: { properties } })
  return String(body.id)
}

test('a push finds its object by kind, and every kind has one', () => {
  const held = provider.objects.filter(({ type }) => type === 'activity').map(({ name, holds }) => [name, holds])
  expect(held).toEqual([
    ['calls', { kind: ['call'] }],
    ['tasks', { kind: ['task'] }],
    ['notes', { kind: ['note'] }],
    ['meetings', { kind: ['meeting'] }],
    ['emails', { kind: ['email'] }],
  ])
})

test('each activity is linked with contact, company and deal by HubSpot’s own types, and read back so', async () => {
  const types: Readonly<Record<Activity, readonly number[]>> = {
    calls: [194, 182, 206],
    tasks: [204, 192, 216],
    notes: [202, 190, 214],
    meetings: [200, 188, 212],
    emails: [198, 186, 210],
  }
  bench = await openBench()
  const links: readonly Link[] = [
    { type: 'contact', remoteId: await bench.sim.add('contact', { email: 'a@example.com' }) },
    { type: 'company', remoteId: await bench.sim.add('company', { name: 'A' }) },
    { type: 'deal', remoteId: await bench.sim.add('deal', { title: 'A' }) },
  ]
  for (const name of ACTIVITIES) {
    const id = await create(name, { [TEXT[name]]: 'Text' }, { links })
    const { requestBody = '' } = bench.sim.log.findLast(({ path }) => path.endsWith(`/${name}`)) ?? {}
    expect([...requestBody.matchAll(/"associationTypeId":(\d+)/g)].map(([, type]) => Number(type))).toEqual(types[name])
    const found = await objectOf(name).links?.(bench.ctx, [id], ['contact', 'company', 'deal'])
    expect(found?.get(id)).toEqual(links)
    const { records } = await pullAll(bench.ctx, name, [TEXT[name]])
    expect(records).toMatchObject([{ id, links }])
  }
  expect((await bench.sim.truth('activity')).map(({ data, links: held }) => [data['kind'], held])).toEqual(
    ['call', 'task', 'note', 'meeting', 'email'].map((kind) => [kind, links]),
  )
})

test('every activity bears its marker in its text through every write of it, and shows none to a reader', async () => {
  bench = await openBench()
  for (const name of ACTIVITIES) {
    const text = TEXT[name]
    const id = await create(name, { [text]: '<p>First</p>' })
    expect(await read(name, id, text)).toEqual(['<p>First</p>'])
    await update(name, id, { [text]: 'Second' })
    expect(await read(name, id, text)).toEqual(['Second'])
    await update(name, id, { hubspot_owner_id: '61' })
    await update(name, id, { [text]: null })
    expect(await read(name, id, text, 'hubspot_owner_id')).toEqual([null, '61'])
    expect(referenceOf((await kept(name, id, text))[0])).toBe('m/1')
  }
})

test('an activity whose answer was lost is found by its marker alone, though the index hides it', async () => {
  bench = await openBench()
  bench.sim.indexLagMs = 3_600_000
  const person = await bench.sim.add('contact', { email: 'a@example.com' })
  for (const name of ACTIVITIES) {
    const rows = ['x', 'y', 'z'].map(
      (marker): Row => ({
        marker: `${name}/${marker}`,
        fields: { [TEXT[name]]: 'The same for all' },
        ...(marker === 'z' ? {} : { links: [{ type: 'contact', remoteId: person }] }),
      }),
    )
    const outcomes = (await objectOf(name).create?.(bench.ctx, rows)) ?? []
    const ids = outcomes.map((outcome) => (outcome.ok ? outcome.remoteId : ''))
    expect(new Set(ids).size).toBe(3)
    for (const [index, row] of rows.entries())
      expect(await objectOf(name).locate?.(bench.ctx, row)).toEqual([ids[index]])
    expect(
      await objectOf(name).locate?.(bench.ctx, { marker: 'other', fields: {}, links: rows[0]?.links ?? [] }),
    ).toEqual([])
  }
})

test('an activity without a time is placed at the moment of the push, and a task begins as one to do', async () => {
  bench = await openBench()
  for (const name of ACTIVITIES) {
    const id = await create(name, { [TEXT[name]]: 'Text' })
    expect(await read(name, id, 'hs_timestamp')).toEqual([at(0)])
  }
  const id = await create('tasks', { hs_task_subject: 'Call back', hs_timestamp: at(60_000) })
  expect(await kept('tasks', id, 'hs_task_status', 'hs_task_type', 'hs_timestamp')).toEqual([
    'NOT_STARTED',
    'TODO',
    at(60_000),
  ])
  await bench.ctx.call({
    method: 'PATCH',
    path: `/crm/v3/objects/tasks/${id}`,
    body: { properties: { hs_task_status: 'COMPLETED' } },
  })
  await update('tasks', id, { hs_task_subject: 'Called back' })
  expect(await kept('tasks', id, 'hs_task_status')).toEqual(['COMPLETED'])
})

test('a note’s subject is its bold first paragraph: each half may be written alone and the other stays', async () => {
  bench = await openBench()
  const id = await create('notes', { note_subject: 'Prices & <terms>\nfor 2027', hs_note_body: '<p>Body</p>' })
  expect(await kept('notes', id, 'hs_note_body')).toEqual([
    '<p><strong>Prices &amp; &lt;terms&gt;<br>for 2027</strong></p><p>Body</p><p>Ref: raccordo/m%2F1</p>',
  ])
  expect(await read('notes', id, 'note_subject', 'hs_note_body')).toEqual(['Prices & <terms>\nfor 2027', '<p>Body</p>'])
  await update('notes', id, { hs_note_body: 'New body' })
  expect(await read('notes', id, 'note_subject', 'hs_note_body')).toEqual(['Prices & <terms>\nfor 2027', 'New body'])
  await update('notes', id, { note_subject: 'New subject' })
  expect(await read('notes', id, 'note_subject', 'hs_note_body')).toEqual(['New subject', 'New body'])
  await update('notes', id, { hs_note_body: null })
  expect(await read('notes', id, 'note_subject', 'hs_note_body')).toEqual(['New subject', null])
  await update('notes', id, { note_subject: null, hs_note_body: 'Alone' })
  expect(await read('notes', id, 'note_subject', 'hs_note_body')).toEqual([null, 'Alone'])
})

test('a note that a person wrote loses nothing: only a paragraph that is bold as a whole is a subject', async () => {
  bench = await openBench()
  const texts: readonly (readonly [string, string | null, string | null])[] = [
    ['<p>Plain</p>', null, '<p>Plain</p>'],
    [
      '<p><strong>A</strong> and <strong>B</strong></p><p>C</p>',
      null,
      '<p><strong>A</strong> and <strong>B</strong></p><p>C</p>',
    ],
    ['<p><strong>Only this</strong></p>', null, '<p><strong>Only this</strong></p>'],
    ['<p style="x"><b>Title</b></p><p>Text</p>', 'Title', '<p>Text</p>'],
    ['<div dir="auto"><p><strong>Title</strong></p><p>Text</p></div>', 'Title', '<div dir="auto"><p>Text</p></div>'],
    ['Words', null, 'Words'],
  ]
  for (const [text, subject, body] of texts) {
    const id = await rawPost('notes', { hs_timestamp: at(0), hs_note_body: text })
    expect(await read('notes', id, 'note_subject', 'hs_note_body'), text).toEqual([subject, body])
    await update('notes', id, { note_subject: 'Given' })
    const [given, rest] = await read('notes', id, 'note_subject', 'hs_note_body')
    expect([given, rest], text).toEqual(['Given', body])
  }
})

test('a meeting keeps its length when it is moved and its beginning when it lasts longer', async () => {
  bench = await openBench()
  const times = ['hs_timestamp', 'hs_meeting_start_time', 'hs_meeting_end_time'] as const
  const id = await create('meetings', { hs_meeting_start_time: at(0), meeting_duration: 1_800_000 })
  expect(await kept('meetings', id, ...times)).toEqual([at(0), at(0), at(1_800_000)])
  await update('meetings', id, { hs_meeting_start_time: at(60_000) })
  expect(await kept('meetings', id, ...times)).toEqual([at(60_000), at(60_000), at(1_860_000)])
  await update('meetings', id, { meeting_duration: 600_000 })
  expect(await kept('meetings', id, ...times)).toEqual([at(60_000), at(60_000), at(660_000)])
  await update('meetings', id, { hs_meeting_title: 'Still the same' })
  expect(await read('meetings', id, 'hs_meeting_start_time', 'meeting_duration')).toEqual([at(60_000), '600000'])
  await update('meetings', id, { meeting_duration: null })
  expect(await read('meetings', id, 'hs_meeting_start_time', 'meeting_duration')).toEqual([at(60_000), null])
  const placed = await rawPost('meetings', { hs_timestamp: at(5_000) })
  expect(await read('meetings', placed, 'hs_meeting_start_time')).toEqual([at(5_000)])
})

test('an e-mail is read from its HTML or else its plain text, and both are written', async () => {
  bench = await openBench()
  const plain = await rawPost('emails', { hs_timestamp: at(0), hs_email_text: 'One & two\nthree' })
  expect(await read('emails', plain, 'hs_email_html')).toEqual(['One &amp; two<br>three'])
  const id = await create('emails', { hs_email_html: 'One &amp; two<br>three', hs_email_direction: 'INCOMING_EMAIL' })
  const names = ['hs_email_text', 'hs_email_html', 'hs_email_direction', 'hs_email_status']
  expect(await kept('emails', id, ...names)).toEqual([
    'One & two\nthree',
    'One &amp; two<br>three<p>Ref: raccordo/m%2F1</p>',
    'INCOMING_EMAIL',
    'SENT',
  ])
})

test('all canonical fields of each kind come back from the CRM as they were pushed', async () => {
  bench = await openBench()
  const owners = await readLookup(bench.ctx, 'owners')
  const resolver = {
    lookup: (_: string, by: { readonly id: string } | { readonly key: string }): LookupRow | undefined =>
      owners.find((row) => ('id' in by ? row.id === by.id : row.key === by.key)),
  }
  const common = {
    started_at: at(0),
    subject: 'S & <s>',
    body: 'Line one\nLine <two>',
    owner_email: 'sales.two@example.com',
  }
  const pushed: Readonly<Record<Activity, Fields>> = {
    calls: {
      ...common,
      kind: 'call',
      direction: 'inbound',
      duration_seconds: 95,
      outcome: 'left_voicemail',
      recording_url: 'https://recordings.example.com/1.mp3',
      from_e164: '+393471234567',
      to_e164: '+39061234567',
    },
    tasks: { ...common, kind: 'task' },
    notes: { ...common, kind: 'note' },
    meetings: { ...common, kind: 'meeting', duration_seconds: 2_700, outcome: 'no_answer' },
    emails: { ...common, kind: 'email', direction: 'inbound', outcome: 'failed' },
  }
  for (const name of ACTIVITIES) {
    const { type, aliases, describe } = objectOf(name)
    const fields = await describe?.(bench.ctx)
    const object = { type, name, ...(aliases === undefined ? {} : { aliases }) }
    const mapping = compileMapping({ spec: provider.mapping as MappingSpec, object, fields })
    expect(
      mapping.warnings.filter(({ message }) => !message.startsWith('The picklist')),
      name,
    ).toEqual([])
    const row = mapping.toRemote(pushed[name], resolver)
    const id = await create(name, row.ok ? row.fields : {})
    const [record] = (await objectOf(name).read?.(bench.ctx, [id], mapping.remoteFields)) ?? []
    const back = mapping.toCanonical(record ?? { fields: {} }, resolver)
    expect(back, name).toMatchObject({ ok: true, data: pushed[name] })
    const truth = (await bench.sim.truth('activity')).find((held) => held.id === id)
    expect(truth?.data, name).toMatchObject(pushed[name])
  }
})

test('a window shows what changed of each activity, by the stamp that all of them share', async () => {
  bench = await openBench()
  for (const name of ACTIVITIES) await create(name, { [TEXT[name]]: 'Text' })
  bench.pass(10)
  for (const name of ACTIVITIES) {
    expect(typeof objectOf(name).order).toBe('function')
    const { records } = await pullAll(bench.ctx, name, [TEXT[name]], { from: at(0), to: at(1) })
    expect(records.map(({ fields }) => fields[TEXT[name]])).toEqual(['Text'])
    expect((await pullAll(bench.ctx, name, [TEXT[name]], { from: at(1), to: at(10) })).records).toEqual([])
  }
  expect(bench.ctx.now().getTime()).toBe(START + 10)
})

test('the outcome of another kind of activity is left out of a push with a warning, and does not stop it', async () => {
  bench = await openBench()
  for (const [name, outcome] of [
    ['meetings', 'busy'],
    ['emails', 'connected'],
  ] as const) {
    const fields = await objectOf(name).describe?.(bench.ctx)
    const mapping = compileMapping({
      spec: provider.mapping as MappingSpec,
      object: { type: 'activity', name },
      fields,
    })
    const row = mapping.toRemote({ subject: 'S', outcome, duration_seconds: 5 }, { lookup: () => undefined })
    expect(row).toMatchObject({
      ok: true,
      warnings: [expect.stringContaining('outcome'), ...(name === 'emails' ? [expect.any(String)] : [])],
    })
  }
})
