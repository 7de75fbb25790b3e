import { eachBackend } from '@raccordo/testkit/database'
import { expect, test } from 'vitest'
import { TOKENS } from '../../src/container.ts'
import type { Fields, Page, RemoteObject } from '../../src/contract.ts'
import { crmError } from '../../src/errors.ts'
import { contactItem, eventually, hostTemplate, startRig } from '../crm/rig.ts'

const withoutRead = ({ read: _, stamps: __, ...object }: RemoteObject<Fields>): RemoteObject<Fields> => object

eachBackend(
  'a pull at its bounds',
  (backend) => {
    test('gives up a scan whose place the CRM forgets again and again, says so, and begins anew when asked', async () => {
      let forgets = true
      const forgetful = (object: RemoteObject<Fields>): RemoteObject<Fields> => ({
        ...object,
        pull: async (ctx, page): Promise<Page> => {
          if (forgets && page.cursor !== undefined) throw crmError('cursor_gone', 'This cursor has expired')
          return (await object.pull?.(ctx, page)) ?? { records: [] }
        },
      })
      const rig = await startRig(
        await backend.open(),
        { page: 2, change: forgetful },
        { configure: (parts) => parts.provide(TOKENS.random, () => () => 0) },
      )
      for (let n = 0; n < 6; n += 1) rig.crm.add('contact', { email: `p${n}@example.com` })
      await expect(rig.backfill({ objects: ['contact'] })).rejects.toMatchObject({
        kind: 'cursor_gone',
        message: expect.stringMatching(/6 times in a row.*This cursor has expired/),
      })
      const asked = rig.crm.callsTo(/contact\/search/)
      expect(asked).toBe(6)
      forgets = false
      await rig.backfill({ objects: ['contact'] })
      expect(await rig.feed()).toHaveLength(6)
    }, 60_000)

    test("takes a record that bears a stamp from the future of the CRM's clock, and warns of it", async () => {
      const rig = await startRig(await backend.open())
      rig.crm.add('contact', { email: 'p@example.com' }, { stampMs: Date.now() + 3_600_000 })
      rig.crm.add('contact', { email: 'q@example.com' }, { stampMs: Date.now() + 3_600_000 })
      await rig.backfill()
      expect(await rig.feed()).toHaveLength(2)
      expect(await rig.host.metrics()).toMatch(/operation="future_stamp",status="error"\} 1\n/)
    })

    test('begins to poll by itself when its host is told to, after one that polled only when asked', async () => {
      const rig = await startRig(await backend.open(), {}, { pollSeconds: 0 })
      await rig.pull()
      await rig.host.stop()
      const second = await rig.another({}, { pollSeconds: 1 })
      rig.crm.add('contact', { email: 'p@example.com' })
      await eventually(async () => expect((await second.feed(rig.connectionId, 'contact')).records).toHaveLength(1))
    })

    test('follows a hint by a poll where records cannot be read by id, and by a whole scan where it is too old for one', async () => {
      const rig = await startRig(await backend.open(), { change: withoutRead })
      const hint = (id: string, at: string) =>
        rig.rows(`insert into crm_webhook_inbox
          (connection_id, provider, dedupe_key, object, external_id, op, at, correlation_id)
          values ('${rig.connectionId}', 'fake', '${id}', 'contact', '${id}', 'upsert', ${at}, 'c')`)
      const fresh = rig.crm.add('contact', { email: 'fresh@example.com' })
      await hint(fresh.id, 'now()')
      await eventually(async () => expect(await rig.feed()).toHaveLength(1))
      const old = rig.crm.add('contact', { email: 'old@example.com' }, { stampMs: Date.now() - 3_600_000 })
      await rig.pull()
      expect(await rig.feed()).toHaveLength(1)
      await hint(old.id, "now() - interval '1 hour'")
      await eventually(async () => expect(await rig.feed()).toHaveLength(2))
    })

    test('takes the links of a record along that became one of another object, known or not, and pushes go there', async () => {
      const became = new Map<string, string>()
      /** Calls play the part of leads: a second object of contacts, whose records end in one of the first. */
      const asLeads = (object: RemoteObject<Fields>): RemoteObject<Fields> => {
        const { deleted } = object
        if (object.name !== 'call' || deleted === undefined) return object
        return {
          ...object,
          type: 'contact',
          deleted: {
            scope: deleted.scope,
            page: async (ctx, page) => {
              const found = await deleted.page(ctx, page)
              const records = found.records.map((record) => {
                const id = became.get(record.id)
                return id === undefined ? record : { ...record, mergedInto: { object: 'contact', id } }
              })
              return { ...found, records }
            },
          },
        }
      }
      const rig = await startRig(await backend.open(), { change: asLeads })
      const { crm, host, connectionId } = rig
      const leads = ['a', 'b', 'c'].map((name) => crm.add('call', { email: `${name}@example.com` }))
      await rig.backfill({ objects: ['call'] })
      for (const [index, { id }] of leads.entries()) {
        await host.links.put(connectionId, { object: 'contact', localId: `p${index}`, externalId: id, kind: 'call' })
      }
      const survivors = leads.map((_, index) => crm.add('contact', { email: `s${index}@example.com` }))
      // The first one is known already when its lead goes; the third is merged into the second in its turn.
      await rig.pull({ objects: ['contact'] })
      crm.merge('contact', survivors[2]?.id ?? '', survivors[1]?.id ?? '')
      for (const [index, lead] of leads.entries()) {
        became.set(lead.id, survivors[index]?.id ?? '')
        crm.remove('call', lead.id)
      }
      await rig.pull({ objects: ['call'] })
      await rig.pull({ objects: ['contact'] })
      const links = (await host.links.list(connectionId)).items
      expect(links.map(({ localId, externalId, kind }) => [localId, externalId, kind])).toEqual([
        ['p0', survivors[0]?.id, 'contact'],
        ['p1', survivors[1]?.id, 'contact'],
        ['p2', survivors[1]?.id, 'contact'],
      ])
      const gone = (await rig.feed()).filter(({ kind }) => kind === 'call')
      expect(gone.map(({ reason, mergedInto, mergedIntoKind }) => [reason, mergedInto, mergedIntoKind])).toEqual(
        survivors.map(({ id }) => ['merged', id, 'contact']),
      )
      expect(await rig.pushed(contactItem('p0', { title: 'Boss' }))).toMatchObject({ status: 'done' })
      expect(crm.fields('contact', survivors[0]?.id ?? '')['title']).toBe('Boss')
      // Linked by the host to what it does not know to be gone.
      await host.links.put(connectionId, {
        object: 'contact',
        localId: 'late',
        externalId: leads[0]?.id ?? '',
        kind: 'call',
      })
      expect(await rig.pushed(contactItem('late', { title: 'Chief' }))).toMatchObject({
        status: 'done',
        externalId: survivors[0]?.id,
      })
    })
  },
  hostTemplate,
)
