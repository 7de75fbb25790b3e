import { afterEach, describe, expect, test } from 'vitest'
import { simulator as definition, type OdooSimulatorOptions, startOdooSimulator } from '../simulator/index.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.stop()))
})
const start = async (options?: OdooSimulatorOptions) => {
  const simulator = await startOdooSimulator(options)
  running.push(simulator)
  return simulator
}

const handles = {
  'the simulator': start,
  'a server that it is attached to': async () => {
    const { connection } = await start()
    const attached = await definition.attach?.(connection)
    if (attached === undefined) throw new Error('Odoo can be attached to')
    return attached
  },
}

for (const [name, open] of Object.entries(handles))
  describe(`the handles upon ${name}`, () => {
    test('seed companies and their people, and list the truth in canonical values', async () => {
      const crm = await open()
      const before = (await crm.truth('contact')).length
      await crm.seed({ contacts: 30, companies: 5 })
      await crm.seed({ contacts: 10, companies: 2 })
      const people = (await crm.truth('contact')).slice(before)
      const firms = await crm.truth('company')
      expect(people).toHaveLength(40)
      expect(firms).toHaveLength(1 + 7)
      expect(new Set(people.map(({ data }) => data['email'])).size).toBe(40)
      for (const { data, links, updatedAt } of people) {
        expect(data).toMatchObject({ first_name: expect.any(String), last_name: expect.any(String) })
        expect(data['phone_e164']).toMatch(/^\+\d+$/)
        expect(firms.map(({ id }) => id)).toContain(links[0]?.remoteId)
        expect(updatedAt).toMatch(/^\d{4}-.*Z$/)
      }
      // People have their company's address.
      expect(people[0]?.data['country_iso']).toBe(
        firms.find(({ id }) => id === people[0]?.links[0]?.remoteId)?.data['country_iso'],
      )
    })

    test('add, edit and remove records as a user would', async () => {
      const crm = await open()
      const company = await crm.add('company', { name: 'Acme', domain: 'acme.example', country_iso: 'IT' })
      const id = await crm.add('contact', { first_name: 'Ann', last_name: 'Lee', phone_e164: '+390212345678' }, [
        { type: 'company', remoteId: company },
      ])
      await crm.edit('contact', id, { last_name: 'Lee Jones', title: 'CTO' })
      const find = async () => (await crm.truth('contact')).find((record) => record.id === id)
      expect((await find())?.data).toEqual({
        first_name: 'Ann',
        last_name: 'Lee Jones',
        title: 'CTO',
        phone_e164: '+390212345678',
        email: null,
        country_iso: 'IT',
      })
      const call = await crm.add('activity', { kind: 'call', outcome: 'busy' }, [{ type: 'contact', remoteId: id }])
      await crm.edit('activity', call, { subject: 'Edited' })
      expect((await crm.truth('activity')).find((record) => record.id === call)?.data).toMatchObject({
        outcome: 'busy',
        subject: 'Edited',
      })
      await crm.remove('contact', id, 'archive')
      expect(await find()).toBeUndefined()
      await crm.remove('company', company)
      expect((await crm.truth('company')).map((record) => record.id)).not.toContain(company)
    })
  })

describe('the simulated Odoo', () => {
  test('gives each of many parallel loads of one external id the same record', async () => {
    const crm = await start()
    const { username, password } = crm.connection.credentials
    const uid = crm.database.authenticate(username, password)
    const list = [['id', 'name'], [['__test__.one', 'One']]]
    const args = ['crm', uid, password, 'res.partner', 'load', list, {}]
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'call',
      params: { service: 'object', method: 'execute_kw', args },
    })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        fetch(`${crm.url}/jsonrpc`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).then(
          (reply) => reply.json(),
        ),
      ),
    )
    const ids = answers.map((answer) => (answer as { result: { ids: number[] } }).result.ids[0])
    expect(new Set(ids).size).toBe(1)
  })

  test('a slow transaction commits late and bears the stamp of its beginning', async () => {
    let now = new Date('2026-03-01T10:00:00Z')
    const crm = await start({ now: () => now })
    crm.commitDelayMs = 60_000
    const id = await crm.add('contact', { first_name: 'Slow' })
    const find = async () => (await crm.truth('contact')).find((record) => record.id === id)
    now = new Date('2026-03-01T10:00:59Z')
    expect(await find()).toBeUndefined()
    now = new Date('2026-03-01T10:01:00Z')
    expect((await find())?.updatedAt).toBe('2026-03-01T10:00:00Z')
  })

  test('a database of Odoo Online refuses the second call of a second, where limits are on', async () => {
    const crm = await start({ online: true })
    const ask = async () => (await fetch(`${crm.url}/web/version`)).status
    expect([await ask(), await ask()]).toEqual([200, 200])
    crm.rateLimits = true
    expect([await ask(), await ask()]).toEqual([200, 429])
    expect(crm.connection.settings).toMatchObject({ url: expect.stringContaining('.odoo.com'), apiBaseUrl: crm.url })
  })

  test('a user without rights to contacts is refused by name', async () => {
    const crm = await start()
    const low = crm.database.users.find(({ login }) => login.startsWith('low'))
    if (low === undefined) throw new Error('no user without rights')
    const make = () => crm.database.executeNamed(low, 'res.partner', 'create', { vals_list: [{ name: 'X' }] })
    expect(make).toThrow("You are not allowed to create 'Contact' (res.partner) records.")
  })
})
