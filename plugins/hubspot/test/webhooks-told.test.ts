import type { RawRequest, RemoteEvent } from '@raccordo/core/plugin'
import { type SimulatorReply, type SimulatorServer, serveSimulator } from '@raccordo/testkit/simulator'
import { afterEach, expect, test, vi } from 'vitest'
import type { HubspotOptions } from '../simulator/index.ts'
import { provider } from '../src/index.ts'
import { type Bench, openBench } from './context.ts'

let bench: Bench
let app: SimulatorServer
afterEach(async () => {
  await bench.sim.stop()
  await app.stop()
})

const DAY_MS = 86_400_000

/** A portal that tells an app of its changes; the app answers 204 unless a test says otherwise. */
const open = async (options: HubspotOptions = {}, answer: () => SimulatorReply = () => ({ status: 204 })) => {
  app = await serveSimulator({ routes: [{ method: 'POST', path: '/hooks', handle: answer }] })
  bench = await openBench(options)
  bench.sim.webhooks?.tell?.(`${app.url}/hooks?from=hs%3Aapp`)
}

const requests = (): readonly RawRequest[] =>
  app.log.map(({ method, path, query: _, requestHeaders, requestBody }, index) => ({
    method,
    url: `${app.url}${path}?from=hs%3Aapp`,
    headers: requestHeaders,
    body: Buffer.from(requestBody),
    receivedAt: bench.sim.sentWebhooks[index]?.at ?? bench.ctx.now(),
  }))

/** What the app understood, in the order of arrival, after all was sent. */
const heard = async (): Promise<readonly RemoteEvent[]> => {
  await bench.sim.webhooksSettled()
  return requests().flatMap((request) => {
    expect(provider.webhooks?.verify(request, bench.sim.oauth?.clientSecret ?? '')).toBe(true)
    return provider.webhooks?.parse(request) ?? []
  })
}
const short = async (): Promise<readonly string[]> => [
  ...new Set((await heard()).map(({ op, object, remoteId }) => `${op} ${object} ${remoteId}`)),
]
const bodies = () => app.log.flatMap(({ requestBody }) => JSON.parse(requestBody))

test('what a user does in the portal is told, signed, with the portal and who did it', async () => {
  await open()
  const company = await bench.sim.add('company', { name: 'Acme' })
  const contact = await bench.sim.add('contact', { email: 'ann@example.com' })
  await bench.sim.edit('contact', contact, { first_name: 'Ann' })
  bench.sim.link('contact', contact, 'company', company, true)
  await bench.sim.remove('company', company)
  await bench.sim.restore('company', company)
  expect(await short()).toEqual([
    `upsert companies ${company}`,
    `upsert contacts ${contact}`,
    `delete companies ${company}`,
  ])
  expect((await heard()).every(({ accountId }) => accountId === String(bench.sim.portalId))).toBe(true)
  expect(new Set(bodies().map(({ changeSource }) => changeSource))).toEqual(new Set(['CRM_UI']))
  expect(bodies()).toContainEqual(
    expect.objectContaining({ subscriptionType: 'contact.propertyChange', propertyName: 'firstname' }),
  )
  // From both sides, and twice: once as a link, once as the primary one.
  expect(bodies().filter(({ subscriptionType }) => /associationChange$/.test(subscriptionType))).toHaveLength(4)
})

test('what clients of the API write comes back as an event of an integration', async () => {
  await open()
  const outcomes = await provider.objects
    .find(({ name }) => name === 'contacts')
    ?.create?.(bench.ctx, [{ marker: 'one', fields: { email: 'echo@example.com' } }])
  const [outcome] = outcomes ?? []
  const id = outcome?.ok === true ? outcome.remoteId : ''
  expect(await short()).toEqual([`upsert contacts ${id}`])
  expect(new Set(bodies().map(({ changeSource }) => changeSource))).toEqual(new Set(['INTEGRATION']))
})

test.each([true, false])('a merge tells where its records went (new id: %s)', async (mergeMakesNewId) => {
  await open({ mergeMakesNewId })
  const kept = await bench.sim.add('contact', { email: 'kept@example.com' })
  const lost = await bench.sim.add('contact', { email: 'lost@example.com' })
  const survivor = await bench.sim.merge('contact', kept, lost)
  const merged = (await heard()).filter(({ mergedInto }) => mergedInto !== undefined)
  expect(merged.map(({ remoteId, mergedInto }) => [remoteId, mergedInto])).toEqual([
    [lost, survivor],
    ...(mergeMakesNewId ? [[kept, survivor]] : []),
  ])
  expect(await short()).toContain(`upsert contacts ${survivor}`)
})

test('a person who is forgotten is told of twice, as erased and as deleted', async () => {
  await open()
  const ids = [1, 2, 3, 4].map((number) => bench.sim.add('contact', { email: `p${number}@example.com` }))
  for (const id of await Promise.all(ids)) bench.sim.erase('contact', id)
  const ends = (await heard()).filter(({ op }) => op !== 'upsert')
  expect(ends.map(({ op }) => op).toSorted()).toEqual([...Array(4).fill('delete'), ...Array(4).fill('erase')])
})

test('a flood comes in requests of below a hundred events, ten at a time, with event ids that repeat', async () => {
  let most = 0
  await open()
  app.faults.add({ effect: { kind: 'delay', when: 'after', ms: 60 } })
  const watch = setInterval(() => {
    most = Math.max(most, app.log.filter(({ status }) => status === 'cut').length)
  }, 5)
  await bench.sim.seed({ contacts: 400, companies: 40 })
  await bench.sim.webhooksSettled()
  clearInterval(watch)
  const sizes = app.log.map(({ requestBody }) => JSON.parse(requestBody).length)
  expect(Math.max(...sizes)).toBeLessThan(100)
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(10)
  const eventIds = bodies().map(({ eventId }) => eventId)
  expect(new Set(eventIds).size).toBeLessThan(eventIds.length / 4)
  const keys = (await heard()).map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
})

test('what is not taken is sent again, up to ten times in about a day, with a count and a fresh signature', async () => {
  let refusals = 3
  await open({}, () => ({ status: refusals-- > 0 ? 503 : 200 }))
  await bench.sim.add('company', { name: 'Acme' })
  await bench.sim.webhooksSettled()
  expect(app.calls()).toBe(1)
  for (let hour = 0; hour < 24; hour += 1) {
    bench.pass(DAY_MS / 24)
    await new Promise((resolve) => setTimeout(resolve, 40))
    await bench.sim.webhooksSettled()
  }
  expect(bench.sim.sentWebhooks.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
    [0, 503],
    [1, 503],
    [2, 503],
    [3, 200],
  ])
  const keys = (await heard()).map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length / 4)
  expect(app.log.map(({ requestBody }) => JSON.parse(requestBody)[0].attemptNumber)).toEqual([0, 1, 2, 3])
})

test('after ten repetitions HubSpot gives up', async () => {
  await open({ webhookRetrySpanMs: 1_000, now: () => new Date() }, () => ({ status: 404 }))
  await bench.sim.add('company', { name: 'Acme' })
  await vi.waitFor(() => expect(bench.sim.sentWebhooks).toHaveLength(11), { timeout: 5_000 })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(bench.sim.sentWebhooks).toHaveLength(11)
})

test('an answer that comes late counts as none', async () => {
  await open({ webhookAnswerMs: 400, webhookRetrySpanMs: 1_000, now: () => new Date() })
  app.faults.add({ times: 1, effect: { kind: 'delay', when: 'after', ms: 60_000 } })
  await bench.sim.add('company', { name: 'Acme' })
  await vi.waitFor(() => expect(bench.sim.sentWebhooks.at(-1)?.outcome).toBe(204), { timeout: 10_000 })
  expect(bench.sim.sentWebhooks[0]).toMatchObject({ attempt: 0, outcome: 'failed' })
})

test('events are lost, doubled and reordered as the weather says', async () => {
  await open()
  bench.sim.weather.loseShare = 1
  await bench.sim.add('company', { name: 'Lost' })
  await bench.sim.webhooksSettled()
  expect(app.calls()).toBe(0)
  bench.sim.weather.loseShare = 0
  bench.sim.weather.doubleShare = 1
  bench.sim.weather.isReordered = true
  await bench.sim.seed({ contacts: 60, companies: 5 })
  const keys = (await heard()).map(({ key }) => key)
  expect(keys.length).toBe(2 * new Set(keys).size)
  const created = bodies().flatMap(({ subscriptionType, objectId }) =>
    subscriptionType === 'contact.creation' ? [objectId] : [],
  )
  expect(created).not.toEqual(created.toSorted((left, right) => left - right))
})

test('nobody is told before and after there is a URL, and nothing is sent once the portal has stopped', async () => {
  await open()
  bench.sim.webhooks?.tell?.(undefined)
  await bench.sim.add('company', { name: 'Acme' })
  await bench.sim.webhooksSettled()
  expect(app.calls()).toBe(0)
  bench.sim.webhooks?.tell?.(`${app.url}/hooks`)
  await bench.sim.add('company', { name: 'Beta' })
  await bench.sim.stop()
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(app.calls()).toBe(0)
  bench = await openBench()
})

test('deliveries speak of what happened: changes, deletions, merges and people who are forgotten', async () => {
  await open()
  const url = 'https://hooks.example.test/crm/webhooks/hubspot'
  const at = bench.ctx.now()
  await bench.sim.seed({ contacts: 150, companies: 3 })
  const contacts = await bench.sim.truth('contact')
  const deliver = (changes: Parameters<NonNullable<typeof bench.sim.webhooks>['deliveries']>[0]['changes']) =>
    (bench.sim.webhooks?.deliveries({ url, secret: 'another', at, changes }) ?? []).map((request) => {
      expect(provider.webhooks?.verify({ ...request, receivedAt: at }, 'another')).toBe(true)
      return provider.webhooks?.parse({ ...request, receivedAt: at }) ?? []
    })
  const all = deliver(contacts.map(({ id }) => ({ type: 'contact', id, op: 'upsert' })))
  expect(all.map((events) => events.length)).toEqual([99, 51])
  const ends = deliver([
    { type: 'company', id: '5', op: 'delete' },
    { type: 'contact', id: '6', op: 'delete', mergedInto: '7' },
    { type: 'contact', id: '8', op: 'erase' },
    { type: 'activity', id: '9', op: 'upsert' },
  ]).flat()
  expect(ends.map(({ op, object, remoteId }) => `${op} ${object} ${remoteId}`).toSorted()).toEqual([
    'delete companies 5',
    'delete contacts 6',
    'delete contacts 8',
    'erase contacts 8',
    'upsert calls 9',
    'upsert contacts 7',
  ])
  expect(ends.find(({ remoteId }) => remoteId === '6')?.mergedInto).toBe('7')
})
