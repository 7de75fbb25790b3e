import { eachBackend } from '@raccordo/testkit/database'
import { expect, test } from 'vitest'
import { TOKENS } from '../../src/index.ts'
import type { Clock } from '../../src/sync/engine.ts'
import { contactItem, hostTemplate, startRig } from '../crm/rig.ts'

const DAY_MS = 86_400_000

eachBackend(
  'the daily purge',
  (backend) => {
    test('forgets what ended long ago, and neither the key of a latest push nor letters, audit and dead rows', async () => {
      let aheadMs = 0
      const clock: Clock = {
        wallMs: () => Date.now() + aheadMs,
        monotonicMs: () => performance.now(),
        sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      }
      const configure = (parts: { provide: (part: typeof TOKENS.clock, make: () => Clock) => void }) =>
        parts.provide(TOKENS.clock, () => clock)
      const rig = await startRig(await backend.open(), {}, { works: false, configure, keepPushesDays: 10 })
      const { host, connectionId } = rig
      const pushed = async (title: string) => {
        const receipt = await host.push(connectionId, contactItem('ada', { email: 'ada@example.com', title }))
        await host.drain()
        return receipt
      }
      const first = await pushed('one')
      const latest = await pushed('two')
      await host.push(connectionId, contactItem('bad', { email: 'bad@example.com', title: 'BAD' }))
      await host.drain()
      const gone = await rig.connect('workspace-2')
      await host.push(gone, contactItem('eve', { email: 'eve@example.com' }))
      await host.connections.remove(gone)
      await rig.rows(`insert into crm_webhook_inbox (connection_id, provider, dedupe_key, object, external_id, op, at,
        correlation_id, processed_at, next_at) values ('${connectionId}', 'fake', 'old', 'contact', '1', 'upsert', now(),
        'c', now(), null)`)

      aheadMs = 9 * DAY_MS
      await host.drain()
      expect((await host.outbox.get(first.id)).status).toBe('done')
      aheadMs = 15 * DAY_MS
      await host.drain()
      await expect(host.outbox.get(first.id)).rejects.toThrow()
      expect(await pushed('two')).toMatchObject({ id: latest.id, status: 'done' })
      const rows = await rig.rows<{ status: string; data: object }>('select status, data from crm_outbox order by seq')
      expect(rows).toEqual([
        { status: 'done', data: {} },
        { status: 'dead', data: { email: 'bad@example.com', title: 'BAD' } },
      ])
      expect(await rig.rows('select 1 from crm_webhook_inbox')).toEqual([])
      expect((await host.deadLetters.list({ connectionId })).items).toHaveLength(1)
      expect((await rig.rows('select 1 from crm_audit')).length).toBeGreaterThan(0)
    })
  },
  hostTemplate,
)
