import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { simulator, type ZohoSimulator } from '../simulator/index.ts'

// Zoho's own SDK for Node. It has no types, and takes an environment of one's own: an address for the API and one for
// the token endpoint.
const SDK = '@zohocrm/nodejs-sdk-8.0'
// biome-ignore lint/suspicious/noExplicitAny: the SDK has no types
type Untyped = any
let sdk: Untyped
let sim: ZohoSimulator
let folder = ''

beforeAll(async () => {
  sdk = await import(SDK)
  sim = await simulator.start()
  await sim.seed({ contacts: 12, companies: 3 })
  folder = await mkdtemp(join(tmpdir(), 'zoho-sdk-'))
  const builder = await new sdk.InitializeBuilder()
  const token = new sdk.OAuthBuilder()
    .clientId(sim.oauth.clientId)
    .clientSecret(sim.oauth.clientSecret)
    .refreshToken(sim.connection.credentials['refreshToken'])
    .findUser(false)
    .build()
  await builder
    .environment(sdk.DataCenter.setEnvironment(sim.url, `${sim.url}/oauth/v2/token`, sim.url))
    .token(token)
    .store(new sdk.FileStore(join(folder, 'tokens.txt')))
    .SDKConfig(new sdk.SDKConfigBuilder().pickListValidation(true).autoRefreshFields(false).build())
    .resourcePath(folder)
    .logger(new sdk.LogBuilder().level(sdk.Levels.OFF).filePath(join(folder, 'log')).build())
    .initialize()
}, 60_000)
afterAll(async () => {
  await sim.stop()
  await rm(folder, { recursive: true, force: true })
})

const records = (module: string) => new sdk.Record.RecordOperations(module)
const parameters = async (given: readonly (readonly [unknown, unknown])[]) => {
  const map = new sdk.ParameterMap()
  for (const [name, value] of given) await map.add(name, value)
  return map
}
const recordOf = (values: Readonly<Record<string, unknown>>): Untyped => {
  const record = new sdk.Record.Record()
  for (const [name, value] of Object.entries(values)) record.addKeyValue(name, value)
  return record
}
const bodyOf = (...list: readonly unknown[]) => {
  const body = new sdk.Record.BodyWrapper()
  body.setData(list)
  body.setTrigger([])
  return body
}
const detailsOf = (answer: Untyped, place = 0) => answer.getObject().getData()[place].getDetails()
const lastBody = () => JSON.parse(sim.log.at(-1)?.requestBody ?? '')

test('it signs in at the token endpoint, which it sends a multipart form', async () => {
  const { GetUsersParam } = sdk.Users
  const answer = await new sdk.Users.UsersOperations().getUsers(
    await parameters([[GetUsersParam.TYPE, new sdk.Choice('ActiveUsers')]]),
    new sdk.HeaderMap(),
  )
  expect(answer.getStatusCode()).toBe(200)
  const emails = answer
    .getObject()
    .getUsers()
    .map((user: Untyped) => user.getEmail())
  expect(emails).toEqual(sim.owners.filter(({ isActive }) => isActive).map(({ email }) => email))
  const signIn = sim.log.find(({ path }) => path === '/oauth/v2/token')
  expect(signIn?.requestHeaders['content-type']).toContain('multipart/form-data')
})

test('it lists contacts page by page with the types of their fields', async () => {
  const { GetRecordsParam } = sdk.Record
  const seen: unknown[] = []
  let token: string | null = null
  do {
    const answer: Untyped = await records('Contacts').getRecords(
      await parameters([
        [GetRecordsParam.FIELDS, 'Last_Name,Email,Account_Name,Modified_Time'],
        [GetRecordsParam.PER_PAGE, 5],
        ...(token === null ? [] : [[GetRecordsParam.PAGE_TOKEN, token] as const]),
      ]),
      new sdk.HeaderMap(),
    )
    expect(answer.getStatusCode()).toBe(200)
    for (const record of answer.getObject().getData()) {
      expect(record.getKeyValue('Modified_Time')).toBeInstanceOf(Date)
      expect(typeof record.getKeyValue('Account_Name').getId()).toBe('bigint')
      seen.push(record.getId())
    }
    token = answer.getObject().getInfo().getNextPageToken() ?? null
  } while (token !== null)
  expect(new Set(seen).size).toBe(12)
  expect(seen).toHaveLength(12)
})

test('it asks for what has changed since an instant, and takes 304 for nothing', async () => {
  const { GetRecordsHeader, GetRecordsParam } = sdk.Record
  const since = async (instant: Date) => {
    const headers = new sdk.HeaderMap()
    await headers.add(GetRecordsHeader.IF_MODIFIED_SINCE, instant)
    return records('Contacts').getRecords(await parameters([[GetRecordsParam.FIELDS, 'Last_Name']]), headers)
  }
  expect((await since(new Date('2001-02-03T04:05:06Z'))).getObject().getData().length).toBeGreaterThan(11)
  expect((await since(new Date(Date.now() + 60_000))).getStatusCode()).toBe(304)
  expect(sim.log.at(-1)?.requestHeaders['if-modified-since']).toMatch(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/,
  )
})

test('it creates, updates and deletes, each record with an answer of its own', async () => {
  const made = await records('Contacts').createRecords(
    bodyOf(recordOf({ Last_Name: 'Client', Email: 'client@example.com', Date_of_Birth: new Date('2000-02-03') })),
    new sdk.HeaderMap(),
  )
  expect(made.getStatusCode()).toBe(201)
  const id = BigInt(detailsOf(made).get('id'))
  expect(lastBody()).toMatchObject({ trigger: [], data: [{ Last_Name: 'Client' }] })
  const changed = recordOf({ Title: 'Boss' })
  const updated = await records('Contacts').updateRecord(id, bodyOf(changed), new sdk.HeaderMap())
  expect(updated.getObject().getData()[0].getStatus().getValue()).toBe('success')
  const truth = (await sim.truth('contact')).find((record) => record.id === String(id))
  expect(truth?.data).toMatchObject({ last_name: 'Client', email: 'client@example.com', title: 'Boss' })
  await records('Contacts').deleteRecord(id, new sdk.ParameterMap(), new sdk.HeaderMap())
  const bin = await records('Contacts').getDeletedRecords(
    await parameters([[sdk.Record.GetDeletedRecordsParam.TYPE, 'all']]),
    new sdk.HeaderMap(),
  )
  expect(bin.getObject().getData()[0].getId()).toBe(id)
})

test('it upserts in a batch, and reads what was done to which', async () => {
  const rows = ['one', 'two', 'one'].map((name) =>
    recordOf({ Last_Name: name, Email: `${name}@client.example.com`, Title: 'Buyer' }),
  )
  const body = bodyOf(...rows)
  body.setDuplicateCheckFields(['Email'])
  const answer = await records('Contacts').upsertRecords(body, new sdk.HeaderMap())
  const actions = answer
    .getObject()
    .getData()
    .map((entry: Untyped) => entry.getAction().getValue?.() ?? entry.getAction())
  expect(actions).toEqual(['insert', 'insert', 'update'])
  expect(detailsOf(answer, 2).get('id')).toBe(detailsOf(answer, 0).get('id'))
})

test('it reads a refusal of one record among others', async () => {
  const answer = await records('Contacts').createRecords(
    bodyOf(recordOf({ Last_Name: 'Fine' }), recordOf({ Last_Name: 'Wrong', Email: 'no address' })),
    new sdk.HeaderMap(),
  )
  expect(answer.getStatusCode()).toBe(207)
  const [, refusal] = answer.getObject().getData()
  expect(refusal).toBeInstanceOf(sdk.Record.APIException)
  expect(refusal.getCode().getValue()).toBe('INVALID_DATA')
  expect(refusal.getDetails().get('api_name')).toBe('Email')
})

test('it searches by e-mail address, and takes an empty answer for none', async () => {
  const { SearchRecordsParam } = sdk.Record
  const email = String((await sim.truth('contact'))[0]?.data['email'])
  const search = async (value: string) =>
    records('Contacts').searchRecords(await parameters([[SearchRecordsParam.EMAIL, value]]), new sdk.HeaderMap())
  const found = await search(email)
  expect(found.getObject().getData()[0].getKeyValue('Email')).toBe(email)
  expect((await search('nobody@client.example.com')).getStatusCode()).toBe(204)
})

test('it queries', async () => {
  const body = new sdk.Coql.BodyWrapper()
  body.setSelectQuery("select Last_Name, Account_Name from Contacts where Email like '%example.com' limit 0, 3")
  const answer = await new sdk.Coql.CoqlOperations().getRecords(body)
  expect(answer.getStatusCode()).toBe(200)
  expect(answer.getObject().getData()).toHaveLength(3)
  expect(answer.getObject().getInfo().getMoreRecords()).toBe(true)
})

test('it logs a call on a contact, and reads its seconds', async () => {
  const [contact] = await sim.truth('contact')
  const who = new sdk.Record.Record()
  who.setId(BigInt(contact?.id ?? 0))
  const call = recordOf({
    Subject: 'Offer',
    Call_Type: new sdk.Choice('Outbound'),
    Call_Start_Time: new Date('2026-01-02T03:04:05Z'),
    Call_Duration: '01:35',
    Who_Id: who,
  })
  const made = await records('Calls').createRecords(bodyOf(call), new sdk.HeaderMap())
  expect(made.getStatusCode()).toBe(201)
  const [truth] = (await sim.truth('activity')).filter(({ id }) => id === String(detailsOf(made).get('id')))
  expect(truth).toMatchObject({
    data: { kind: 'call', direction: 'outbound', duration_seconds: 95, started_at: '2026-01-02T03:04:05.000Z' },
    links: [{ type: 'contact', remoteId: contact?.id }],
  })
})

test('it opens a channel and reads its expiry', async () => {
  const channel = new sdk.Notifications.Notification()
  channel.setChannelId('1000000068001')
  channel.setEvents(['Contacts.all'])
  channel.setToken('token')
  channel.setNotifyUrl('http://127.0.0.1:9/')
  const body = new sdk.Notifications.BodyWrapper()
  body.setWatch([channel])
  const answer = await new sdk.Notifications.NotificationsOperations().enableNotifications(body)
  expect(answer.getStatusCode()).toBe(201)
  const [event] = answer.getObject().getWatch()[0].getDetails().get('events')
  expect(event.getChannelExpiry()).toBeInstanceOf(Date)
})

test('it reads organisation and pipelines', async () => {
  const org = await new sdk.Org.OrgOperations().getOrganization()
  expect(org.getObject().getOrg()[0].getZgid()).toBe(sim.orgId)
  const layouts = await new sdk.Layouts.LayoutsOperations().getLayouts(
    await parameters([[sdk.Layouts.GetLayoutsParam.MODULE, 'Deals']]),
  )
  const layoutId = layouts.getObject().getLayouts()[0].getId()
  const pipelines = await new sdk.Pipeline.PipelineOperations(layoutId).getPipelines()
  expect(pipelines.getObject().getPipeline()[1].getActualValue()).toBe('Renewals')
})
