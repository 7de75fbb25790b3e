import { AssociationTypes, Client, Signature } from '@hubspot/api-client'
import { AssociationSpecAssociationCategoryEnum } from '@hubspot/api-client/lib/codegen/crm/associations/v4/models/AssociationSpec.js'
import { FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/contacts/models/Filter.js'
import { giveConsent, type SimulatedDelivery } from '@raccordo/testkit/simulator'
import { afterEach, expect, test } from 'vitest'
import { type HubspotSimulator, simulator } from '../simulator/index.ts'

let sim: HubspotSimulator
afterEach(() => sim.stop())

/** HubSpot's own client for Node, which calls version 3 and version 4 of the paths. */
const open = async (): Promise<Client> => {
  sim = await simulator.start()
  return new Client({
    basePath: sim.url,
    accessToken: String(sim.connection.credentials['apiKey']),
    numberOfApiCallRetries: 0,
  })
}

const A_DATE = expect.any(Date)
const WHOLE = { id: expect.stringMatching(/^\d+$/), createdAt: A_DATE, updatedAt: A_DATE, archived: false }
const BATCH = { status: 'COMPLETE', startedAt: A_DATE, completedAt: A_DATE }

/** No date that could not be read, anywhere in what the client made of an answer. */
const readable = <T>(answer: T): T => {
  const look = (value: unknown): void => {
    if (value instanceof Date) expect(Number.isNaN(value.getTime())).toBe(false)
    else if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) look(member)
  }
  look(answer)
  return answer
}

const FIRST = {
  contacts: [{ email: 'ann@example.com' }, { lastname: 'Bell' }, { email: 'cid@example.com' }],
  companies: [{ name: 'Acme' }, { domain: 'acme.example' }, { name: 'Gamma' }],
  deals: [1, 2, 3].map((number) => ({
    dealname: `Deal ${number}`,
    pipeline: 'default',
    dealstage: 'appointmentscheduled',
    amount: String(number),
  })),
} as const
const NAMES = { contacts: 'lastname', companies: 'city', deals: 'dealname' } as const

test.each(['contacts', 'companies', 'deals'] as const)(
  '%s: create, get, list, update, search, archive',
  async (object) => {
    const client = await open()
    const { basicApi, searchApi } = client.crm[object]
    const [given] = FIRST[object]
    const made = readable(await basicApi.create({ properties: { ...given }, associations: [] }))
    expect(made).toMatchObject({ ...WHOLE, properties: given })
    expect(readable(await basicApi.getById(made.id, Object.keys(given)))).toMatchObject({ ...WHOLE, properties: given })
    const name = NAMES[object]
    const changed = readable(await basicApi.update(made.id, { properties: { [name]: 'Changed' } }))
    expect(changed).toMatchObject({ id: made.id, properties: { [name]: 'Changed' } })

    const second = await basicApi.create({ properties: { ...FIRST[object][1] }, associations: [] })
    const page = readable(await basicApi.getPage(1, undefined, [name]))
    expect(page.results).toMatchObject([{ ...WHOLE, id: made.id }])
    const rest = await basicApi.getPage(1, page.paging?.next?.after, [name])
    expect(rest).toMatchObject({ results: [{ id: second.id }] })
    expect(rest.paging).toBeUndefined()
    expect(await client.crm[object].getAll()).toHaveLength(2)

    const found = readable(
      await searchApi.doSearch({
        filterGroups: [{ filters: [{ propertyName: name, operator: FilterOperatorEnum.Eq, value: 'Changed' }] }],
        sorts: ['-createdate'],
        properties: [name],
        limit: 10,
      }),
    )
    expect(found).toMatchObject({ total: 1, results: [{ ...WHOLE, id: made.id }] })

    await basicApi.archive(made.id)
    await expect(basicApi.getById(made.id)).rejects.toMatchObject({ code: 404 })
    const archived = readable(await basicApi.getPage(10, undefined, undefined, undefined, undefined, true))
    expect(archived.results).toMatchObject([{ id: made.id, archived: true, archivedAt: A_DATE }])
  },
)

test.each(['contacts', 'companies', 'deals'] as const)(
  '%s in batches: create, read, update, upsert, archive',
  async (object) => {
    const client = await open()
    const { batchApi } = client.crm[object]
    sim.addUniqueProperty(object === 'contacts' ? 'contact' : object === 'deals' ? 'deal' : 'company', 'host_key')
    const inputs = FIRST[object].map((properties, index) => ({
      properties: { ...properties, host_key: `key-${index}` },
      associations: [],
      objectWriteTraceId: String(index),
    }))
    const made = readable(await batchApi.create({ inputs }))
    expect(made).toMatchObject(BATCH)
    const ids = made.results.map(({ id }) => ({ id }))
    expect(ids).toHaveLength(3)

    const read = readable(
      await batchApi.read({ inputs: [...ids, { id: '1' }], properties: ['host_key'], propertiesWithHistory: [] }),
    )
    expect(read.results.map(({ properties }) => properties['host_key']).toSorted()).toEqual(['key-0', 'key-1', 'key-2'])
    expect(read).toMatchObject({ ...BATCH, numErrors: 1 })
    expect('errors' in read && read.errors).toMatchObject([{ category: 'OBJECT_NOT_FOUND', context: { ids: ['1'] } }])

    const name = NAMES[object]
    const changes = ids.map(({ id }, index) => ({ id, properties: { [name]: `Name ${index}` } }))
    const changed = readable(await batchApi.update({ inputs: changes }))
    expect(changed.results).toHaveLength(3)

    const upserts = ['key-0', 'key-9'].map((id, index) => ({
      id,
      idProperty: 'host_key',
      objectWriteTraceId: String(index),
      properties: {
        [name]: 'Upserted',
        ...(object === 'deals' ? { dealstage: 'closedwon', pipeline: 'default' } : {}),
      },
    }))
    // A company is known by its name or domain, which an upsert by another property must bring.
    const whole = upserts.map((input) =>
      object === 'companies' ? { ...input, properties: { ...input.properties, name: `Company ${input.id}` } } : input,
    )
    const upserted = readable(await batchApi.upsert({ inputs: whole }))
    expect(upserted).toMatchObject(BATCH)
    expect(upserted.results.map((result) => result._new).toSorted()).toEqual([false, true])
    expect(upserted.results).toMatchObject([WHOLE, WHOLE].map(({ archived: _, ...rest }) => rest))

    await batchApi.archive({ inputs: ids })
    expect((await client.crm[object].getAll()).map(({ id }) => id)).not.toContain(ids[0]?.id)
  },
)

test('contacts are upserted by e-mail, and a conflict names the record that is there', async () => {
  const client = await open()
  const { batchApi, basicApi } = client.crm.contacts
  const made = await basicApi.create({ properties: { email: 'ann@example.com' }, associations: [] })
  const upserted = await batchApi.upsert({
    inputs: ['ann@example.com', 'new@example.com'].map((id) => ({
      id,
      idProperty: 'email',
      properties: { firstname: 'New' },
    })),
  })
  expect(upserted.results.map((result) => [result._new, result.properties['firstname']]).toSorted()).toEqual([
    [false, 'New'],
    [true, 'New'],
  ])
  await expect(basicApi.create({ properties: { email: 'ann@example.com' }, associations: [] })).rejects.toMatchObject({
    code: 409,
    body: { category: 'CONFLICT', message: `Contact already exists. Existing ID: ${made.id}` },
  })
})

test('a merge and the right to be forgotten', async () => {
  const client = await open()
  const { basicApi } = client.crm.contacts
  const [kept, lost] = [
    await basicApi.create({ properties: { email: 'kept@example.com' }, associations: [] }),
    await basicApi.create({ properties: { email: 'lost@example.com' }, associations: [] }),
  ]
  const merged = readable(await basicApi.merge({ primaryObjectId: kept.id, objectIdToMerge: lost.id }))
  expect(merged).toMatchObject(WHOLE)
  expect((await basicApi.getById(lost.id)).id).toBe(merged.id)
  await basicApi.purge({ objectId: merged.id })
  await expect(basicApi.getById(merged.id)).rejects.toMatchObject({ code: 404 })
})

test('associations: made one by one, by default and in batches, listed and taken away', async () => {
  const client = await open()
  const { basicApi, batchApi } = client.crm.associations.v4
  const contact = await client.crm.contacts.basicApi.create({ properties: { lastname: 'Ann' }, associations: [] })
  const companies = await Promise.all(
    ['Acme', 'Beta', 'Gamma'].map((name) =>
      client.crm.companies.basicApi.create({ properties: { name }, associations: [] }),
    ),
  )
  const [first = '', second = '', third = ''] = companies.map(({ id }) => id)
  const spec = (associationTypeId: number) => ({
    associationCategory: AssociationSpecAssociationCategoryEnum.HubspotDefined,
    associationTypeId,
  })
  const labels = await basicApi.create('contacts', contact.id, 'companies', first, [
    spec(AssociationTypes.primaryContactToCompany),
  ])
  expect(labels).toMatchObject({ fromObjectTypeId: '0-1', toObjectTypeId: '0-2', labels: expect.any(Array) })
  expect([labels.fromObjectId, labels.toObjectId].map(String)).toEqual([contact.id, first])
  const plain = readable(await basicApi.createDefault('contacts', contact.id, 'companies', second))
  expect(plain).toMatchObject({ ...BATCH, results: expect.any(Array) })
  expect(plain.results).toContainEqual(
    expect.objectContaining({ associationSpec: spec(AssociationTypes.contactToCompany) }),
  )
  const made = readable(
    await batchApi.create('contacts', 'companies', {
      inputs: [{ _from: { id: contact.id }, to: { id: third }, types: [spec(AssociationTypes.contactToCompany)] }],
    }),
  )
  expect(made).toMatchObject({ ...BATCH, results: [{ fromObjectTypeId: '0-1', toObjectTypeId: '0-2' }] })

  const page = await basicApi.getPage('contacts', contact.id, 'companies')
  expect(page.results.map(({ toObjectId }) => String(toObjectId)).toSorted()).toEqual([first, second, third].toSorted())
  const types = page.results.find(({ toObjectId }) => String(toObjectId) === first)?.associationTypes
  expect(types?.map(({ typeId }) => typeId).toSorted()).toEqual([1, 279])
  const read = readable(await batchApi.getPage('contacts', 'companies', { inputs: [{ id: contact.id }] }))
  expect(read).toMatchObject({ ...BATCH, results: [{ _from: { id: contact.id } }] })
  expect(read.results[0]?.to).toHaveLength(3)

  await basicApi.archive('contacts', contact.id, 'companies', first)
  await batchApi.archive('contacts', 'companies', { inputs: [{ _from: { id: contact.id }, to: [{ id: second }] }] })
  const left = await basicApi.getPage('contacts', contact.id, 'companies')
  expect(left.results.map(({ toObjectId }) => String(toObjectId))).toEqual([third])
  const listed = await client.crm.contacts.basicApi.getPage(10, undefined, undefined, undefined, ['companies'])
  expect(listed.results[0]?.associations?.['companies']?.results).toMatchObject([{ id: third }])
})

test('owners, pipelines and properties as the client knows them', async () => {
  const client = await open()
  const owners = readable(await client.crm.owners.ownersApi.getPage())
  expect(owners.results[0]).toMatchObject({ ...WHOLE, type: 'PERSON', email: expect.stringContaining('@') })
  const owner = readable(await client.crm.owners.ownersApi.getById(Number(owners.results[0]?.id)))
  expect(owner).toMatchObject({ ...WHOLE, email: owners.results[0]?.email })
  const { results: pipelines } = readable(await client.crm.pipelines.pipelinesApi.getAll('deals'))
  const dated = { createdAt: A_DATE, updatedAt: A_DATE, archived: false }
  const standard = pipelines.find(({ id }) => id === 'default')
  expect(standard).toMatchObject({ label: expect.any(String), ...dated })
  for (const stage of standard?.stages ?? [])
    expect(stage).toMatchObject({ metadata: { isClosed: expect.stringMatching(/^(true|false)$/) }, ...dated })
  const pipeline = readable(await client.crm.pipelines.pipelinesApi.getById('deals', 'default'))
  expect(pipeline.stages).toEqual(standard?.stages)
  const { results: properties } = readable(await client.crm.properties.coreApi.getAll('contacts'))
  for (const property of properties)
    expect(property).toMatchObject({
      description: expect.any(String),
      groupName: expect.any(String),
      options: expect.any(Array),
    })
  const email = readable(await client.crm.properties.coreApi.getByName('contacts', 'email'))
  expect(email).toMatchObject({ name: 'email', type: 'string', modificationMetadata: { readOnlyValue: false } })
})

test('signing in with the client: its own link, the exchange, what it tells of tokens, revocation', async () => {
  const client = await open()
  const { clientId = '', clientSecret = '' } = sim.oauth ?? {}
  const redirect = 'http://localhost:3000/callback'
  const link = new URL(
    client.oauth.getAuthorizationUrl(
      clientId,
      redirect,
      'oauth crm.objects.contacts.read',
      'crm.objects.deals.read',
      's',
    ),
  )
  const back = new URL(await giveConsent(`${sim.url}${link.pathname}${link.search}`))
  const { tokensApi, accessTokensApi, refreshTokensApi } = client.oauth
  const code = back.searchParams.get('code') ?? ''
  const tokens = await tokensApi.create('authorization_code', code, redirect, clientId, clientSecret)
  expect(tokens).toMatchObject({ tokenType: 'bearer', expiresIn: 1_800 })
  const again = await tokensApi.create(
    'refresh_token',
    undefined,
    undefined,
    clientId,
    clientSecret,
    tokens.refreshToken,
  )
  const known = await accessTokensApi.get(again.accessToken)
  expect(known).toMatchObject({ hubId: sim.portalId, tokenType: 'access', appId: expect.any(Number) })
  expect(known.expiresIn).toBeGreaterThan(1_700)
  expect(known.scopes).toEqual(['oauth', 'crm.objects.contacts.read', 'crm.objects.deals.read'])
  expect(await refreshTokensApi.get(tokens.refreshToken)).toMatchObject({ hubId: sim.portalId, clientId })
  client.setAccessToken(again.accessToken)
  expect((await client.crm.contacts.basicApi.getPage()).results).toEqual([])
  await refreshTokensApi.archive(tokens.refreshToken)
  await expect(
    tokensApi.create('refresh_token', undefined, undefined, clientId, clientSecret, tokens.refreshToken),
  ).rejects.toMatchObject({ code: 400, body: { status: 'BAD_REFRESH_TOKEN' } })
})

test('the client finds every delivery signed, by either version', async () => {
  await open()
  await sim.seed({ contacts: 120, companies: 2 })
  const changes = (await sim.truth('contact')).map(({ id }) => ({
    type: 'contact' as const,
    id,
    op: 'upsert' as const,
  }))
  const told = { url: 'https://hooks.example.test/crm/webhooks/hubspot', secret: 'of-the-app', at: new Date(), changes }
  const deliveries: readonly SimulatedDelivery[] = sim.webhooks?.deliveries(told) ?? []
  expect(deliveries).toHaveLength(2)
  for (const { url, method, headers, body } of deliveries) {
    const common = { clientSecret: told.secret, requestBody: Buffer.from(body).toString('utf8'), url, method }
    const signature = String(headers['x-hubspot-signature-v3'])
    const timestamp = Number(headers['x-hubspot-request-timestamp'])
    expect(Signature.isValid({ ...common, signature, signatureVersion: 'v3', timestamp })).toBe(true)
    const older = String(headers['x-hubspot-signature'])
    expect(Signature.isValid({ ...common, signature: older, signatureVersion: 'v1' })).toBe(true)
  }
})
