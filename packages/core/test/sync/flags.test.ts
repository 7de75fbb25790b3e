import { eachBackend } from '@raccordo/testkit/database'
import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { ObjectType } from '../../src/contract.ts'
import { type Flag, isSwitchedOff, isTypeSwitchedOff } from '../../src/store/flags.ts'
import { decidingFlag, type FlagTarget, reasonOff } from '../../src/sync/flags.ts'
import { verifyAudit } from '../../src/telemetry/audit.ts'
import { contactItem, eventually, hostTemplate, type Rig, startRig } from '../crm/rig.ts'

const flag = (provider: string, object: string, direction: Flag['direction'], enabled: boolean): Flag => ({
  provider,
  object,
  direction,
  enabled,
})
const CALLS: FlagTarget = { provider: 'acme', type: 'activity', object: 'calls', direction: 'push' }

describe('the deciding flag', () => {
  test.each<[string, readonly Flag[], boolean]>([
    ['is none where nobody speaks, and all is on', [], true],
    ['is the only one that speaks', [flag('*', '*', '*', false)], false],
    ['names the provider rather than not', [flag('*', 'calls', 'push', false), flag('acme', '*', '*', true)], true],
    [
      'names the object rather than its type',
      [flag('*', 'activity', 'push', false), flag('*', 'calls', '*', true)],
      true,
    ],
    ['names the type rather than none', [flag('*', '*', 'push', true), flag('*', 'activity', '*', false)], false],
    ['names the direction rather than not', [flag('*', '*', '*', true), flag('*', '*', 'push', false)], false],
    ['is none that speaks of something else', [flag('other', '*', '*', false), flag('*', 'deal', 'pull', false)], true],
  ])('%s', (_, flags, isOn) => {
    expect(decidingFlag(flags, CALLS)?.enabled ?? true).toBe(isOn)
    expect(decidingFlag([...flags].reverse(), CALLS)?.enabled ?? true).toBe(isOn)
    expect(reasonOff(flags, CALLS) === undefined).toBe(isOn)
  })
})

eachBackend(
  'flags',
  (backend) => {
    const settled = (ms = 1_500) => new Promise((resolve) => setTimeout(resolve, ms))
    const emails = async (rig: Rig) =>
      (await rig.feed()).filter(({ deleted }) => !deleted).map(({ data }) => data['email'])

    test('are judged by the database as they are by the work itself', async () => {
      const { database } = await startRig(await backend.open())
      const word = fc.constantFrom('*', 'acme', 'other')
      const name = fc.constantFrom('*', 'activity', 'calls', 'notes', 'contact')
      const direction = fc.constantFrom<Flag['direction']>('*', 'pull', 'push')
      const some = fc.uniqueArray(fc.tuple(word, name, direction, fc.boolean()), {
        selector: ([provider, object, way]) => `${provider} ${object} ${way}`,
        maxLength: 8,
      })
      const target = fc.record({
        object: fc.constantFrom('calls', 'notes', 'activity'),
        direction: fc.constantFrom<'pull' | 'push'>('pull', 'push'),
      })
      let workspaces = 0
      await fc.assert(
        fc.asyncProperty(some, target, async (given, wanted) => {
          workspaces += 1
          const workspace = `w${workspaces}`
          const flags = given.map((values) => flag(...values))
          if (flags.length > 0) {
            await database.db
              .insertInto('crm_flags')
              .values(flags.map((each) => ({ workspace_id: workspace, ...each })))
              .execute()
          }
          const row = { workspaceId: sql`${workspace}`, provider: sql`${'acme'}`, type: sql`${'activity'}` }
          const { rows } = await sql<{ isOff: boolean; isTypeOff: boolean }>`select
            ${isSwitchedOff({ ...row, object: sql`${wanted.object}`, direction: wanted.direction })} as "isOff",
            ${isTypeSwitchedOff(row)} as "isTypeOff"`.execute(database.db)
          const reason = (of: Partial<FlagTarget>) => reasonOff(flags, { ...CALLS, ...of })
          expect(rows[0]?.isOff).toBe(reason(wanted) !== undefined)
          // What the database holds back as a type, no object of the type may send.
          if (rows[0]?.isTypeOff === true) expect(reason({ object: wanted.object, direction: 'push' })).toBeTruthy()
        }),
        { numRuns: 150 },
      )
    })

    test('switch reading off and on, and what happened meanwhile comes then, deletions too, without being asked', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host, connectionId } = rig
      const kept = crm.add('contact', { email: 'kept@example.com' })
      const lost = crm.add('contact', { email: 'lost@example.com' })
      await rig.pull()
      await host.flags.put('workspace-1', { object: 'contact', direction: 'pull', enabled: false })
      crm.edit('contact', kept.id, { title: 'Boss' })
      crm.remove('contact', lost.id)
      crm.add('contact', { email: 'new@example.com' })
      crm.add('company', { name: 'Open' })
      await rig.rows(`insert into crm_webhook_inbox
        (connection_id, provider, dedupe_key, object, external_id, op, at, correlation_id)
        values ('${connectionId}', 'fake', 'k1', 'contact', '${kept.id}', 'upsert', now(), 'c')`)
      const calls = crm.callsTo(/contact/)
      await rig.pull()
      await expect(rig.pull({ objects: ['contact'] })).rejects.toMatchObject({ kind: 'conflict' })
      await settled()
      expect(crm.callsTo(/contact/)).toBe(calls)
      expect(await rig.feed('company')).toHaveLength(1)
      const state = await host.connections.status(connectionId)
      expect(state.inbox.pending).toBe(1)
      expect(state.paused).toMatchObject([{ object: 'contact', type: 'contact', direction: 'pull' }])
      expect(state.paused[0]?.reason).toContain('object contact')
      await host.flags.put('workspace-1', { object: 'contact', direction: 'pull', enabled: true })
      await eventually(async () => {
        const feed = await rig.feed()
        expect(feed.filter(({ deleted }) => deleted).map(({ externalId }) => externalId)).toEqual([lost.id])
        expect(await emails(rig)).toEqual(expect.arrayContaining(['kept@example.com', 'new@example.com']))
        expect(feed.find(({ externalId }) => externalId === kept.id)?.data['title']).toBe('Boss')
        expect((await host.connections.status(connectionId)).inbox.pending).toBe(0)
      })
      expect((await host.connections.status(connectionId)).paused).toEqual([])
    })

    test('bring deletions by a sweep where the CRM cannot be asked for them by time', async () => {
      const rig = await startRig(await backend.open(), { deletedScope: 'none' })
      const { id } = rig.crm.add('contact', { email: 'lost@example.com' })
      await rig.pull()
      await rig.host.flags.put('workspace-1', { direction: 'pull', enabled: false })
      rig.crm.remove('contact', id)
      await rig.host.flags.remove('workspace-1', { direction: 'pull' })
      await eventually(async () => expect(await rig.feed()).toMatchObject([{ externalId: id, deleted: true }]))
    })

    test('stop a backfill at its next page, which goes on where it stood', async () => {
      const rig = await startRig(await backend.open(), { page: 5 })
      const { crm, host, connectionId } = rig
      for (let n = 0; n < 50; n += 1) crm.add('contact', { email: `p${n}@example.com` })
      crm.server.faults.add({ path: /contact\/search/, effect: { kind: 'delay', when: 'before', ms: 100 } })
      const { runId } = await host.sync.backfill(connectionId, { objects: ['contact'] })
      await eventually(async () => expect((await rig.feed()).length).toBeGreaterThan(4))
      await host.flags.put('workspace-1', { provider: 'fake', enabled: false })
      await settled(1_000)
      const calls = crm.callsTo(/contact/)
      await settled()
      expect(crm.callsTo(/contact/)).toBe(calls)
      expect((await rig.feed()).length).toBeLessThan(50)
      await host.flags.put('workspace-1', { provider: 'fake', enabled: true })
      await host.sync.wait(connectionId, runId, { timeoutMs: 30_000 })
      expect(await rig.feed()).toHaveLength(50)
      const isOfBackfill = ({ path, requestBody }: { path: string; requestBody: string }) =>
        path === '/contact/search' && !requestBody.includes('from')
      // Only what was in hand when the switch came is asked for twice.
      expect(crm.server.log.filter(isOfBackfill).length).toBeLessThanOrEqual(12)
    })

    test('let pushes wait in their order, say why, and send them at once when switched on', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host } = rig
      await host.flags.put('workspace-1', { object: 'activity', direction: 'push', enabled: false })
      const item = (subject: string) => ({
        object: 'activity' as const,
        localId: 'call-1',
        data: { kind: 'call', subject },
      })
      const first = await rig.push(item('first'))
      const second = await rig.push(item('second'))
      expect((await rig.pushed(contactItem('p1', { email: 'p1@example.com' }))).status).toBe('done')
      await settled()
      expect(crm.live('call')).toEqual([])
      const waiting = await host.outbox.get(second)
      expect(waiting).toMatchObject({ status: 'pending', paused: true, attempts: 0, lastError: null })
      expect(waiting.pausedReason).toContain('direction push')
      await expect(host.outbox.wait(first, { timeoutMs: 100 })).rejects.toThrow(/A flag of the workspace/)
      await host.flags.put('workspace-1', { object: 'activity', direction: 'push', enabled: true })
      expect(await host.outbox.wait(second, { timeoutMs: 20_000 })).toMatchObject({ status: 'done' })
      expect((await host.outbox.get(second)).paused).toBeUndefined()
      const [call] = crm.live('call')
      expect(call?.versions.map(({ fields }) => fields['subject'])).toEqual(['first', 'second'])
      expect((await host.deadLetters.list({})).items).toEqual([])
    })

    test('of a single object hold its pushes alone, and do not make the due-query ring without end', async () => {
      const rig = await startRig(await backend.open())
      const { host } = rig
      await host.flags.put('workspace-1', { provider: 'fake', object: 'call', direction: 'push', enabled: false })
      await host.flags.put('workspace-1', { provider: 'fake', object: 'activity', direction: 'push', enabled: true })
      const id = await rig.push({ object: 'activity', localId: 'call-1', data: { kind: 'call', subject: 's' } })
      await eventually(async () => {
        const [row] = await rig.rows<{ wait: number }>(
          `select extract(epoch from next_at - now())::double precision as wait from crm_outbox where id = '${id}'`,
        )
        expect(row?.wait).toBeGreaterThan(30)
      })
      expect(await host.outbox.get(id)).toMatchObject({ status: 'pending', paused: true })
      await host.flags.remove('workspace-1', { provider: 'fake', object: 'call', direction: 'push' })
      expect((await host.outbox.wait(id, { timeoutMs: 20_000 })).status).toBe('done')
    })

    test('that were there before a connection hold for it, and those of other workspaces do not', async () => {
      const rig = await startRig(await backend.open(), {}, { pollSeconds: 1 })
      const { crm, host } = rig
      await host.flags.put('workspace-2', { enabled: false })
      const connectionId = await rig.connect('workspace-2')
      crm.add('contact', { email: 'p@example.com' })
      await eventually(async () => expect(await rig.feed()).toHaveLength(1))
      await settled(2_500)
      expect((await host.feed(connectionId, 'contact')).records).toEqual([])
      expect((await host.connections.status(connectionId)).paused).toHaveLength(6)
      await host.flags.remove('workspace-2')
      await eventually(async () => expect((await host.feed(connectionId, 'contact')).records).toHaveLength(1))
    })

    test('are refused where they speak of nothing that there is, and are listed and audited', async () => {
      const rig = await startRig(await backend.open())
      const { flags } = rig.host
      const refused = { kind: 'invalid' }
      await expect(flags.put('w', { provider: 'nope', enabled: false })).rejects.toMatchObject({
        ...refused,
        pointer: '/provider',
      })
      await expect(flags.put('w', { object: 'nope', enabled: false })).rejects.toMatchObject({
        ...refused,
        pointer: '/object',
      })
      await expect(flags.remove('w', { object: 'contact' })).rejects.toMatchObject({ kind: 'not_found' })
      await flags.put('w', { object: 'contact', enabled: false }, { actor: 'ada' })
      await flags.put('w', { object: 'contact', enabled: true }, { actor: 'ada' })
      await flags.remove('w', { object: 'contact' }, { actor: 'bob' })
      await flags.put('w', { provider: 'fake', enabled: false })
      expect(await flags.list('w')).toMatchObject([
        { workspaceId: 'w', provider: 'fake', object: '*', direction: '*', enabled: false },
      ])
      const rows = await rig.rows<Parameters<typeof verifyAudit>[0][number]>(
        `select seq::int, at, actor, action, type, object, external_id as "externalId", local_id as "localId", changes,
           correlation_id as "correlationId", previous_hash as "previousHash", hash
         from crm_audit where connection_id = 'workspace:w' order by seq`,
      )
      expect(rows.map(({ actor, action }) => [actor, action])).toEqual([
        ['ada', 'flag.put'],
        ['ada', 'flag.put'],
        ['bob', 'flag.remove'],
        ['host', 'flag.put'],
      ])
      expect(verifyAudit(rows)).toMatchObject({ ok: true })
    })

    test('and a connection that is switched off hold back alike', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host, connectionId } = rig
      await host.connections.update(connectionId, { enabled: false })
      const id = await rig.push(contactItem('p1', { email: 'p1@example.com' }))
      const types: readonly ObjectType[] = ['contact']
      await settled()
      expect(types.flatMap((type) => crm.live(type))).toEqual([])
      expect(await host.outbox.get(id)).toMatchObject({
        status: 'pending',
        paused: true,
        pausedReason: 'The connection is switched off.',
      })
      await host.connections.update(connectionId, { enabled: true })
      expect((await host.outbox.wait(id, { timeoutMs: 20_000 })).status).toBe('done')
    })
  },
  hostTemplate,
)
