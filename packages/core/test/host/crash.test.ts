import { eachBackend } from '@raccordo/testkit/database'
import { expect, test } from 'vitest'
import { markerOf } from '../../src/sync/identifiers.ts'
import { contactItem, eventually, hostTemplate, type Rig, startRig } from '../crm/rig.ts'

const callItem = (localId: string) => ({
  object: 'activity' as const,
  localId,
  data: { kind: 'call', subject: localId },
})

/** Leaves a row as a worker does that is killed at a point of its work, its lease and its deadline long over. */
const leave = async (rig: Rig, id: string, operation: 'create' | null): Promise<void> => {
  await rig.rows(`update crm_outbox set status = 'in_flight', stage = 'call', fence = 7,
    operation = ${operation === null ? 'null' : `'${operation}'`}, object = ${operation === null ? 'null' : `'call'`},
    deadline = now() - interval '1 minute', next_at = now() - interval '1 second' where id = '${id}'`)
  await rig.rows(`insert into crm_leases (key, fence, owner, expires_at)
    values ('push:${rig.connectionId}:activity', 7, 'killed', now() - interval '1 second')
    on conflict (key) do update set fence = 7, owner = 'killed', expires_at = excluded.expires_at`)
}

eachBackend(
  'after a worker was killed',
  (backend) => {
    test.each([
      ['before it told of its call', null, false],
      ['behind the telling, before the CRM had it', 'create', false],
      ['behind the call', 'create', true],
    ] as const)('%s, its push is made once by the next one', async (_, operation, isThere) => {
      const rig = await startRig(await backend.open(), {}, { works: false })
      const id = await rig.push(callItem('c1'))
      await leave(rig, id, operation)
      if (isThere) {
        rig.crm.add('call', { subject: 'c1' }, { marker: markerOf(rig.connectionId, 'activity', 'c1') })
      }
      await rig.another({}, {})
      expect((await rig.host.outbox.wait(id)).status).toBe('done')
      expect(rig.crm.live('call')).toHaveLength(1)
    })

    test('a lease that it held keeps others out no longer than its time', async () => {
      const rig = await startRig(await backend.open(), {}, { works: false })
      const id = await rig.push(callItem('c1'))
      const worker = await rig.another({}, {})
      await rig.rows(`insert into crm_leases (key, fence, owner, expires_at)
        values ('push:${rig.connectionId}:contact', 3, 'killed', now() + interval '2 seconds')`)
      const contact = await rig.push(contactItem('p1', { email: 'ada@example.com' }))
      expect((await worker.outbox.wait(id)).status).toBe('done')
      expect((await worker.outbox.get(contact)).status).toBe('pending')
      expect((await worker.outbox.wait(contact, { timeoutMs: 8_000 })).status).toBe('done')
    })

    test('a scan that it had begun goes on, in the same window and behind the last page', async () => {
      const rig = await startRig(await backend.open(), { page: 5 }, { works: false })
      for (let index = 0; index < 12; index += 1) rig.crm.add('contact', { email: `p${index}@example.com` })
      const { runId } = await rig.host.sync.pull(rig.connectionId, { objects: ['contact'] })
      const ids = rig.crm.live('contact').map((record) => record.id)
      await rig.rows(`update crm_sync_cursors set state = 'running', step = 'pull', cursor = '${ids[4]}', pages = 1,
        started_at = now(), window_from = now() - interval '1 hour', window_to = now() + interval '1 second'
        where object = 'contact' and pass = 'delta'`)
      const worker = await rig.another({ page: 5 }, {})
      await worker.sync.wait(rig.connectionId, runId)
      expect((await rig.feed()).map(({ externalId }) => externalId)).toEqual(ids.slice(5))
    })
  },
  hostTemplate,
)

eachBackend(
  'a host that stops',
  (backend) => {
    test('ends the call that is on its way, keeps its answer and holds nothing back', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host } = rig
      crm.server.faults.add({ path: /create/, effect: { kind: 'delay', when: 'after', ms: 1_000 } })
      const ids = await Promise.all(['c1', 'c2', 'c3'].map((localId) => rig.push(callItem(localId))))
      await eventually(() => expect(crm.live('call').length).toBeGreaterThan(0))
      const startedAt = performance.now()
      await host.stop()
      expect(performance.now() - startedAt).toBeLessThan(6_000)
      const rows = await rig.rows<{ status: string }>('select status from crm_outbox')
      expect(rows.filter(({ status }) => status === 'in_flight')).toEqual([])
      expect(rows.filter(({ status }) => status === 'done').length).toBe(crm.live('call').length)
      const held = await rig.rows(`select key from crm_leases where expires_at > now() and key like 'push:%'`)
      expect(held).toEqual([])
      crm.server.faults.clear()
      const next = await rig.another()
      for (const id of ids) expect((await next.outbox.wait(id, { timeoutMs: 8_000 })).status).toBe('done')
      expect(crm.live('call')).toHaveLength(3)
    })

    test('breaks off a call that does not end, and the next one looks before it repeats', async () => {
      const rig = await startRig(await backend.open(), {}, { callTimeoutMs: 30_000 })
      const { crm, host } = rig
      crm.server.faults.add({ path: /create/, times: 1, effect: { kind: 'delay', when: 'after', ms: 25_000 } })
      const id = await rig.push(callItem('c1'))
      await eventually(() => expect(crm.live('call')).toHaveLength(1))
      const startedAt = performance.now()
      await host.stop()
      expect(performance.now() - startedAt).toBeLessThan(10_500)
      const next = await rig.another()
      expect((await next.outbox.wait(id, { timeoutMs: 12_000 })).status).toBe('done')
      expect(crm.live('call')).toHaveLength(1)
    })
  },
  hostTemplate,
)

eachBackend(
  'two workers at once',
  (backend) => {
    // Two hosts in one process share an embedded database too, so it is the same rule on both.
    test('make each push once, and bring each record once', async () => {
      const rig = await startRig(await backend.open(), { page: 20, write: 5 })
      await rig.another()
      for (let index = 0; index < 200; index += 1) rig.crm.add('contact', { email: `p${index}@example.com` })
      const run = rig.backfill({ objects: ['contact'] })
      const items = Array.from({ length: 60 }, (_, index) => callItem(`c${index}`))
      const receipts = await rig.host.outbox.pushAll(rig.connectionId, items)
      for (const { id } of receipts) expect((await rig.host.outbox.wait(id)).status).toBe('done')
      await run
      expect(rig.crm.live('call')).toHaveLength(60)
      const rows = await rig.rows<{ version: number }>(`select version from crm_records where object = 'contact'`)
      expect(rows).toHaveLength(200)
      expect(rows.filter(({ version }) => version !== 1)).toEqual([])
    })
  },
  hostTemplate,
)
