import { randomUUID } from 'node:crypto'
import type { Ctx } from '@raccordo/core/plugin'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { simulator } from '../../simulator/index.ts'
import { CALL_FIELDS, cleanText } from '../../src/call-body.ts'
import type { OdooSettings } from '../../src/settings.ts'
import { openContext } from '../context.ts'
import { calls, contacts, idOf } from '../simulated.ts'
import { liveConnection } from './connection.ts'

const { settings, password, key } = liveConnection()
const FIELDS = ['kind', ...CALL_FIELDS]

for (const [name, credentials] of Object.entries({ 'JSON-RPC': password, 'JSON-2': key }))
  describe(`calls at a real Odoo over ${name}`, () => {
    let ctx: Ctx<OdooSettings>
    let contact = ''
    const run = randomUUID()
    beforeAll(async () => {
      ctx = await openContext(settings, credentials)
      contact = idOf((await contacts.create(ctx, [{ marker: `callee-${run}`, fields: { name: 'Callee' } }]))[0])
    })
    const links = () => [{ type: 'contact' as const, remoteId: contact }]

    test('eight workers that log one call at once make one message', async () => {
      const row = { marker: `race-${run}`, fields: { outcome: 'busy' }, links: links() }
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => calls.create(ctx, [row])))
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ kind: 'locked' })
      const id = idOf((await calls.create(ctx, [row]))[0])
      expect(await calls.locate(ctx, row)).toEqual([id])
      const double = await simulator.attach?.({ settings: { ...settings }, credentials })
      const mine = (await double?.truth('activity'))?.filter((call) => call.links[0]?.remoteId === contact)
      expect(mine?.map((call) => call.id)).toEqual([id])
    })

    test("hostile texts come back from Odoo's sanitizer as they went in", async () => {
      const texts = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('-- \nx', '<b>&amp;</b>', ' a\r\nb ', '</span></li>'),
      )
      const samples = fc.sample(fc.record({ subject: texts, body: texts, recording_url: fc.webUrl() }), 60)
      const rows = samples.map((fields, index) => ({ marker: `hostile-${index}-${run}`, fields, links: links() }))
      const ids = (await calls.create(ctx, rows)).map(idOf)
      const read = new Map((await calls.read(ctx, ids, FIELDS)).map((record) => [record.id, record.fields]))
      samples.forEach((fields, index) => {
        const back = read.get(ids[index] ?? '')
        for (const field of ['subject', 'body', 'recording_url'] as const)
          expect(back?.[field] ?? '').toBe(fields[field] === '' ? '' : cleanText(fields[field]))
      })
    })

    test('a recording that comes later is added, and the rest stays', async () => {
      const fields = {
        direction: 'inbound',
        outcome: 'connected',
        started_at: '2026-01-02T03:04:05Z',
        duration_seconds: 61,
        body: 'a & b',
      }
      const row = { marker: `later-${run}`, fields, links: links() }
      const id = idOf((await calls.create(ctx, [row]))[0])
      const recording_url = 'https://recordings.example/1?a=1&b=2'
      await calls.update(ctx, [{ ...row, remoteId: id, fields: { recording_url, outcome: null } }])
      const [record] = await calls.read(ctx, [id], FIELDS)
      expect(record?.fields).toMatchObject({ ...fields, recording_url, outcome: null, kind: 'call' })
      expect(record?.links).toEqual(links())
    })

    test('a call on nobody and one on a contact that is gone fail by themselves', async () => {
      const gone = [{ type: 'contact' as const, remoteId: '999999999' }]
      const outcomes = await calls.create(ctx, [
        { marker: `nobody-${run}`, fields: {} },
        { marker: `gone-${run}`, fields: {}, links: gone },
        { marker: `good-${run}`, fields: {}, links: links() },
      ])
      expect(outcomes).toMatchObject([{ ok: false, kind: 'invalid' }, { ok: false, kind: 'invalid' }, { ok: true }])
      expect(
        await calls.update(ctx, [{ marker: 'x', remoteId: '999999999', fields: { outcome: 'busy' } }]),
      ).toMatchObject([{ ok: false, kind: 'not_found' }])
    })
  })
