import type { Fields, Row } from '@raccordo/core/plugin'
import { afterEach, describe, expect, test } from 'vitest'
import { calls, idOf, openSimulated, pullAll, type Simulated } from './simulated.ts'

let open: Simulated | undefined
afterEach(async () => {
  await open?.simulator.stop()
  open = undefined
})
const start = async (...options: Parameters<typeof openSimulated>) => {
  open = await openSimulated(...options)
  return { ...open, contact: await open.simulator.add('contact', { first_name: 'Callee' }) }
}

const said: Fields = {
  kind: 'call',
  direction: 'outbound',
  outcome: 'connected',
  started_at: '2026-01-02T03:04:05.000Z',
  duration_seconds: 125,
  from_e164: '+390212345678',
  to_e164: '+33612345678',
  owner_email: 'agent@example.test',
  subject: 'Renewal <2026>',
  body: 'Wants the offer & a call back\n\n-- \nAgent',
}
const callOn = (contact: string, fields: Fields = said, marker = 'call-1'): Row => ({
  marker,
  fields,
  links: [{ type: 'contact', remoteId: contact }],
})
const FIELDS = ['kind', ...Object.keys(said).filter((name) => name !== 'kind'), 'recording_url']

describe('calls in the chatter', () => {
  for (const version of [14, 17, 19])
    test(`a call is one note on its contact, backdated to its start, and reads back whole, on Odoo ${version}`, async () => {
      const { simulator, ctx, contact } = await start({ version })
      const id = idOf((await calls.create(ctx, [callOn(contact)]))[0])
      const [record] = await calls.read(ctx, [id], FIELDS)
      expect(record?.fields).toEqual({ ...said, recording_url: null })
      expect(record?.links).toEqual([{ type: 'contact', remoteId: contact }])
      expect(await simulator.truth('activity')).toEqual([
        { id, data: said, links: [{ type: 'contact', remoteId: contact }], updatedAt: record?.updatedAt },
      ])
    })

  test('the same marker makes one message, and a repetition brings it up to date', async () => {
    for (const version of [14, 19]) {
      const { simulator, ctx, contact } = await start({ version })
      const id = idOf((await calls.create(ctx, [callOn(contact)]))[0])
      const again = await calls.create(ctx, [callOn(contact, { outcome: 'busy' })])
      expect(idOf(again[0])).toBe(id)
      const [only, ...others] = await simulator.truth('activity')
      expect(others).toEqual([])
      expect(only?.data['outcome']).toBe('busy')
      expect(await calls.locate(ctx, callOn(contact))).toEqual([id])
      await simulator.stop()
    }
  })

  test('a message that is there already is adopted although load blames a new one for it', async () => {
    const { simulator, ctx, contact } = await start()
    const old = idOf((await calls.create(ctx, [callOn(contact)]))[0])
    const outcomes = await calls.create(ctx, [
      callOn(contact, said, 'new'),
      callOn(contact),
      callOn(contact, said, 'newer'),
    ])
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true])
    expect(idOf(outcomes[1])).toBe(old)
    expect(await simulator.truth('activity')).toHaveLength(3)
  })

  test('what comes later is merged into the message: a patch loses nothing, and null clears', async () => {
    const { ctx, contact } = await start()
    const id = idOf((await calls.create(ctx, [callOn(contact)]))[0])
    const patch = { recording_url: 'https://recordings.example/1?a=1&b=2', outcome: null }
    const [outcome] = await calls.update(ctx, [{ ...callOn(contact, patch), remoteId: id }])
    const [record] = await calls.read(ctx, [id], FIELDS)
    expect(record?.fields).toEqual({ ...said, ...patch })
    expect(outcome).toEqual({ ok: true, remoteId: id, created: false, updatedAt: record?.updatedAt })
  })

  test("times are UTC even where the user's own zone is another", async () => {
    const { ctx, contact } = await start({ userTimeZone: 'Asia/Tokyo' })
    const id = idOf((await calls.create(ctx, [callOn(contact)]))[0])
    await calls.update(ctx, [{ ...callOn(contact, { started_at: null }), remoteId: id }])
    expect((await calls.read(ctx, [id], FIELDS))[0]?.fields).toMatchObject({
      started_at: '2026-01-02T03:04:05Z',
    })
  })

  test('a call of a company stands in its chatter and is linked to it', async () => {
    const { simulator, ctx } = await start()
    const company = await simulator.add('company', { name: 'Acme' })
    const links = [{ type: 'company' as const, remoteId: company }]
    const id = idOf((await calls.create(ctx, [{ marker: 'a', fields: said, links }]))[0])
    expect((await calls.read(ctx, [id], ['kind']))[0]?.links).toEqual(links)
  })

  test('a call without a contact or company, or with one that is gone, fails by itself and says why', async () => {
    const { ctx, contact } = await start()
    const outcomes = await calls.create(ctx, [
      { marker: 'a', fields: said },
      callOn('999999', said, 'b'),
      callOn(contact, said, 'c'),
    ])
    expect(outcomes).toMatchObject([{ ok: false, kind: 'invalid' }, { ok: false, kind: 'invalid' }, { ok: true }])
    expect(outcomes[0]).toMatchObject({ message: expect.stringContaining('names none') })
    expect(outcomes[1]).toMatchObject({ message: expect.stringContaining('999999') })
  })

  test('a message that a user deleted is not found by an update, and made anew by a create', async () => {
    const { simulator, ctx, contact } = await start()
    const id = idOf((await calls.create(ctx, [callOn(contact)]))[0])
    await simulator.remove('activity', id)
    expect(await calls.update(ctx, [{ ...callOn(contact), remoteId: id }])).toMatchObject([
      { ok: false, kind: 'not_found' },
    ])
    expect(await calls.locate(ctx, callOn(contact))).toEqual([])
    expect(idOf((await calls.create(ctx, [callOn(contact)]))[0])).not.toBe(id)
  })

  test('calls go with the contact that is deleted', async () => {
    const { simulator, ctx, contact } = await start()
    await calls.create(ctx, [callOn(contact)])
    await simulator.remove('contact', contact)
    expect(await simulator.truth('activity')).toEqual([])
  })

  test('only calls are read, never the other messages of a chatter', async () => {
    const { simulator, ctx, contact } = await start()
    const post = { ids: [Number(contact)], body: 'A note', message_type: 'comment', subtype_xmlid: 'mail.mt_note' }
    const user = simulator.database.users.find(({ login }) => login === 'admin')
    if (user === undefined) throw new Error('no administrator')
    const [note] = simulator.database.executeNamed(user, 'res.partner', 'message_post', post) as number[]
    const id = idOf((await calls.create(ctx, [callOn(contact)]))[0])
    expect((await pullAll(ctx, calls, FIELDS)).map((record) => record.id)).toEqual([id])
    expect((await calls.stamps(ctx, { limit: 10 })).rows.map((row) => row.id)).toEqual([id])
    expect(await calls.read(ctx, [String(note), id], FIELDS)).toHaveLength(1)
  })

  test('calls are paged by id and read once each', async () => {
    const { ctx, contact } = await start()
    const rows = Array.from({ length: 7 }, (_, index) => callOn(contact, { subject: `Call ${index}` }, `m${index}`))
    const ids = (await calls.create(ctx, rows)).map(idOf)
    expect((await pullAll(ctx, calls, ['subject'], 3)).map((record) => record.id)).toEqual(ids)
  })

  test('a call whose answer was lost is located and not made twice', async () => {
    const { simulator, ctx, contact } = await start()
    simulator.faults.add({ body: /"load"/, times: 1, effect: { kind: 'cut', when: 'after' } })
    await expect(calls.create(ctx, [callOn(contact)])).rejects.toThrow()
    expect(await calls.locate(ctx, callOn(contact))).toHaveLength(1)
    expect((await calls.create(ctx, [callOn(contact)]))[0]?.ok).toBe(true)
    expect(await simulator.truth('activity')).toHaveLength(1)
  })

  test('every field that is read or written is described', async () => {
    const { ctx } = await start()
    expect((await calls.describe(ctx)).map(({ name }) => name).sort()).toEqual([...FIELDS, 'email_from'].sort())
  })
})
