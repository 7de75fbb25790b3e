import { randomUUID } from 'node:crypto'
import type { Ctx, Link } from '@raccordo/core/plugin'
import { beforeAll, describe, expect, test } from 'vitest'
import type { OdooSettings } from '../../src/settings.ts'
import { callMethod } from '../../src/transport.ts'
import { openContext } from '../context.ts'
import { companies, contacts, deals, idOf, meetings, notes, pullAll, tasks, type Whole } from '../simulated.ts'
import { liveConnection } from './connection.ts'

const { settings, password, key } = liveConnection()

for (const [name, credentials] of Object.entries({ 'JSON-RPC': password, 'JSON-2': key }))
  describe(`tasks, meetings and notes at a real Odoo over ${name}`, () => {
    const run = randomUUID()
    let ctx: Ctx<OdooSettings>
    let [contact, company, deal]: Link[] = []
    beforeAll(async () => {
      ctx = await openContext(settings, credentials)
      const make = async (object: Whole, fields: { name: string }) =>
        idOf((await object.create(ctx, [{ marker: `${object.name}-${run}`, fields }]))[0])
      contact = { type: 'contact', remoteId: await make(contacts, { name: 'Ann' }) }
      company = { type: 'company', remoteId: await make(companies, { name: 'Acme & Sons' }) }
      deal = { type: 'deal', remoteId: await make(deals, { name: 'Renewal' }) }
    })
    const everybody = (): Link[] => [contact, company, deal].flatMap((link) => link ?? [])
    const byType = (links: readonly Link[] | undefined) =>
      Object.fromEntries((links ?? []).map(({ type, remoteId }) => [type, remoteId]))
    const said = {
      body: 'Bring <the> offer & a pen\n\n-- \nAnn',
      direction: 'outbound',
      outcome: 'connected',
      recording_url: 'https://recordings.example/1?a=1&b=2',
    }
    const window = () => ({
      from: new Date(Date.now() - 60_000).toISOString(),
      to: new Date(Date.now() + 60_000).toISOString(),
    })

    test('eight workers that write one task, one meeting or one note at once make one', async () => {
      for (const object of [tasks, meetings, notes]) {
        const fields =
          object === tasks ? { summary: 'Race' } : object === meetings ? { name: 'Race' } : { body: 'Race' }
        const row = { marker: `race-${run}`, fields, links: everybody() }
        const results = await Promise.allSettled(Array.from({ length: 8 }, () => object.create(ctx, [row])))
        for (const result of results)
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ kind: 'locked' })
        const id = idOf((await object.create(ctx, [row]))[0])
        expect(await object.locate(ctx, row)).toEqual([id])
        const found = await pullAll(ctx, object, ['kind'], 500, window())
        const mine = found.filter(({ links }) => byType(links)['deal'] === deal?.remoteId)
        expect(mine.map((record) => record.id)).toEqual([id])
      }
    })

    test('a task reads back whole, with its time of day and all whom it is with, and is moved by its day', async () => {
      const fields = { ...said, summary: 'Call back', started_at: '2027-01-02T03:04:05.000Z', duration_seconds: 95 }
      const id = idOf((await tasks.create(ctx, [{ marker: `task-${run}`, fields, links: everybody() }]))[0])
      const [record] = await tasks.read(ctx, [id], Object.keys(fields))
      expect(record?.fields).toEqual(fields)
      expect(byType(record?.links)).toEqual(byType(everybody()))
      await callMethod(ctx, {
        model: 'mail.activity',
        method: 'write',
        ids: [Number(id)],
        named: { vals: { date_deadline: '2027-02-01' } },
      })
      expect((await tasks.read(ctx, [id], ['started_at']))[0]?.fields['started_at']).toBe('2027-02-01T00:00:00.000Z')
      await tasks.update(ctx, [{ marker: 'x', remoteId: id, fields: { outcome: null, summary: 'Later' } }])
      expect((await tasks.read(ctx, [id], ['outcome', 'summary', 'body']))[0]?.fields).toEqual({
        outcome: null,
        summary: 'Later',
        body: said.body,
      })
    })

    test('a task that is done lives on as done, and one whose record is gone fails by itself', async () => {
      const row = { marker: `done-${run}`, fields: { summary: 'Do it' }, links: everybody() }
      const gone = { ...row, marker: `gone-${run}`, links: [{ type: 'contact' as const, remoteId: '999999999' }] }
      const outcomes = await tasks.create(ctx, [gone, row])
      expect(outcomes).toMatchObject([{ ok: false, kind: 'invalid' }, { ok: true }])
      const id = idOf(outcomes[1])
      await callMethod(ctx, { model: 'mail.activity', method: 'action_feedback', ids: [Number(id)] })
      const found = (await pullAll(ctx, tasks, ['state', 'active'], 500, window())).find((task) => task.id === id)
      expect(found).toMatchObject({ fields: { state: 'done', active: false } })
      expect(found?.deletedAt).toBeUndefined()
    })

    test('a meeting reads back whole, to the second, with all whom it is with', async () => {
      const fields = { ...said, name: 'Kick-off', start: '2027-01-02T03:04:05Z', duration_seconds: 2_765 }
      const id = idOf((await meetings.create(ctx, [{ marker: `meeting-${run}`, fields, links: everybody() }]))[0])
      const [record] = await meetings.read(ctx, [id], Object.keys(fields))
      expect(record?.fields).toEqual(fields)
      expect(byType(record?.links)).toEqual(byType(everybody()))
      await meetings.update(ctx, [{ marker: 'x', remoteId: id, fields: { start: '2027-01-03T03:04:05Z' } }])
      expect((await meetings.read(ctx, [id], ['start', 'duration_seconds']))[0]?.fields).toEqual({
        start: '2027-01-03T03:04:05Z',
        duration_seconds: 2_765,
      })
    })

    test("a note reads back whole, and a person's own notes come beside it, Odoo's own log does not", async () => {
      const fields = { ...said, subject: 'Renewal', started_at: '2026-01-02T03:04:05.000Z' }
      const id = idOf((await notes.create(ctx, [{ marker: `note-${run}`, fields, links: everybody() }]))[0])
      const [record] = await notes.read(ctx, [id], Object.keys(fields))
      expect(record?.fields).toEqual(fields)
      expect(byType(record?.links)).toEqual(byType(everybody()))
      const named = { body: 'My own words', message_type: 'comment', subtype_xmlid: 'mail.mt_note' }
      const ids = [Number(deal?.remoteId)]
      const posted = await callMethod(ctx, { model: 'crm.lead', method: 'message_post', ids, named })
      const own = String(Array.isArray(posted) ? posted[0] : posted)
      const found = await pullAll(ctx, notes, ['body', 'owner_email'], 3, window())
      expect(found.find((note) => note.id === own)?.fields).toEqual({
        body: 'My own words',
        owner_email: 'connector@example.test',
      })
      expect(found.filter(({ fields: { body } }) => body === null)).toEqual([])
      expect(new Set(found.map((note) => note.id)).size).toBe(found.length)
    })
  })
