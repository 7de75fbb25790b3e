import type { Fields, Link, Row } from '@raccordo/core/plugin'
import { afterEach, describe, expect, test } from 'vitest'
import type { OdooSimulatorOptions } from '../simulator/index.ts'
import { calls, emails, idOf, meetings, notes, openSimulated, pullAll, type Simulated, tasks } from './simulated.ts'

let open: Simulated | undefined
afterEach(async () => {
  await open?.simulator.stop()
  open = undefined
})

/** An Odoo with a company, a contact of no company, and a deal. */
const start = async (options?: OdooSimulatorOptions) => {
  open = await openSimulated(options)
  const { simulator, ctx } = open
  const company: Link = { type: 'company', remoteId: await simulator.add('company', { name: 'Acme & Sons' }) }
  const contact: Link = { type: 'contact', remoteId: await simulator.add('contact', { first_name: 'Ann' }) }
  const deal: Link = { type: 'deal', remoteId: await simulator.add('deal', { title: 'Renewal #12' }) }
  const admin = simulator.database.users.find(({ login }) => login === 'admin')
  if (admin === undefined) throw new Error('no administrator')
  const act = (model: string, method: string, body: Fields) =>
    simulator.database.executeNamed(admin, model, method, body)
  return { simulator, ctx, company, contact, deal, everybody: [contact, company, deal], act }
}

const row = (fields: Fields, links: readonly Link[], marker = 'activity-1'): Row => ({ marker, fields, links })
const byType = (links: readonly Link[] | undefined) =>
  Object.fromEntries((links ?? []).map(({ type, remoteId }) => [type, remoteId]))
const said = {
  body: 'Bring <the> offer & a pen',
  direction: 'outbound',
  outcome: 'connected',
  recording_url: 'https://recordings.example/1?a=1&b=2',
}

describe('whom an activity is with', () => {
  const objects = { call: calls, note: notes, task: tasks, meeting: meetings }
  const named = { call: {}, note: {}, task: { summary: 'A' }, meeting: { name: 'A' } }
  for (const kind of ['call', 'note', 'task', 'meeting'] as const)
    for (const version of [14, 19])
      test(`a ${kind} keeps its contact, its company and its deal, at once or one after the other, on Odoo ${version}`, async () => {
        const { ctx, contact, company, deal, everybody } = await start({ version })
        const object = objects[kind]
        const whole = idOf((await object.create(ctx, [row({ ...named[kind], body: 'a' }, everybody)]))[0])
        expect(byType((await object.read(ctx, [whole], []))[0]?.links)).toEqual(byType(everybody))
        const later = idOf((await object.create(ctx, [row({ ...named[kind], body: 'b' }, [contact], 'later')]))[0])
        for (const link of [deal, company])
          await object.update(ctx, [{ marker: 'x', remoteId: later, fields: {}, links: [link] }])
        const [record] = await object.read(ctx, [later], ['body'])
        expect(byType(record?.links)).toEqual(byType(everybody))
        expect(record?.fields).toEqual({ body: 'b' })
      })

  test('another contact takes the place of the one before', async () => {
    const { simulator, ctx, contact } = await start()
    const bob: Link = { type: 'contact', remoteId: await simulator.add('contact', { first_name: 'Bob' }) }
    for (const kind of ['call', 'note', 'task', 'meeting'] as const) {
      const object = objects[kind]
      const id = idOf((await object.create(ctx, [row(named[kind], [contact], kind)]))[0])
      await object.update(ctx, [{ marker: 'x', remoteId: id, fields: {}, links: [bob] }])
      expect((await object.read(ctx, [id], []))[0]?.links).toEqual([bob])
    }
  })
})

describe('planned activities as tasks', () => {
  for (const version of [14, 17, 19])
    test(`a task reads back whole and is made once, on Odoo ${version}`, async () => {
      const { ctx, everybody, simulator } = await start({ version })
      const fields = { ...said, summary: 'Call back', started_at: '2027-01-02T03:04:05.000Z', duration_seconds: 95 }
      const id = idOf((await tasks.create(ctx, [row(fields, everybody)]))[0])
      expect((await tasks.read(ctx, [id], Object.keys(fields)))[0]?.fields).toEqual(fields)
      expect(idOf((await tasks.create(ctx, [row(fields, everybody)]))[0])).toBe(id)
      expect((await simulator.truth('activity')).map((task) => task.id)).toEqual([id])
      expect(await tasks.locate(ctx, row({}, []))).toEqual([id])
    })

  test('a day that a person moves counts more than the time that was pushed', async () => {
    const { simulator, ctx, deal } = await start()
    const id = idOf((await tasks.create(ctx, [row({ started_at: '2027-01-02T03:04:05Z' }, [deal])]))[0])
    simulator.database.writeAsUser('mail.activity', Number(id), { date_deadline: '2027-02-01' })
    expect((await tasks.read(ctx, [id], ['started_at']))[0]?.fields['started_at']).toBe('2027-02-01T00:00:00.000Z')
  })

  test('a task that is done lives on in Odoo 19, and is gone from older versions', async () => {
    for (const version of [14, 19]) {
      const { simulator, ctx, contact, act } = await start({ version })
      const id = idOf((await tasks.create(ctx, [row({ summary: 'Do it' }, [contact])]))[0])
      act('mail.activity', 'action_feedback', { ids: [Number(id)] })
      const found = await tasks.read(ctx, [id], ['state'])
      expect(found.map(({ fields, deletedAt }) => [fields['state'], deletedAt])).toEqual(
        version === 14 ? [] : [['done', undefined]],
      )
      await simulator.stop()
    }
  })

  test('what a person plans is a task, and what stands in the calendar is a meeting', async () => {
    const { simulator, ctx, deal, act } = await start()
    const ids = [Number(deal.remoteId)]
    const planned = act('crm.lead', 'activity_schedule', { ids, summary: 'Planned', date_deadline: '2027-01-02' })
    const event = simulator.database.writeAsUser('calendar.event', undefined, { name: 'Event' })
    const hung = act('crm.lead', 'activity_schedule', { ids, summary: 'In the calendar' }) as number[]
    simulator.database.writeAsUser('mail.activity', hung[0], { calendar_event_id: event })
    expect((await pullAll(ctx, tasks, ['summary'])).map(({ id }) => Number(id))).toEqual(planned)
    expect((await pullAll(ctx, meetings, ['name'])).map(({ id }) => Number(id))).toEqual([event])
  })

  test('a task for nobody is refused, one for a user alone is not, and nobody gets an e-mail', async () => {
    const { ctx, contact, act } = await start()
    const user_id = '2'
    const outcomes = await tasks.create(ctx, [
      row({ summary: 'Nobody' }, [], 'a'),
      row({ summary: 'Gone' }, [{ type: 'contact', remoteId: '999999' }], 'b'),
      row({ summary: 'Alone', user_id }, [], 'c'),
      row({ summary: 'With', user_id }, [contact], 'd'),
    ])
    expect(outcomes).toMatchObject([
      { ok: false, kind: 'invalid', message: expect.stringContaining('names none') },
      { ok: false, kind: 'invalid', message: expect.stringContaining('999999') },
      { ok: true },
      { ok: true },
    ])
    expect(act('mail.mail', 'search_count', { domain: [] })).toBe(0)
  })
})

describe('events of the calendar as meetings', () => {
  for (const version of [14, 19])
    test(`a meeting reads back whole, to the second, and nobody is invited, on Odoo ${version}`, async () => {
      const { ctx, everybody, act } = await start({ version })
      const fields = { ...said, name: 'Kick-off', start: '2027-01-02T03:04:05Z', duration_seconds: 2_765 }
      const id = idOf((await meetings.create(ctx, [row(fields, everybody)]))[0])
      expect((await meetings.read(ctx, [id], Object.keys(fields)))[0]?.fields).toEqual(fields)
      await meetings.update(ctx, [{ marker: 'x', remoteId: id, fields: { start: '2027-01-03T03:04:05Z' } }])
      const [moved] = await meetings.read(ctx, [id], Object.keys(fields))
      expect(moved?.fields).toEqual({ ...fields, start: '2027-01-03T03:04:05Z' })
      expect(act('mail.mail', 'search_count', { domain: [] })).toBe(0)
    })

  test('a meeting without a duration lasts an hour', async () => {
    const { ctx, contact } = await start()
    const fields = { name: 'A', start: '2027-01-02T03:00:00Z' }
    const id = idOf((await meetings.create(ctx, [row(fields, [contact])]))[0])
    expect((await meetings.read(ctx, [id], ['duration_seconds']))[0]?.fields).toEqual({ duration_seconds: 3_600 })
  })

  test('colleagues attend and are no contacts; a contact that comes later leaves them where they are', async () => {
    const { simulator, ctx, contact } = await start()
    const bob: Link = { type: 'contact', remoteId: await simulator.add('contact', { first_name: 'Bob' }) }
    const fields = { name: 'A', start: '2027-01-02T03:00:00Z', user_id: '2' }
    const id = idOf((await meetings.create(ctx, [row(fields, [contact])]))[0])
    await meetings.update(ctx, [{ marker: 'x', remoteId: id, fields: {}, links: [bob] }])
    const [record] = await meetings.read(ctx, [id], ['partner_ids'])
    expect(record?.links).toEqual([bob])
    expect(record?.fields['partner_ids']).toHaveLength(2)
  })

  test('an archived meeting is gone', async () => {
    const { simulator, ctx, contact } = await start()
    const id = idOf((await meetings.create(ctx, [row({ name: 'A' }, [contact])]))[0])
    simulator.database.writeAsUser('calendar.event', Number(id), { active: false })
    expect((await meetings.read(ctx, [id], []))[0]?.deletedAt).toBeDefined()
  })
})

describe('notes and e-mails in the chatter', () => {
  test("a person's own words are a note of theirs, Odoo's own log is none", async () => {
    const { ctx, contact, deal, act } = await start()
    const post = {
      body: 'My own words',
      message_type: 'comment',
      subtype_xmlid: 'mail.mt_note',
      email_from: '"Ann" <Ann@acme.example>',
    }
    act('crm.lead', 'message_post', { ids: [Number(deal.remoteId)], ...post })
    act('res.partner', 'message_post', { ids: [Number(contact.remoteId)], body: 'Log', message_type: 'notification' })
    const found = await pullAll(ctx, notes, ['kind', 'body', 'owner_email', 'outcome'])
    expect(found.map(({ fields, links }) => ({ fields, links }))).toEqual([
      { fields: { kind: 'note', body: 'My own words', owner_email: 'ann@acme.example', outcome: null }, links: [deal] },
    ])
  })

  test('what a person adds to a note of the plugin comes with it, and a later push keeps it', async () => {
    const { simulator, ctx, contact, act } = await start()
    const id = idOf((await notes.create(ctx, [row(said, [contact])]))[0])
    const body = act('mail.message', 'read', { ids: [Number(id)], fields: ['body'] }) as { body: string }[]
    simulator.database.writeAsUser('mail.message', Number(id), { body: `${body[0]?.body}<p>And a pencil</p>` })
    await notes.update(ctx, [{ marker: 'x', remoteId: id, fields: { outcome: 'busy' } }])
    expect((await notes.read(ctx, [id], ['body', 'outcome']))[0]?.fields).toEqual({
      body: `${said.body}\nAnd a pencil`,
      outcome: 'busy',
    })
  })

  test('e-mails are read with their direction, and are off until a connection asks for them', async () => {
    const { simulator, ctx, contact, act } = await start()
    const colleague = act('res.users', 'read', { ids: [2], fields: ['partner_id'] }) as {
      partner_id: [number, string]
    }[]
    const on = { model: 'res.partner', res_id: Number(contact.remoteId), message_type: 'email', subject: 'Offer' }
    simulator.database.writeAsUser('mail.message', undefined, { ...on, body: '<p>In</p>', author_id: false })
    const author_id = colleague[0]?.partner_id[0] ?? 0
    simulator.database.writeAsUser('mail.message', undefined, { ...on, body: '<p>Out</p>', author_id })
    const found = await pullAll(ctx, emails, ['kind', 'subject', 'body', 'direction'])
    expect(found.map(({ fields }) => fields)).toEqual([
      { kind: 'email', subject: 'Offer', body: 'In', direction: 'inbound' },
      { kind: 'email', subject: 'Offer', body: 'Out', direction: 'outbound' },
    ])
    expect(emails).toMatchObject({ onByDefault: false })
    expect(emails.create).toBeUndefined()
  })

  test('a page that hidden messages have emptied is not the last', async () => {
    const { simulator, ctx, contact, deal } = await start()
    const low = simulator.database.users.find(({ login }) => login.startsWith('low'))
    const session = { ...ctx.session, uid: low?.uid, secret: low?.password }
    const post = (model: string, link: Link, body: string) => {
      const comment = { message_type: 'comment', author_id: false, body }
      return simulator.database.writeAsUser('mail.message', undefined, {
        ...comment,
        model,
        res_id: Number(link.remoteId),
      })
    }
    for (let index = 0; index < 7; index += 1) post('crm.lead', deal, '<p>Hidden</p>')
    const seen = post('res.partner', contact, '<p>Seen</p>')
    const found = await pullAll({ ...ctx, session }, notes, ['body'], 3)
    expect(found.map(({ id }) => Number(id))).toEqual([seen])
  })
})
