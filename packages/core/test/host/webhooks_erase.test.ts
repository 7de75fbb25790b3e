import { eachBackend, type TestSource } from '@raccordo/testkit/database'
import { expect, test } from 'vitest'
import { webhookSecretOf } from '../../src/host/hooks.ts'
import type { HostOptions } from '../../src/host_options.ts'
import { type AuditRow, verifyAudit } from '../../src/telemetry/audit.ts'
import { createChannels, signed } from '../crm/channels.ts'
import { contactItem, eventually, hostTemplate, type Rig, startRig } from '../crm/rig.ts'

const EMAIL = 'ada.lovelace@example.com'
const PERSONAL = /lovelace|countess|enchantress/i

const start = (source: TestSource, options: Partial<HostOptions> = {}): Promise<Rig> => {
  const { webhooks, routes } = createChannels(Date.now, 86_400_000)
  return startRig(
    source,
    { webhooks, routes },
    { publicUrl: 'https://raccordo.example', webhookSecret: 'master', ...options },
  )
}

let lastKey = 0
const tellErased = async ({ host, connectionId }: Rig, remoteId: string): Promise<void> => {
  lastKey += 1
  const event = { key: `e${lastKey}`, object: 'contact', remoteId, op: 'erase', at: new Date().toISOString() }
  const request = signed(webhookSecretOf('master', connectionId), [event])
  await host.webhooks.receive('fake', connectionId, { path: '/x', ...request })
}

/** A person who came from the CRM, was pushed to, whose pushes failed, and who swallowed a double of herself. */
const personIn = async (rig: Rig): Promise<string> => {
  const { crm, host, connectionId } = rig
  const { id } = crm.add('contact', { email: EMAIL, title: 'Countess' })
  const double = crm.add('contact', { email: 'a.lovelace@example.com', title: 'enchantress' }).id
  await rig.pull()
  crm.merge('contact', double, id)
  await rig.pull()
  await host.links.put(connectionId, { object: 'contact', localId: 'ada', externalId: id })
  // What the host has seen it may write over.
  await rig.feed()
  await rig.pushed(contactItem('ada', { email: EMAIL, title: 'enchantress of numbers' }))
  await rig.pushed(contactItem('ada', { first_name: 'Ada Lovelace', title: 'BAD' }))
  return id
}

const tables = [
  'crm_records',
  'crm_outbox',
  'crm_dead_letters',
  'crm_webhook_inbox',
  'crm_audit',
  'crm_lookups',
] as const

/** Names of the tables that hold something of the person. */
const holding = async (rig: Rig): Promise<readonly string[]> => {
  const found = await Promise.all(
    tables.map(async (table) =>
      PERSONAL.test(JSON.stringify(await rig.rows(`select * from ${table}`))) ? [table] : [],
    ),
  )
  return found.flat()
}

const auditOf = (rig: Rig): Promise<readonly AuditRow[]> =>
  rig.rows<AuditRow>(`select seq, at, actor, action, type, object, external_id as "externalId", local_id as "localId",
    changes, correlation_id as "correlationId", previous_hash as "previousHash", hash from crm_audit order by seq`)

eachBackend(
  'what a CRM has forgotten',
  (backend) => {
    test('is forgotten here too, in every table, and the audit still proves what it was', async () => {
      const rig = await start(await backend.open())
      const id = await personIn(rig)
      expect(await holding(rig)).toEqual(['crm_records', 'crm_outbox', 'crm_dead_letters', 'crm_audit'])
      const rows = (await auditOf(rig)).length
      rig.crm.remove('contact', id)
      await tellErased(rig, id)
      await eventually(async () => expect(await holding(rig)).toEqual([]))
      const audit = await auditOf(rig)
      expect(audit.length).toBeGreaterThan(rows)
      expect(audit.at(-1)).toMatchObject({ action: 'pull.erase', externalId: id })
      expect(verifyAudit(audit)).toMatchObject({ ok: true })
      const [tombstone] = (await rig.feed()).filter(({ externalId }) => externalId === id)
      expect(tombstone).toMatchObject({ deleted: true, reason: 'deleted', data: {}, localId: 'ada' })
      const letters = await rig.host.deadLetters.list({ connectionId: rig.connectionId })
      expect(letters.items).toMatchObject([{ payload: {}, history: [], replayResult: 'erased' }])
    })

    test('may live on in the CRM when it tells: it is waited for, and what lives is kept', async () => {
      const rig = await start(await backend.open())
      const id = await personIn(rig)
      await tellErased(rig, id)
      await eventually(async () => {
        const hints = await rig.rows<{ attempts: number }>(`select attempts from crm_webhook_inbox where op = 'erase'`)
        expect(hints).toEqual([{ attempts: 1 }])
      })
      expect(await holding(rig)).toContain('crm_records')
      rig.crm.remove('contact', id)
      await eventually(async () => expect(await holding(rig)).toEqual([]), 20_000)
    })

    test('is forgotten where its object is off, too', async () => {
      const rig = await start(await backend.open())
      const id = await personIn(rig)
      await rig.host.connections.update(rig.connectionId, { objects: ['company'] })
      rig.crm.remove('contact', id)
      await tellErased(rig, id)
      await eventually(async () => expect(await holding(rig)).toEqual([]))
    })

    test('is forgotten on request once the CRM has it no more, and what waits to be sent is not sent', async () => {
      const rig = await start(await backend.open())
      const { crm, host, connectionId } = rig
      const id = await personIn(rig)
      await expect(host.records.erase(connectionId, 'contact', id)).rejects.toThrow('still has contact')
      crm.remove('contact', id)
      await host.connections.update(connectionId, { enabled: false })
      const waiting = await rig.push(contactItem('ada', { title: 'Countess' }))
      const asker = { actor: 'officer' }
      expect(await host.records.erase(connectionId, 'contact', id, asker)).toEqual({ status: 'erased' })
      expect(await holding(rig)).toEqual([])
      expect((await host.outbox.get(waiting)).status).toBe('dead')
      expect((await auditOf(rig)).at(-1)).toMatchObject({ actor: 'officer', action: 'host.erase' })
      expect(await host.records.erase(connectionId, 'contact', id)).toEqual({ status: 'erased' })
    })

    test('is forgotten behind a push that was on its way', async () => {
      const rig = await start(await backend.open(), { works: false })
      const id = rig.crm.add('contact', { email: EMAIL }).id
      await rig.host.links.put(rig.connectionId, { object: 'contact', localId: 'ada', externalId: id })
      const push = await rig.push(contactItem('ada', { title: 'Countess' }))
      rig.crm.remove('contact', id)
      await rig.rows(`update crm_outbox set status = 'in_flight', stage = 'settle', operation = 'update',
        object = 'contact', external_id = '${id}', deadline = now(), next_at = now() + interval '1 hour'`)
      expect(await rig.host.records.erase(rig.connectionId, 'contact', id)).toEqual({ status: 'pending' })
      expect(await holding(rig)).toEqual(['crm_outbox'])
      await rig.rows(`update crm_outbox set status = 'done', stage = null where id = '${push}'`)
      await rig.host.drain()
      expect(await holding(rig)).toEqual([])
    })
  },
  hostTemplate,
)
