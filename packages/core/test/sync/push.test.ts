import { eachBackend } from '@raccordo/testkit/database'
import { expect, test } from 'vitest'
import { startCrm } from '../crm/crm.ts'
import { UNREADABLE } from '../crm/provider.ts'
import { contactItem, eventually, hostTemplate, startRig } from '../crm/rig.ts'

const EMAIL = 'ada@example.com'

eachBackend(
  'a push',
  (backend) => {
    test('of A, then B, then A within a second ends as A in the CRM', async () => {
      const rig = await startRig(await backend.open())
      const versions = ['A', 'B', 'A'].map((title) => contactItem('p1', { email: EMAIL, title }))
      const ids: string[] = []
      for (const item of versions) ids.push(await rig.push(item))
      expect(new Set(ids).size).toBe(3)
      for (const id of ids) await rig.host.outbox.wait(id)
      expect(rig.crm.live('contact').map(({ id }) => rig.crm.fields('contact', id)['title'])).toEqual(['A'])
    })

    test('of one local id and payload by two workspaces reaches the CRM of each', async () => {
      const rig = await startRig(await backend.open())
      const other = await startCrm()
      try {
        const second = await rig.connect('workspace-2', other)
        const item = contactItem('p1', { email: EMAIL })
        const receipts = [await rig.host.push(rig.connectionId, item), await rig.host.push(second, item)]
        for (const { id } of receipts) expect((await rig.host.outbox.wait(id)).status).toBe('done')
        expect(rig.crm.live('contact')).toHaveLength(1)
        expect(other.live('contact')).toHaveLength(1)
      } finally {
        await other.stop()
      }
    })

    test('of a call waits for the push of the contact that it names', async () => {
      const rig = await startRig(await backend.open())
      rig.crm.server.faults.add({
        path: /contact\/create/,
        times: 1,
        effect: { kind: 'delay', when: 'before', ms: 700 },
      })
      await rig.push(contactItem('p1', { email: EMAIL }))
      const { status } = await rig.pushed({
        object: 'activity',
        localId: 'c1',
        data: { kind: 'call', subject: 'Hello', contact_id: 'p1' },
      })
      expect(status).toBe('done')
      const [call] = rig.crm.live('call')
      const [contact] = rig.crm.live('contact')
      expect(rig.crm.fields('call', call?.id ?? '')['contact']).toBe(contact?.id)
    })

    test.each([
      ['lost after the CRM had committed', { kind: 'cut', when: 'after' } as const],
      ['lost before the CRM had committed', { kind: 'cut', when: 'before' } as const],
      ['lost, and the CRM commits behind the back of who asked', { kind: 'late-commit', ms: 700 } as const],
      ['a fault that came after the commit', { kind: 'reply', when: 'after', reply: { status: 502 } } as const],
    ])('whose answer to a create is %s makes one record', async (_, effect) => {
      const rig = await startRig(await backend.open(), { settleMs: 1_200 })
      rig.crm.server.faults.add({ path: /create/, times: 1, effect })
      const { status } = await rig.pushed({
        object: 'activity',
        localId: 'c1',
        data: { kind: 'call', subject: 'Hello' },
      })
      expect(status).toBe('done')
      expect(rig.crm.live('call')).toHaveLength(1)
    })

    test('whose answer to a create is lost is found by its key where nothing can be located', async () => {
      const rig = await startRig(await backend.open(), {
        change: ({ locate: _, ...object }) => object,
      })
      rig.crm.server.faults.add({ path: /create/, times: 1, effect: { kind: 'cut', when: 'after' } })
      expect((await rig.pushed(contactItem('p1', { email: EMAIL }))).status).toBe('done')
      expect(rig.crm.live('contact')).toHaveLength(1)
    })

    test('whose answer to an update is lost is not written twice', async () => {
      const rig = await startRig(await backend.open())
      await rig.pushed(contactItem('p1', { email: EMAIL, title: 'A' }))
      rig.crm.server.faults.add({ path: /update/, times: 1, effect: { kind: 'cut', when: 'after' } })
      expect((await rig.pushed(contactItem('p1', { title: 'B' }))).status).toBe('done')
      expect(rig.crm.callsTo(/update/)).toBe(1)
    })

    test('of a plugin that fails over the answer is not sent again before it was looked for', async () => {
      let isBroken = true
      const rig = await startRig(await backend.open(), {
        change: (object) => ({
          ...object,
          create: async (ctx, rows) => {
            const outcomes = await object.create?.(ctx, rows)
            if (isBroken) throw new TypeError('Cannot read properties of undefined')
            return outcomes ?? []
          },
        }),
      })
      const items = ['c1', 'c2', 'c3', 'c4'].map((localId) => ({
        object: 'activity' as const,
        localId,
        data: { kind: 'call', subject: localId },
      }))
      const receipts = await rig.host.outbox.pushAll(rig.connectionId, items)
      await eventually(() => expect(rig.crm.live('call').length).toBeGreaterThan(0))
      isBroken = false
      for (const { id } of receipts) expect((await rig.host.outbox.wait(id)).status).toBe('done')
      expect(rig.crm.live('call')).toHaveLength(4)
    })

    test.each([true, false])(
      'with one bad row among others (the CRM refuses the whole batch: %s) loses that row alone',
      async (rejectsWhole) => {
        const rig = await startRig(await backend.open())
        const { crm, host, connectionId } = rig
        crm.knobs.rejectsWhole = rejectsWhole
        const titles = ['a', 'b', 'c', 'BAD', 'e', 'f', 'g']
        const items = titles.map((title) => contactItem(title, { email: `${title}@example.com`, title }))
        const receipts = await host.outbox.pushAll(connectionId, items)
        const ends = await Promise.all(receipts.map(({ id }) => host.outbox.wait(id)))
        expect(ends.map(({ status }) => status)).toEqual(titles.map((title) => (title === 'BAD' ? 'dead' : 'done')))
        expect(crm.live('contact')).toHaveLength(6)
        const [letter, ...more] = (await host.deadLetters.list({ connectionId, replayed: false })).items
        expect(more).toEqual([])
        expect(letter).toMatchObject({ localId: 'BAD', kind: 'invalid', payload: { data: { title: 'BAD' } } })
        expect(letter?.reason).toContain('The value BAD is not allowed here')
      },
    )

    test('that died goes again when it is replayed, unless its record has a newer one', async () => {
      const rig = await startRig(await backend.open())
      const { host, connectionId, crm } = rig
      const letters = async () => (await host.deadLetters.list({ connectionId, replayed: false })).items
      const bad = await rig.pushed(contactItem('p1', { email: EMAIL, title: 'BAD' }))
      expect(bad.status).toBe('dead')
      const [first] = await letters()
      expect(await host.deadLetters.replay(first?.id ?? '')).toMatchObject({ result: 'requeued', pushId: bad.id })
      await eventually(async () => expect(await letters()).toHaveLength(1))
      const [second] = await letters()
      expect((await rig.pushed(contactItem('p1', { email: EMAIL, title: 'Good' }))).status).toBe('done')
      expect(await host.deadLetters.replay(second?.id ?? '')).toMatchObject({ result: 'superseded' })
      expect(crm.live('contact')).toHaveLength(1)
    })

    test('that is refused again and again does not keep a replay of all going for ever', async () => {
      const rig = await startRig(await backend.open())
      const { host, connectionId } = rig
      const items = Array.from({ length: 60 }, (_, index) =>
        contactItem(`p${index}`, { email: `p${index}@example.com`, title: 'BAD' }),
      )
      await host.outbox.pushAll(connectionId, items)
      await eventually(async () => {
        expect((await host.connections.status(connectionId)).deadLetters).toBe(60)
      })
      expect(await host.deadLetters.replayAll({ connectionId })).toEqual({ requeued: 60, superseded: 0 })
    })

    test('that the CRM answers with one existing id is done there, and with several asks a person', async () => {
      const rig = await startRig(await backend.open())
      const { crm } = rig
      crm.knobs.isBlind = true
      const one = crm.add('contact', { email: 'one@example.com' })
      const several = [
        crm.add('contact', { email: 'two@example.com' }),
        crm.add('contact', { email: 'two@example.com' }),
      ]
      const adopted = await rig.pushed(contactItem('p1', { email: 'one@example.com', title: 'Boss' }))
      expect(adopted).toMatchObject({ status: 'done', externalId: one.id })
      expect(crm.fields('contact', one.id)['title']).toBe('Boss')
      const unclear = await rig.pushed(contactItem('p2', { email: 'two@example.com' }))
      expect(unclear.status).toBe('dead')
      const { items } = await rig.host.deadLetters.list({ connectionId: rig.connectionId })
      expect(items).toMatchObject([{ kind: 'ambiguous', localId: 'p2' }])
      expect(unclear.lastError).toMatchObject({ existingIds: several.map(({ id }) => id) })
    })

    test('that is told to come back later does so without using up an attempt', async () => {
      const rig = await startRig(await backend.open())
      rig.crm.server.faults.add({
        path: /create/,
        times: 7,
        effect: { kind: 'reply', when: 'before', reply: { status: 429, headers: { 'retry-after': '1' } } },
      })
      const end = await rig.pushed(contactItem('p1', { email: EMAIL }))
      expect(end).toMatchObject({ status: 'done', attempts: 0 })
    })

    test('is dead after five attempts', async () => {
      const rig = await startRig(await backend.open(), { settleMs: 50 })
      rig.crm.server.faults.add({ path: /create/, effect: { kind: 'reply', when: 'before', reply: { status: 503 } } })
      const end = await rig.pushed(contactItem('p1', { email: EMAIL }))
      expect(end).toMatchObject({ status: 'dead', attempts: 5 })
      expect(rig.crm.callsTo(/create/)).toBe(5)
    })

    test('to a record that is gone is a dead letter, never a new record', async () => {
      const rig = await startRig(await backend.open())
      await rig.pushed(contactItem('p1', { email: EMAIL }))
      rig.crm.remove('contact', rig.crm.live('contact')[0]?.id ?? '')
      expect((await rig.pushed(contactItem('p1', { title: 'B' }))).status).toBe('dead')
      const { items } = await rig.host.deadLetters.list({ connectionId: rig.connectionId })
      expect(items).toMatchObject([{ kind: 'remote_deleted' }])
      expect(rig.crm.live('contact')).toEqual([])
    })

    test('to a record that no mapping can read is written, because it is there', async () => {
      const rig = await startRig(await backend.open())
      const { id } = rig.crm.add('contact', { email: EMAIL, spam: UNREADABLE })
      await rig.host.links.put(rig.connectionId, { object: 'contact', localId: 'p1', externalId: id })
      expect((await rig.pushed(contactItem('p1', { title: 'B' }))).status).toBe('done')
      expect(rig.crm.fields('contact', id)['title']).toBe('B')
    })

    test('of two local records that are one in the CRM keeps their order', async () => {
      const rig = await startRig(await backend.open())
      const { id } = rig.crm.add('contact', { email: EMAIL })
      for (const localId of ['p1', 'p2'])
        await rig.host.links.put(rig.connectionId, { object: 'contact', localId, externalId: id })
      const items = [contactItem('p1', { title: 'first' }), contactItem('p2', { title: 'second' })]
      const receipts = await rig.host.outbox.pushAll(rig.connectionId, items)
      for (const receipt of receipts) await rig.host.outbox.wait(receipt.id)
      expect(rig.crm.fields('contact', id)['title']).toBe('second')
    })

    test('read back makes no entry in the feed', async () => {
      const rig = await startRig(await backend.open())
      await rig.pushed(contactItem('p1', { email: EMAIL, title: 'A' }))
      await rig.pushed(contactItem('p1', { title: 'B' }))
      const before = await rig.feed()
      await rig.pull()
      await rig.sweep()
      expect(await rig.feed()).toEqual(before)
      expect(before).toMatchObject([{ origin: 'push', localId: 'p1', data: { title: 'B', email: EMAIL } }])
    })
  },
  hostTemplate,
)
