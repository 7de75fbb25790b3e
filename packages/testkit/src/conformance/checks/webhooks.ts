import assert from 'node:assert/strict'
import type { RawRequest, Webhooks } from '@raccordo/core/plugin'
import type { SimulatedDelivery } from '../../simulator/types.ts'
import type { InWorld, ProviderCheck } from '../check.ts'
import type { AnySettings } from '../provider.ts'

const URL_OF_HOST = 'https://host.example.com/crm/webhooks/provider/1'
const SECRET = 'a-secret-of-the-check'
const HOUR_MS = 3_600_000
const CHANGES = 3

interface Told {
  readonly webhooks: Webhooks<AnySettings>
  readonly request: RawRequest
  /** Headers that sign: those that differ with the secret, the time or the body. */
  readonly isTimed: boolean
  readonly objects: readonly string[]
}

/** A delivery about some changes, as the plugin would get it. */
const told = (inWorld: InWorld, check: (told: Told) => void | Promise<void>): Promise<void> =>
  inWorld(async ({ provider, simulator }) => {
    const { webhooks } = provider
    assert(webhooks !== undefined)
    assert(simulator.webhooks !== undefined, 'the provider takes webhooks, and its simulator sends none')
    const [object] = provider.objects
    assert(object !== undefined)
    const records = (await simulator.truth(object.type)).slice(0, CHANGES)
    const changes = records.map(({ id }) => ({ type: object.type, id, op: 'upsert' as const }))
    const at = new Date()
    const send = (instant: Date): SimulatedDelivery => {
      const [delivery] =
        simulator.webhooks?.deliveries({ url: URL_OF_HOST, secret: SECRET, at: instant, changes }) ?? []
      assert(delivery !== undefined, 'the simulator tells nothing of the changes')
      return delivery
    }
    const later = send(new Date(at.getTime() + HOUR_MS))
    const delivery = send(at)
    const isTimed = JSON.stringify(later.headers) !== JSON.stringify(delivery.headers)
    const objects = provider.objects.map(({ name }) => name)
    await check({ webhooks, request: { ...delivery, receivedAt: at }, isTimed, objects })
  })

const without = (headers: RawRequest['headers'], name: string): RawRequest['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name))

const flipped = (body: Uint8Array): Uint8Array => {
  const changed = new Uint8Array(body)
  const middle = Math.floor(changed.length / 2)
  changed[middle] = (changed[middle] ?? 0) ^ 1
  return changed
}

export const webhookChecks: readonly ProviderCheck[] = [
  {
    rule: 'verify is true for what the CRM has signed',
    run: (_provider, _options, inWorld) =>
      told(inWorld, ({ webhooks, request }) => assert.equal(webhooks.verify(request, SECRET), true)),
  },
  {
    rule: 'verify is false for a flipped byte, and for JSON that was written anew',
    run: (_provider, _options, inWorld) =>
      told(inWorld, ({ webhooks, request }) => {
        assert.equal(webhooks.verify({ ...request, body: flipped(request.body) }, SECRET), false)
        const anew = Buffer.from(`${JSON.stringify(JSON.parse(Buffer.from(request.body).toString('utf8')), null, 1)}\n`)
        assert.equal(webhooks.verify({ ...request, body: anew }, SECRET), false)
      }),
  },
  {
    rule: 'verify is false under another secret, an empty one, and without the headers',
    run: (_provider, _options, inWorld) =>
      told(inWorld, ({ webhooks, request }) => {
        assert.equal(webhooks.verify(request, `${SECRET}x`), false)
        assert.equal(webhooks.verify(request, ''), false)
        assert.equal(webhooks.verify({ ...request, headers: {} }, SECRET), false)
      }),
  },
  {
    rule: 'verify never throws, whichever header is missing or empty',
    run: (_provider, _options, inWorld) =>
      told(inWorld, ({ webhooks, request }) => {
        for (const name of Object.keys(request.headers)) {
          assert.equal(
            typeof webhooks.verify({ ...request, headers: without(request.headers, name) }, SECRET),
            'boolean',
          )
          const emptied = { ...request.headers, [name]: '' }
          assert.equal(typeof webhooks.verify({ ...request, headers: emptied }, SECRET), 'boolean')
        }
        assert.equal(typeof webhooks.verify({ ...request, body: new Uint8Array([0, 255, 1]) }, SECRET), 'boolean')
      }),
  },
  {
    rule: 'verify is false long after and long before the time that was signed, where a time is signed',
    run: (_provider, _options, inWorld) =>
      told(inWorld, ({ webhooks, request, isTimed }) => {
        for (const ms of [HOUR_MS, -HOUR_MS]) {
          const receivedAt = new Date(request.receivedAt.getTime() + ms)
          assert.equal(webhooks.verify({ ...request, receivedAt }, SECRET), !isTimed)
        }
      }),
  },
  {
    rule: 'parse gives an event for each change, with a key of its own, a zoned time and a known object',
    run: (_provider, _options, inWorld) =>
      told(inWorld, ({ webhooks, request, objects }) => {
        const events = webhooks.parse(request)
        assert.equal(events.length, CHANGES)
        assert.equal(new Set(events.map((event) => event.key)).size, CHANGES)
        for (const event of events) {
          assert(
            objects.includes(event.object),
            `an event names the object "${event.object}", which the provider lacks`,
          )
          assert.match(event.at, /T.*(Z|[+-]\d\d:?\d\d)$/)
          assert.equal(typeof event.remoteId, 'string')
        }
        const again = webhooks.parse(request)
        assert.deepEqual(
          again.map((event) => event.key),
          events.map((event) => event.key),
        )
      }),
  },
]
