import { eachBackend } from '@raccordo/testkit/database'
import { expect, test } from 'vitest'
import { contactItem, eventually, hostTemplate, startRig } from '../crm/rig.ts'

const EMAIL = 'ada@example.com'
const FORBIDDEN = {
  kind: 'reply',
  when: 'before',
  reply: { status: 403, body: { message: 'Ask your admin' } },
} as const

eachBackend(
  'when the CRM refuses',
  (backend) => {
    test('a lost sign-in pauses the connection, drops nothing, and new credentials go on where it stood', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host, connectionId } = rig
      const spec = { version: 1, objects: { contact: { fields: { title: 'role' } } } }
      await host.connections.putMapping(connectionId, spec)
      await rig.pushed(contactItem('p1', { email: EMAIL }))
      await rig.pull()
      const watermarks = async () => (await host.connections.status(connectionId)).passes.map((pass) => pass.watermark)
      const before = await watermarks()
      crm.knobs.token = 'key-2'
      const push = await rig.push(contactItem('p1', { title: 'Boss' }))
      await eventually(async () => {
        expect(await host.connections.get(connectionId)).toMatchObject({ status: 'needs_reconnect' })
      })
      crm.add('contact', { email: 'other@example.com' })
      const calls = crm.server.calls()
      await new Promise((resolve) => setTimeout(resolve, 2_500))
      expect(crm.server.calls()).toBe(calls)
      expect(await host.outbox.get(push)).toMatchObject({ status: 'pending', attempts: 0 })
      expect(await watermarks()).toEqual(before)
      await host.connections.update(connectionId, { credentials: { apiKey: 'key-2' } })
      expect((await host.outbox.wait(push)).status).toBe('done')
      await rig.pull()
      expect(await rig.feed()).toHaveLength(2)
      expect((await host.links.list(connectionId)).items).toHaveLength(1)
      expect((await host.connections.mapping(connectionId)).spec).toMatchObject({
        objects: { contact: { fields: { title: 'role' } } },
      })
    })

    test('a sign-in that is lost while a push is looked for pauses the connection too', async () => {
      const rig = await startRig(await backend.open(), { settleMs: 700 })
      const { crm, host, connectionId } = rig
      crm.server.faults.add({ path: /create/, times: 1, effect: { kind: 'cut', when: 'after' } })
      const push = await rig.push({ object: 'activity', localId: 'c1', data: { kind: 'call' } })
      await eventually(async () => expect((await host.outbox.get(push)).lastError).not.toBe(null))
      crm.knobs.token = 'key-2'
      await eventually(async () => {
        expect(await host.connections.get(connectionId)).toMatchObject({ status: 'needs_reconnect' })
      })
      await host.connections.update(connectionId, { credentials: { apiKey: 'key-2' } })
      expect((await host.outbox.wait(push)).status).toBe('done')
      expect(crm.live('call')).toHaveLength(1)
    })

    test('a sign-in that is lost while a webhook is followed pauses the connection, and the hint is kept', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host, connectionId } = rig
      const { id } = crm.add('contact', { email: EMAIL })
      crm.knobs.token = 'key-2'
      await rig.rows(`insert into crm_webhook_inbox
        (connection_id, provider, dedupe_key, object, external_id, op, at, correlation_id)
        values ('${connectionId}', 'fake', 'k1', 'contact', '${id}', 'upsert', now(), 'test')`)
      await eventually(async () => {
        expect(await host.connections.get(connectionId)).toMatchObject({ status: 'needs_reconnect' })
      })
      await host.connections.update(connectionId, { credentials: { apiKey: 'key-2' } })
      await eventually(async () => expect(await rig.feed()).toHaveLength(1))
    })

    test('forbidden objects are switched off, each with its words, and stop no other, now or later', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host, connectionId } = rig
      crm.server.faults.add({ path: /^\/(company|call)\/search/, effect: FORBIDDEN })
      crm.add('contact', { email: EMAIL })
      await expect(rig.pull()).rejects.toMatchObject({ kind: 'forbidden' })
      await eventually(async () => {
        expect(Object.keys((await host.connections.get(connectionId)).switchedOff).sort()).toEqual(['call', 'company'])
      })
      await eventually(async () => expect(await rig.feed()).toHaveLength(1))
      crm.add('contact', { email: 'other@example.com' })
      await rig.pull()
      expect(await rig.feed()).toHaveLength(2)
      crm.server.faults.clear()
      await host.connections.update(connectionId, { objects: ['contact', 'company', 'call'] })
      crm.add('company', { name: 'Acme' })
      await rig.pull()
      expect(await rig.feed('company')).toHaveLength(1)
    })

    test('a sweep that finds more than a quarter gone stops and says so; forced, it believes it', async () => {
      const rig = await startRig(await backend.open(), { deletedScope: 'none' })
      const { crm } = rig
      for (let index = 0; index < 80; index += 1) crm.add('contact', { email: `p${index}@example.com` })
      await rig.backfill()
      const gone = crm.live('contact').slice(0, 40)
      for (const { id } of gone) crm.remove('contact', id)
      await rig.sweep({ objects: ['contact'] })
      const { passes } = await rig.host.connections.status(rig.connectionId)
      const sweep = passes.find(({ pass, object }) => pass === 'sweep' && object === 'contact')
      expect(JSON.stringify(sweep?.lastError)).toContain('40 of 80')
      expect((await rig.feed()).filter(({ deleted }) => deleted)).toEqual([])
      await rig.sweep({ objects: ['contact'], force: true })
      const buried = (await rig.feed()).filter(({ deleted }) => deleted).map(({ externalId }) => externalId)
      expect(buried.sort()).toEqual(gone.map(({ id }) => id).sort())
    })

    test('a sweep buries what is gone, mends what differs and brings what was never told', async () => {
      const rig = await startRig(await backend.open(), { deletedScope: 'none', page: 4 })
      const { crm } = rig
      for (let index = 0; index < 10; index += 1) crm.add('contact', { email: `p${index}@example.com` })
      await rig.backfill()
      const [first, second] = crm.live('contact')
      crm.remove('contact', first?.id ?? '')
      crm.edit('contact', second?.id ?? '', { title: 'late' }, Date.now() - 3_600_000)
      const unseen = crm.add('contact', { email: 'unseen@example.com' }, { stampMs: Date.now() - 3_600_000 })
      await rig.pull()
      await rig.sweep({ objects: ['contact'] })
      const held = new Map((await rig.feed()).map((record) => [record.externalId, record]))
      expect(held.get(first?.id ?? '')?.deleted).toBe(true)
      expect(held.get(second?.id ?? '')?.data['title']).toBe('late')
      expect(held.get(unseen.id)?.deleted).toBe(false)
      expect(held.size).toBe(11)
    })

    test('a settle pass does not make a sweep forget what it saw', async () => {
      const lateMs = { usual: 0, worst: 2_000 }
      const rig = await startRig(await backend.open(), { lateMs }, { pollSeconds: 1 })
      const { crm } = rig
      crm.add('contact', { email: EMAIL })
      await rig.backfill({ objects: ['contact'] })
      await rig.sweep({ objects: ['contact'] })
      const sweptBy = async () => (await rig.rows<{ run: number }>('select seen_run as run from crm_records'))[0]?.run
      const run = await sweptBy()
      expect(run).toBeGreaterThan(0)
      const { id } = crm.live('contact')[0] ?? { id: '' }
      const settled = async () =>
        (await rig.rows(`select 1 from crm_sync_cursors where pass = 'settle' and object = 'contact' and changed > 0`))
          .length
      await eventually(async () => {
        // Behind the back of every poll, so that the settle pass alone can see it.
        crm.edit('contact', id, { title: String(Date.now()) }, Date.now() - 2_500)
        expect(await settled()).toBe(1)
      })
      expect(await sweptBy()).toBe(run)
    })
  },
  hostTemplate,
)
