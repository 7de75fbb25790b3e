import { afterEach, expect, test } from 'vitest'
import { type HubspotSimulator, simulator } from '../simulator/index.ts'
import type { HubspotOptions } from '../simulator/options.ts'

let sim: HubspotSimulator
afterEach(() => sim.stop())

const start = async (options: HubspotOptions = {}): Promise<void> => {
  sim = await simulator.start(options)
}
const call = async (method: string, path: string, properties?: object) => {
  const response = await fetch(`${sim.url}${path}`, {
    method,
    headers: { authorization: 'Bearer sim-service-key', 'content-type': 'application/json' },
    ...(properties === undefined ? {} : { body: JSON.stringify({ properties }) }),
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}
const DEALS = '/crm/objects/2026-09/deals'
const TIME = '2026-11-02T09:00:00.000Z'

test('a deal needs a name and a stage, an activity a time, and the refusal names what is missing', async () => {
  await start()
  const missing = async (path: string, properties: object) => (await call('POST', path, properties)).body.errors?.[0]
  expect(await missing(DEALS, { amount: '5' })).toMatchObject({
    code: 'MISSING_REQUIRED_PROPERTY',
    context: { propertyName: ['dealname', 'dealstage'] },
  })
  for (const name of ['calls', 'tasks', 'notes', 'meetings', 'emails'])
    expect(await missing(`/crm/v3/objects/${name}`, { hubspot_owner_id: '61' }), name).toMatchObject({
      code: 'MISSING_REQUIRED_PROPERTY',
      context: { propertyName: ['hs_timestamp'] },
    })
  const id = await sim.add('deal', { title: 'Kept' })
  expect(await call('PATCH', `${DEALS}/${id}`, { dealname: '' })).toMatchObject({ status: 400 })
})

test('a stage stands only in its own pipeline, and what follows from it cannot be written', async () => {
  await start()
  const usual = await call('POST', DEALS, { dealname: 'A', dealstage: 'closedwon' })
  expect(usual.status).toBe(201)
  expect(await call('POST', DEALS, { dealname: 'B', dealstage: '4711003' })).toMatchObject({ status: 400 })
  expect(await call('POST', DEALS, { dealname: 'C', dealstage: '4711003', pipeline: '4711001' })).toMatchObject({
    status: 201,
  })
  const path = `${DEALS}/${usual.body.id}`
  expect(await call('PATCH', path, { pipeline: '4711001' })).toMatchObject({ status: 400 })
  expect(await call('PATCH', path, { hs_is_closed: 'false' })).toMatchObject({ status: 400 })
  const shown = await call('GET', `${path}?properties=pipeline,hs_is_closed_won,hs_deal_stage_probability`)
  expect(shown.body.properties).toMatchObject({
    pipeline: 'default',
    hs_is_closed_won: 'true',
    hs_deal_stage_probability: '1.0',
  })
})

test('pipelines are listed in any order, with stages whose metadata is text', async () => {
  await start()
  for (const path of ['/crm/pipelines/2026-03/deals', '/crm/v3/pipelines/deals', '/crm/v3/pipelines/0-3']) {
    const { body } = await call('GET', path)
    expect(body.results.map(({ id }: { id: string }) => id)).toEqual(['4711001', 'default'])
  }
  const { body } = await call('GET', '/crm/v3/pipelines/deals/4711001/stages')
  expect(body.results.find(({ id }: { id: string }) => id === '4711003')).toMatchObject({
    label: 'Closed Won',
    displayOrder: 1,
    metadata: { isClosed: 'true', probability: '1.0' },
  })
  expect((await call('GET', '/crm/v3/pipelines/deals/none')).status).toBe(404)
  sim.setKeyScopes(['oauth', 'crm.objects.contacts.read'])
  expect((await call('GET', '/crm/v3/pipelines/deals')).status).toBe(403)
})

test('activities go by the scopes of contacts, share one sequence of ids, and touch what they are linked with', async () => {
  let nowMs = Date.parse(TIME)
  await start({ now: () => new Date(nowMs), keyScopes: ['crm.objects.contacts.read', 'crm.objects.contacts.write'] })
  const deal = await sim.add('deal', { title: 'Touched' })
  const [before] = await sim.truth('deal')
  nowMs += 5_000
  const kinds = ['call', 'task', 'note', 'meeting', 'email']
  const ids = await Promise.all(
    kinds.map((kind) => sim.add('activity', { kind, subject: 'S', body: 'B' }, [{ type: 'deal', remoteId: deal }])),
  )
  expect(new Set(ids).size).toBe(kinds.length)
  for (const path of ['calls', 'tasks', 'notes', 'meetings', 'emails', '0-27', '0-46', '0-47', '0-48', '0-49'])
    expect((await call('GET', `/crm/v3/objects/${path}`)).body.results, path).toHaveLength(1)
  expect((await call('GET', DEALS)).status).toBe(403)
  const [after] = await sim.truth('deal')
  expect(Date.parse(after?.updatedAt ?? '') - Date.parse(before?.updatedAt ?? '')).toBe(5_000)
  for (const id of ids.slice(0, 2)) await sim.remove('activity', id)
  expect((await sim.truth('activity')).map(({ data }) => data['kind'])).toEqual(kinds.slice(2))
})

test('a portal with one currency takes none for its deals', async () => {
  await start({ currencies: ['USD'] })
  const { body } = await call('GET', '/account-info/v3/details')
  expect(body).toMatchObject({ companyCurrency: 'USD', additionalCurrencies: [] })
  const deal = { dealname: 'A', dealstage: 'contractsent' }
  expect((await call('POST', DEALS, { ...deal, deal_currency_code: 'USD' })).status).toBe(400)
  expect((await call('POST', DEALS, { ...deal, amount: '12.5' })).status).toBe(201)
  expect(await sim.truth('deal')).toMatchObject([{ data: { currency: 'USD', amount_cents: 1_250 } }])
})
