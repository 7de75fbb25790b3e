import { eachBackend } from '@raccordo/testkit/database'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { divide } from '../../src/sync/ownership.ts'
import { contactItem, eventually, hostTemplate, type Rig, startRig } from '../crm/rig.ts'

const EMAIL = 'ada@example.com'

describe('ownership, field by field', () => {
  const known = { data: { title: 'CRM', first_name: null }, fieldSeqs: { title: 7 } }

  test('a field of the CRM is written unless the CRM changed it since the host saw it', () => {
    expect(divide({ title: 'host' }, known, 7, () => 'crm')).toEqual({ write: { title: 'host' }, kept: [] })
    expect(divide({ title: 'host' }, known, 6, () => 'crm')).toEqual({ write: {}, kept: ['title'] })
  })

  test('a field of the app is always written', () => {
    expect(divide({ title: 'host' }, known, 0, () => 'app')).toEqual({ write: { title: 'host' }, kept: [] })
  })

  test('a merged field is written only where the CRM has nothing', () => {
    const patch = { title: 'host', first_name: 'Ada' }
    expect(divide(patch, known, 9, () => 'merge')).toEqual({ write: { first_name: 'Ada' }, kept: ['title'] })
  })

  test('every field of a patch is written, kept, or there already, and what is there is in neither', () => {
    const value = fc.constantFrom(null, '', 'a', 'b', 1)
    const record = fc.dictionary(fc.constantFrom('x', 'y', 'z'), value)
    const owners = fc.constantFrom<'crm' | 'app' | 'merge'>('crm', 'app', 'merge')
    fc.assert(
      fc.property(record, record, fc.nat(3), fc.nat(3), owners, (patch, data, changedAt, seen, owner) => {
        const fieldSeqs = { x: changedAt, y: changedAt, z: changedAt }
        const { write, kept } = divide(patch, { data, fieldSeqs }, seen, () => owner)
        for (const [field, wanted] of Object.entries(patch)) {
          const isSame = (data[field] ?? null) === wanted
          expect(Number(field in write) + Number(kept.includes(field))).toBe(isSame ? 0 : 1)
          if (owner === 'crm' && changedAt <= seen) expect(kept).toEqual([])
        }
      }),
    )
  })
})

eachBackend(
  'who wins',
  (backend) => {
    const known = async (rig: Rig): Promise<string> => {
      await rig.pushed(contactItem('p1', { email: EMAIL, title: 'A', first_name: 'Ada' }))
      await rig.feed()
      return rig.crm.live('contact')[0]?.id ?? ''
    }

    test('the CRM, for a field that it changed and the host has not seen; it is named', async () => {
      const rig = await startRig(await backend.open())
      const id = await known(rig)
      rig.crm.edit('contact', id, { title: 'CRM' })
      const end = await rig.pushed(contactItem('p1', { title: 'host', first_name: 'Ida' }))
      expect(end).toMatchObject({ status: 'done', keptByCrm: ['title'] })
      expect(rig.crm.fields('contact', id)).toMatchObject({ title: 'CRM', first: 'Ida' })
    })

    test('the host, once it has read of the change in the feed', async () => {
      const rig = await startRig(await backend.open())
      const id = await known(rig)
      rig.crm.edit('contact', id, { title: 'CRM' })
      await rig.pull()
      await rig.feed()
      expect(await rig.pushed(contactItem('p1', { title: 'host' }))).not.toHaveProperty('keptByCrm')
      expect(rig.crm.fields('contact', id)['title']).toBe('host')
    })

    test('the CRM, where the host has read the feed of another type alone', async () => {
      const rig = await startRig(await backend.open())
      const id = await known(rig)
      rig.crm.edit('contact', id, { title: 'CRM' })
      await rig.pull()
      rig.crm.add('company', { name: 'Acme' })
      await rig.pull()
      expect(await rig.feed('company')).toHaveLength(1)
      expect((await rig.pushed(contactItem('p1', { title: 'host' }))).keptByCrm).toEqual(['title'])
      expect(rig.crm.fields('contact', id)['title']).toBe('CRM')
    })

    test('the CRM, where the host pushed another field meanwhile and has not read of the change', async () => {
      const rig = await startRig(await backend.open())
      const id = await known(rig)
      rig.crm.edit('contact', id, { title: 'CRM' })
      await rig.pull()
      await rig.pushed(contactItem('p1', { first_name: 'Ida' }))
      expect((await rig.pushed(contactItem('p1', { title: 'host' }))).keptByCrm).toEqual(['title'])
      expect(rig.crm.fields('contact', id)['title']).toBe('CRM')
    })

    test('the CRM, where a push that waited is older than what the host has read since', async () => {
      const rig = await startRig(await backend.open())
      const id = await known(rig)
      await rig.host.connections.update(rig.connectionId, { enabled: false })
      const older = await rig.push(contactItem('p1', { title: 'host' }))
      await rig.host.connections.update(rig.connectionId, { enabled: true, objects: ['company'] })
      const reader = await rig.another()
      rig.crm.edit('contact', id, { title: 'CRM' })
      await rig.rows(`update crm_outbox set next_at = now() + interval '1 hour' where id = '${older}'`)
      await rig.host.connections.update(rig.connectionId, { objects: ['contact', 'company', 'call'] })
      await rig.pull()
      await rig.feed()
      const newer = await rig.push(contactItem('p1', { first_name: 'Ida' }))
      await rig.rows(`update crm_outbox set next_at = now() where id = '${older}' and status = 'pending'`)
      expect((await reader.outbox.wait(newer)).status).toBe('done')
      expect(rig.crm.fields('contact', id)).toMatchObject({ title: 'CRM', first: 'Ida' })
    })

    test('the truth: what a user wrote behind our write is not hidden by the end of our write', async () => {
      const rig = await startRig(await backend.open())
      const id = await known(rig)
      rig.crm.server.faults.add({ path: /update/, times: 1, effect: { kind: 'delay', when: 'after', ms: 2_000 } })
      const push = await rig.push(contactItem('p1', { title: 'host' }))
      await eventually(() => expect(rig.crm.fields('contact', id)['title']).toBe('host'))
      rig.crm.edit('contact', id, { title: 'user' })
      await rig.pull()
      expect((await rig.host.outbox.wait(push)).status).toBe('done')
      await eventually(async () => expect((await rig.feed()).map(({ data }) => data['title'])).toEqual(['user']))
    })

    test('the truth, also where the CRM does not say when our write was', async () => {
      const rig = await startRig(await backend.open())
      const id = await known(rig)
      rig.crm.knobs.isSilent = true
      rig.crm.server.faults.add({ path: /update/, times: 1, effect: { kind: 'delay', when: 'after', ms: 2_000 } })
      const push = await rig.push(contactItem('p1', { title: 'host' }))
      await eventually(() => expect(rig.crm.fields('contact', id)['title']).toBe('host'))
      rig.crm.edit('contact', id, { title: 'user' })
      await rig.pull()
      expect((await rig.host.outbox.wait(push)).status).toBe('done')
      await eventually(async () => expect((await rig.feed()).map(({ data }) => data['title'])).toEqual(['user']))
    })
  },
  hostTemplate,
)
