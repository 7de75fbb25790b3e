import { describe, expect, it } from 'vitest'
import type { Fields, Link } from '../../src/contract.ts'
import { text } from './one-rule.ts'
import { compileFor, countries, flat, objects, pairs, type Shape } from './shapes.ts'

const anna = {
  email: 'anna@example.com',
  first_name: 'Anna',
  last_name: 'Rossi',
  title: 'CEO',
  country_iso: 'IT',
  phone_e164: '+390212345678',
  company_id: null,
}

const contacts: readonly [string, Shape, { fields: Fields; links?: Link[] }, Fields, readonly string[]][] = [
  [
    'flat fields with links',
    flat,
    {
      fields: {
        email: 'anna@example.com',
        firstname: 'Anna',
        lastname: 'Rossi',
        phone: '02 1234 5678',
        jobtitle: 'CEO',
        country: 'Italia',
        company: 'ACME',
      },
      links: [
        { type: 'deal', remoteId: '5' },
        { type: 'company', remoteId: '42' },
      ],
    },
    {
      email: 'anna@example.com',
      firstname: 'Anna',
      lastname: 'Rossi',
      phone: '+390212345678',
      jobtitle: 'CEO',
      country: 'IT',
    },
    ['email', 'phone'],
  ],
  [
    'objects for relations',
    objects,
    {
      fields: {
        Email: 'anna@example.com',
        First_Name: 'Anna',
        Last_Name: 'Rossi',
        Phone: '+39 02 1234 5678',
        Title: 'CEO',
        Mailing_Country: 'Italy',
        Account_Name: { id: '42', name: 'ACME' },
      },
    },
    {
      Email: 'anna@example.com',
      First_Name: 'Anna',
      Last_Name: 'Rossi',
      Phone: '+390212345678',
      Title: 'CEO',
      Mailing_Country: 'IT',
    },
    ['Email', 'Phone'],
  ],
  [
    'pairs and one name field',
    pairs,
    {
      fields: {
        email: 'anna@example.com',
        name: 'Anna Rossi',
        phone: '02 12345678',
        function: 'CEO',
        country_id: [109, 'Italien'],
        parent_id: [42, 'ACME'],
      },
    },
    { email: 'anna@example.com', name: 'Anna Rossi', phone: '+390212345678', function: 'CEO', country_id: '109' },
    ['email', 'phone'],
  ],
]

describe('one structure for every CRM', () => {
  it.each(contacts)('reads and writes a contact with %s', (_, shape, record, written, keys) => {
    const mapping = compileFor('contact', shape)
    expect(mapping.warnings).toEqual([])
    expect(mapping.toCanonical(record, countries)).toEqual({
      ok: true,
      data: anna,
      references: { company_id: '42' },
      filtered: false,
      warnings: [],
    })
    const { company_id: _none, ...data } = anna
    expect(mapping.toRemote(data, countries)).toMatchObject({ ok: true, fields: written, warnings: [] })
    expect(mapping.keys).toEqual([
      { canonical: 'email', remote: keys[0] },
      { canonical: 'phone_e164', remote: keys[1] },
    ])
    expect(new Set(mapping.remoteFields)).toEqual(
      new Set(Object.keys(record.fields).filter((name) => name !== 'company')),
    )
  })

  it('names the remote field of a pushed reference, or leaves it to the row where the relation is a link', () => {
    const push = (shape: Shape) => compileFor('contact', shape).toRemote({ company_id: 'local-1' }, countries)
    expect(push(flat)).toMatchObject({ links: [{ type: 'company', localId: 'local-1' }], fields: {} })
    expect(push(objects)).toMatchObject({ links: [{ type: 'company', localId: 'local-1', field: 'Account_Name' }] })
    expect(push(pairs)).toMatchObject({ links: [{ type: 'company', localId: 'local-1', field: 'parent_id' }] })
  })

  const deals: readonly [string, Shape, Fields, Fields][] = [
    [
      'texts',
      {
        fields: {
          dealname: 'text',
          amount: 'number',
          deal_currency_code: 'text',
          closedate: 'datetime',
          dealstage: text('dealstage', {
            type: 'picklist',
            options: [
              { value: 'appointmentscheduled', label: 'Appointment' },
              { value: 'closedwon', label: 'Won' },
            ],
          }),
        },
      },
      {
        dealname: 'Big',
        amount: '1234.50',
        deal_currency_code: null,
        closedate: '2026-12-31T00:00:00Z',
        dealstage: 'closedwon',
      },
      {
        dealname: 'Big',
        amount: '1234.50',
        deal_currency_code: 'EUR',
        closedate: '2026-12-31T00:00:00.000Z',
        dealstage: 'closedwon',
      },
    ],
    [
      'names of stages',
      {
        fields: {
          Deal_Name: 'text',
          Amount: 'money',
          Closing_Date: 'date',
          Stage: text('Stage', {
            type: 'picklist',
            options: [
              { value: 'Qualification', label: 'Qualification' },
              { value: 'Closed Won', label: 'Closed Won' },
            ],
          }),
        },
      },
      { Deal_Name: 'Big', Amount: 1234.5, Closing_Date: '2026-12-31', Stage: 'Closed Won' },
      { Deal_Name: 'Big', Amount: '1234.50', Closing_Date: '2026-12-31', Stage: 'Closed Won' },
    ],
    [
      'relations',
      {
        fields: {
          name: 'text',
          expected_revenue: 'money',
          date_deadline: 'date',
          stage_id: text('stage_id', {
            type: 'reference',
            options: [
              { value: '1', label: 'New' },
              { value: '4', label: 'Won' },
            ],
          }),
          company_currency: text('company_currency', { type: 'reference', readOnly: true }),
        },
      },
      {
        name: 'Big',
        expected_revenue: 1234.5,
        date_deadline: '2026-12-31',
        stage_id: [4, 'Won'],
        company_currency: [1, 'EUR'],
      },
      { name: 'Big', expected_revenue: '1234.50', date_deadline: '2026-12-31', stage_id: '4' },
    ],
  ]

  it.each(deals)('reads and writes a deal with %s', (_, shape, fields, written) => {
    const mapping = compileFor('deal', shape)
    const data = { title: 'Big', amount_cents: 123450, currency: 'EUR', close_date: '2026-12-31', stage: 'won' }
    expect(mapping.toCanonical({ fields }, countries)).toMatchObject({ ok: true, data, warnings: [] })
    expect(mapping.toRemote(data, countries)).toMatchObject({ ok: true, fields: written })
  })

  it('reads what vendors mean by empty as null', () => {
    const mapping = compileFor('contact', pairs)
    const empty = { email: false, name: '', phone: null, country_id: false, parent_id: false }
    const result = mapping.toCanonical({ fields: empty }, countries)
    expect(result).toMatchObject({ ok: true, warnings: [], references: { company_id: null } })
    if (result.ok) expect(new Set(Object.values(result.data))).toEqual(new Set([null]))
  })

  it('leaves out a rule whose fields the object does not have, with a warning at the rule', () => {
    const mapping = compileFor('contact', { fields: { email: 'text', phone: 'text' } })
    expect(mapping.canonicalFields).toEqual(['email', 'phone_e164', 'company_id'])
    expect(mapping.warnings.map(({ pointer }) => pointer)).toEqual(
      ['first_name', 'last_name', 'title', 'country_iso'].map((name) => `/objects/contact/fields/${name}`),
    )
  })

  it('refuses an object that has none of its keys, and keeps the keys that it has', () => {
    expect(() => compileFor('contact', { fields: { firstname: 'text' } })).toThrow(/No key of "email", "phone_e164"/)
    expect(compileFor('contact', { fields: { phone: 'text' } }).keys).toEqual([
      { canonical: 'phone_e164', remote: 'phone' },
    ])
  })
})
