import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Contact,
  type CrmClient,
  createHost,
  type Host,
  loadSimulators,
  type ObjectType,
  type PulledRecord,
} from '@raccordo/core'
import type { Simulator, SimulatorDefinition } from '@raccordo/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const hostPackageJson = fileURLToPath(new URL('../../package.json', import.meta.url))
const simulators = await loadSimulators(hostPackageJson)

const all = async <Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> => Array.fromAsync(items)
const ids = (records: readonly { readonly id?: string; readonly externalId?: string }[]) =>
  records.map(({ id, externalId }) => id ?? externalId).sort()

for (const { provider, simulator } of simulators) {
  describe(`the client of ${provider}`, () => {
    let folder: string
    let crm: Simulator
    let host: Host
    let client: CrmClient
    let begin: string

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'raccordo-client-'))
      crm = await (simulator as SimulatorDefinition).start()
      await crm.seed({ contacts: 12, companies: 3 })
      host = await createHost({
        dataDir: folder,
        hostPackageJson,
        allowPrivateHosts: true,
        logLevel: 'silent',
        pollSeconds: 0,
      })
      await host.start()
      const { id } = await host.connections.create({ workspaceId: 'acme', provider, ...crm.connection })
      client = await host.client(id)
      // Not every CRM stamps more finely than by the second.
      begin = new Date(Date.now() - 2_000).toISOString()
    })
    afterAll(async () => {
      await host.stop()
      await crm.stop()
      await rm(folder, { recursive: true, force: true })
    })

    const offers = (type: ObjectType): boolean => {
      const objects = host.providers.get(provider).objects
      return objects.some(
        (object) => object.type === type && object.onByDefault && object.capabilities.includes('create'),
      )
    }
    const theOne = async <Data extends Contact>(records: AsyncIterable<PulledRecord<Data>>, localId: string) => {
      const found = (await all(records)).filter((record) => record.localId === localId)
      expect(found).toHaveLength(1)
      return found[0] ?? expect.fail()
    }

    it('says that it is well, and what is wrong with other credentials', async () => {
      expect(await client.healthcheck()).toMatchObject({ ok: true, account: { id: expect.any(String) } })
      const given = Object.entries(crm.connection.credentials)
      const wrong = Object.fromEntries(
        given.map(([name, value]) => [name, /token|key|password/i.test(name) ? 'wrong-secret' : value]),
      )
      expect(await client.validateCredentials(wrong)).toMatchObject({ ok: false, kind: 'auth' })
      expect(await client.validateCredentials()).toMatchObject({ ok: true })
    })

    it('pulls all contacts and companies that the CRM has, in canonical form', async () => {
      for (const [type, pulled] of [
        ['contact', await all(client.pullContacts())],
        ['company', await all(client.pullCompanies())],
      ] as const) {
        const truth = await crm.truth(type)
        expect(truth.length).toBeGreaterThan(0)
        expect(ids(pulled)).toEqual(ids(truth))
        for (const record of pulled) {
          const { data } = truth.find(({ id }) => id === record.externalId) ?? expect.fail()
          expect(record.data).toMatchObject(
            Object.fromEntries(Object.entries(data).filter(([name]) => ['email', 'first_name', 'name'].includes(name))),
          )
          expect(record).toMatchObject({ object: type, deleted: false })
        }
      }
    })

    it('writes a company and a contact of it, and pulls them as changed since, with the ids of the host', async () => {
      const company = await client.upsertCompany('company-1', { name: 'Nuova Srl', domain: 'nuova.example' })
      expect(company).toMatchObject({ status: 'done', externalId: expect.any(String) })
      const patch: Contact = {
        email: 'ada@nuova.example',
        first_name: 'Ada',
        last_name: 'Rossi',
        company_id: 'company-1',
      }
      expect(await client.upsertContact('contact-1', patch)).toMatchObject({ status: 'done' })
      const found = await theOne(client.pullContacts({ since: begin }), 'contact-1')
      expect(found.data).toMatchObject({ email: 'ada@nuova.example', company_id: 'company-1' })
      expect(found.links).toContainEqual({
        object: 'company',
        externalId: company.externalId,
        localId: 'company-1',
      })
      expect(await all(client.pullContacts({ since: new Date(Date.now() + 60_000).toISOString() }))).toEqual([])
    })

    it('writes a call and, where the CRM has them, a deal, and pulls them', async () => {
      await client.upsertContact('contact-2', { email: 'bea@nuova.example', first_name: 'Bea', last_name: 'Neri' })
      const call = await client.upsertActivity('call-1', {
        kind: 'call',
        direction: 'outbound',
        started_at: '2026-03-02T09:30:00Z',
        duration_seconds: 95,
        subject: 'First call',
        contact_id: 'contact-2',
      })
      expect(call).toMatchObject({ status: 'done', lastError: null })
      const pulled = await theOne(client.pullActivities({ since: begin }), 'call-1')
      expect(pulled.data).toMatchObject({ kind: 'call', duration_seconds: 95, started_at: '2026-03-02T09:30:00.000Z' })
      expect(pulled.data.contact_id).toBe('contact-2')
      const of = async (kinds: readonly string[]) => ids(await all(client.pullActivities({ since: begin, kinds })))
      expect(await of([pulled.kind])).toContain(pulled.externalId)
      if (!offers('deal')) return
      const deal = await client.upsertDeal('deal-1', { title: 'Big one', contact_id: 'contact-2' })
      expect(deal).toMatchObject({ status: 'done', lastError: null })
      expect((await theOne(client.pullDeals({ since: begin }), 'deal-1')).data).toMatchObject({
        title: 'Big one',
        contact_id: 'contact-2',
      })
    })

    it('never shows as living what was removed', async () => {
      const truth = await crm.truth('contact')
      const id = truth.find(({ data }) => data['email'] === 'ada@nuova.example')?.id ?? expect.fail()
      await crm.remove('contact', id)
      expect(ids(await all(client.pullContacts()))).not.toContain(id)
      const told = (await all(client.pullContacts({ since: begin }))).filter(({ externalId }) => externalId === id)
      expect(told.every(({ deleted, data }) => deleted && Object.keys(data).length === 0)).toBe(true)
    })

    it('tells the mapping, of all or of one object', async () => {
      expect(await client.getFieldMapping()).toMatchObject({ version: 1, objects: { contact: expect.anything() } })
      expect(await client.getFieldMapping('contact')).toMatchObject({ fields: { email: expect.anything() } })
      await expect(client.getFieldMapping('person' as ObjectType)).rejects.toMatchObject({ pointer: '/object' })
    })

    it.each([
      [{ path: 'contacts' }, '/path'],
      [{ path: '//elsewhere.example/contacts' }, '/path'],
      [{ path: '/a/../b' }, '/path'],
      [{ path: '/a', method: 'FETCH' }, '/method'],
      [{ path: '/a', body: {} }, '/body'],
      [{ path: '/a', query: { q: {} } }, '/query/q'],
      [{ path: '/a', headers: { accept: 1 } }, '/headers/accept'],
      [{ path: '/a', timeoutMs: -1 }, '/timeoutMs'],
      [{ path: '/a', url: 'https://elsewhere.example' }, '/url'],
    ])('refuses the call %j before anything is sent', async (call, pointer) => {
      const before = crm.calls()
      await expect(client.request(call as never)).rejects.toMatchObject({ kind: 'invalid', pointer })
      expect(crm.calls()).toBe(before)
    })

    it('passes a signed call through, and what the CRM says to it', async () => {
      const before = crm.calls()
      await expect(client.request({ path: '/there/is/no/such/thing' })).rejects.toMatchObject({ provider })
      expect(crm.calls()).toBeGreaterThan(before)
    })

    it.each([['yesterday'], ['2026-01-01T00:00:00'], ['']])('refuses %j as a time', async (since) => {
      await expect(all(client.pullDeals({ since }))).rejects.toMatchObject({ kind: 'invalid', pointer: '/since' })
    })

    it('refuses kinds that the CRM does not have, and fields that the mapping does not', async () => {
      await expect(all(client.pullContacts({ kinds: ['nope'] }))).rejects.toMatchObject({ pointer: '/kinds' })
      await expect(client.upsertContact('c', { emial: 'a@example.com' })).rejects.toMatchObject({
        kind: 'invalid',
        pointer: '/data/emial',
      })
    })
  })
}
