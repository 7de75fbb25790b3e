import { describe, expect, test } from 'vitest'
import { simulator } from '../../simulator/index.ts'
import { liveConnection } from './connection.ts'

const { settings, password } = liveConnection()

describe('the handles of a test on a real Odoo', () => {
  test('seed, add, edit, archive and delete, and list the truth', async () => {
    const crm = await simulator.attach?.({ settings: { ...settings }, credentials: password })
    if (crm === undefined) throw new Error('Odoo can be attached to')
    const before = { contacts: (await crm.truth('contact')).length, companies: (await crm.truth('company')).length }
    await crm.seed({ contacts: 20, companies: 3 })
    const people = await crm.truth('contact')
    expect(people).toHaveLength(before.contacts + 20)
    expect(await crm.truth('company')).toHaveLength(before.companies + 3)
    expect(people.at(-1)?.data).toMatchObject({
      email: expect.any(String),
      phone_e164: expect.stringMatching(/^\+\d+$/),
    })

    const company = await crm.add('company', { name: 'Attached', domain: 'attached.example', country_iso: 'IT' })
    const id = await crm.add('contact', { first_name: 'Ann', last_name: 'Lee' }, [
      { type: 'company', remoteId: company },
    ])
    await crm.edit('contact', id, { last_name: 'Jones' })
    const find = async () => (await crm.truth('contact')).find((record) => record.id === id)
    expect(await find()).toMatchObject({
      data: { first_name: 'Ann', last_name: 'Jones', country_iso: 'IT' },
      links: [{ remoteId: company }],
    })
    await crm.remove('contact', id, 'archive')
    expect(await find()).toBeUndefined()
    await crm.remove('company', company)
    expect((await crm.truth('company')).map((record) => record.id)).not.toContain(company)
    expect(crm.calls()).toBeGreaterThan(0)
  })
})
