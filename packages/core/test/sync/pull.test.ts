import { eachBackend } from '@raccordo/testkit/database'
import { expect, onTestFinished, test } from 'vitest'
import { UNREADABLE } from '../crm/provider.ts'
import { contactItem, eventually, hostTemplate, startRig } from '../crm/rig.ts'

const emailOf = (index: number): string => `person${index}@example.com`

eachBackend(
  'a pull',
  (backend) => {
    test('brings everything, then only what changed, then what is gone, and says each thing once', async () => {
      const rig = await startRig(await backend.open(), { page: 3 })
      const { crm } = rig
      const people = Array.from({ length: 8 }, (_, index) => crm.add('contact', { email: emailOf(index) }))
      await rig.backfill()
      expect((await rig.feed()).map(({ data }) => data['email'])).toEqual(people.map((_, index) => emailOf(index)))
      const before = (await rig.feed()).at(-1)?.seq ?? 0
      crm.edit('contact', people[2]?.id ?? '', { first: 'Ada' })
      crm.remove('contact', people[3]?.id ?? '')
      await rig.pull()
      await rig.pull()
      const news = (await rig.feed()).filter(({ seq }) => seq > before)
      expect(news.map(({ externalId, deleted }) => [externalId, deleted])).toEqual([
        [people[2]?.id, false],
        [people[3]?.id, true],
      ])
    })

    test('sees the second of two changes that bear one stamp', async () => {
      const rig = await startRig(await backend.open(), { precision: 's' })
      const { crm } = rig
      crm.knobs.stampUnitMs = 1_000
      const stamp = Date.now()
      const { id } = crm.add('contact', { email: emailOf(1), title: 'one' }, { stampMs: stamp })
      await rig.pull()
      crm.edit('contact', id, { title: 'two' }, stamp)
      await rig.pull()
      expect((await rig.feed()).map(({ data }) => data['title'])).toEqual(['two'])
    })

    test('catches what was committed late with an early stamp by its settle pass, without being asked', async () => {
      const lateMs = { usual: 0, worst: 6_000 }
      const rig = await startRig(await backend.open(), { lateMs }, { pollSeconds: 1 })
      await eventually(async () => {
        const { passes } = await rig.host.connections.status(rig.connectionId)
        expect(passes.find(({ pass }) => pass === 'delta')?.pages).toBeGreaterThan(0)
      })
      rig.crm.add('contact', { email: emailOf(1) }, { stampMs: Date.now() - 4_500 })
      await eventually(async () => expect(await rig.feed()).toHaveLength(1), 25_000)
    }, 60_000)

    test('sweeps at its times without being asked', async () => {
      const rig = await startRig(await backend.open(), {}, { pollSeconds: 1, sweepHours: 2 / 3_600 })
      rig.crm.add('contact', { email: emailOf(1) }, { stampMs: Date.now() - 3_600_000 })
      await eventually(async () => expect(await rig.feed()).toHaveLength(1), 20_000)
    })

    test('brings the present behind an index that lags, because the next window reaches back', async () => {
      const rig = await startRig(await backend.open(), { lateMs: { usual: 3_000, worst: 60_000 } })
      rig.crm.knobs.indexLagMs = 1_500
      const { id } = rig.crm.add('contact', { email: emailOf(1), title: 'old' })
      await rig.pull()
      expect(await rig.feed()).toEqual([])
      await new Promise((resolve) => setTimeout(resolve, 1_600))
      rig.crm.edit('contact', id, { title: 'new' })
      await rig.pull()
      await new Promise((resolve) => setTimeout(resolve, 1_600))
      await rig.pull()
      expect((await rig.feed()).map(({ data }) => data['title'])).toEqual(['new'])
    })

    test('revives what was archived and restored between two polls, and buries what was archived after', async () => {
      const rig = await startRig(await backend.open())
      const { id } = rig.crm.add('contact', { email: emailOf(1) })
      await rig.pull()
      rig.crm.remove('contact', id)
      rig.crm.restore('contact', id)
      await rig.pull()
      expect((await rig.feed()).map(({ deleted }) => deleted)).toEqual([false])
      rig.crm.remove('contact', id)
      await rig.pull()
      expect((await rig.feed()).map(({ deleted }) => deleted)).toEqual([true])
      rig.crm.restore('contact', id)
      await rig.pull()
      expect((await rig.feed()).map(({ deleted }) => deleted)).toEqual([false])
    })

    test('sets an unmappable record aside, brings the rest of its page and closes the letter when it is mended', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host, connectionId } = rig
      const first = crm.add('contact', { email: emailOf(1) })
      const broken = crm.add('contact', { email: emailOf(2), spam: UNREADABLE })
      await rig.backfill()
      expect((await rig.feed()).map(({ externalId }) => externalId)).toEqual([first.id])
      const open = async () => (await host.deadLetters.list({ connectionId, replayed: false })).items
      expect(await open()).toMatchObject([{ direction: 'pull', externalId: broken.id, object: 'contact' }])
      crm.edit('contact', broken.id, { spam: 'no' })
      await rig.pull()
      expect(await rig.feed()).toHaveLength(2)
      expect(await open()).toEqual([])
      // Broken again, then put back to what is known already.
      crm.edit('contact', broken.id, { spam: UNREADABLE })
      await rig.pull()
      expect(await open()).toHaveLength(1)
      crm.edit('contact', broken.id, { spam: 'no' })
      await rig.pull()
      expect(await open()).toEqual([])
    })

    test('shows what the condition of the mapping drops as deleted with reason filtered', async () => {
      const rig = await startRig(await backend.open())
      const { id } = rig.crm.add('contact', { email: emailOf(1) })
      await rig.backfill()
      rig.crm.edit('contact', id, { spam: 'YES' })
      await rig.pull()
      expect(await rig.feed()).toMatchObject([{ externalId: id, deleted: true, reason: 'filtered' }])
      const { status } = await rig.pushed(contactItem('p1', { email: emailOf(1), title: 'Boss' }))
      expect(status).toBe('done')
      expect(rig.crm.fields('contact', id)['title']).toBe('Boss')
      expect(await rig.feed()).toMatchObject([{ externalId: id, deleted: true, reason: 'filtered' }])
      rig.crm.edit('contact', id, { spam: 'no' })
      await rig.pull()
      expect(await rig.feed()).toMatchObject([{ externalId: id, deleted: false }])
    })

    test('applies a changed mapping to records that the CRM did not touch', async () => {
      const rig = await startRig(await backend.open())
      rig.crm.add('contact', { email: emailOf(1), role: 'Chef' })
      await rig.backfill()
      expect((await rig.feed()).map(({ data }) => data['title'])).toEqual([null])
      const spec = { version: 1, objects: { contact: { fields: { title: 'role' } } } }
      await rig.host.connections.putMapping(rig.connectionId, spec)
      await rig.backfill()
      expect((await rig.feed()).map(({ data }) => data['title'])).toEqual(['Chef'])
    })

    test('goes on behind the last page when its host ends between two, and repeats and loses nothing', async () => {
      const source = await backend.open()
      const rig = await startRig(source, { page: 5 })
      const { crm, host } = rig
      for (let index = 0; index < 60; index += 1) crm.add('contact', { email: emailOf(index) })
      crm.server.faults.add({ path: /search/, effect: { kind: 'delay', when: 'before', ms: 80 } })
      const { runId } = await host.sync.backfill(rig.connectionId, { objects: ['contact'] })
      await eventually(async () => expect((await rig.feed()).length).toBeGreaterThan(9))
      await host.stop()
      const seen = await rig.rows<{ id: string; seq: number }>('select external_id as id, seq from crm_records')
      expect(seen.length).toBeLessThan(60)
      crm.server.faults.clear()
      const second = await rig.another()
      await second.sync.wait(rig.connectionId, runId)
      const rows = await rig.rows<{ id: string; seq: number; version: number }>(
        'select external_id as id, seq, version from crm_records',
      )
      expect(rows).toHaveLength(60)
      const seqOf = new Map(rows.map(({ id, seq }) => [id, seq]))
      for (const { id, seq } of seen) expect(seqOf.get(id)).toBe(seq)
      expect(rows.every(({ version }) => version === 1)).toBe(true)
    })

    test('brings a backfill of 2,000 to the truth while users edit and a poll runs beside it', async () => {
      const rig = await startRig(await backend.open(), { page: 100 })
      const { crm } = rig
      for (let index = 0; index < 2_000; index += 1) crm.add('contact', { email: emailOf(index), title: 't0' })
      const ids = crm.live('contact').map(({ id }) => id)
      let edits = 0
      const user = setInterval(() => {
        for (let n = 0; n < 5; n += 1) {
          edits += 1
          crm.edit('contact', ids[(edits * 577) % ids.length] ?? '', { title: `t${edits}` })
        }
        if (edits % 25 === 0) crm.add('contact', { email: `new${edits}@example.com`, title: 'n' })
      }, 20)
      onTestFinished(() => clearInterval(user))
      await Promise.all([rig.backfill({ objects: ['contact'] }), rig.pull({ objects: ['contact'] })])
      clearInterval(user)
      await rig.pull({ objects: ['contact'] })
      await eventually(async () => expect((await rig.host.connections.status(rig.connectionId)).inbox.pending).toBe(0))
      const truth = new Map(crm.live('contact').map(({ id }) => [id, crm.fields('contact', id)['title']]))
      const held = new Map((await rig.feed()).map(({ externalId, data }) => [externalId, data['title']]))
      expect(edits).toBeGreaterThan(0)
      expect(held).toEqual(truth)
    })

    test('buries what was deleted while a backfill had it in hand and a poll told of it', async () => {
      const rig = await startRig(await backend.open(), {}, { callTimeoutMs: 6_000 })
      const { crm } = rig
      const { id } = crm.add('contact', { email: emailOf(1) })
      const slow = { kind: 'delay', when: 'after', ms: 5_000 } as const
      crm.server.faults.add({ path: /contact\/search/, body: /^((?!from).)*$/, times: 1, effect: slow })
      const backfill = rig.backfill({ objects: ['contact'] })
      await eventually(() => expect(crm.callsTo(/contact\/search/)).toBe(1))
      crm.remove('contact', id)
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      await rig.pull({ objects: ['contact'] })
      await backfill
      await rig.pull({ objects: ['contact'] })
      await eventually(async () => expect(await rig.feed()).toMatchObject([{ externalId: id, deleted: true }]))
    })

    test('moves links with a merge, in whatever order the CRM tells of it', async () => {
      const rig = await startRig(await backend.open())
      const { crm, host, connectionId } = rig
      const survivors = [crm.add('contact', { email: 'a@example.com' }), crm.add('contact', { email: 'b@example.com' })]
      const losers = [crm.add('contact', { email: 'c@example.com' }), crm.add('contact', { email: 'd@example.com' })]
      await rig.backfill()
      for (const [index, { id }] of losers.entries())
        await host.links.put(connectionId, { object: 'contact', localId: `loser${index}`, externalId: id })
      // The first merge is told by its survivor, the second one by the list of the deleted alone, at first.
      crm.merge('contact', losers[0]?.id ?? '', survivors[0]?.id ?? '')
      await rig.pull()
      crm.knobs.indexLagMs = 1_500
      crm.merge('contact', losers[1]?.id ?? '', survivors[1]?.id ?? '')
      await rig.pull()
      await new Promise((resolve) => setTimeout(resolve, 1_600))
      await rig.pull()
      const links = (await host.links.list(connectionId)).items.map(({ localId, externalId }) => [localId, externalId])
      expect(links).toEqual([
        ['loser0', survivors[0]?.id],
        ['loser1', survivors[1]?.id],
      ])
      const gone = (await rig.feed()).filter(({ deleted }) => deleted)
      expect(gone.map(({ mergedInto }) => mergedInto)).toEqual([survivors[0]?.id, survivors[1]?.id])
      const { status } = await rig.pushed(contactItem('loser1', { title: 'Kept' }))
      expect(status).toBe('done')
      expect(crm.fields('contact', survivors[1]?.id ?? '')['title']).toBe('Kept')
    })
  },
  hostTemplate,
)
