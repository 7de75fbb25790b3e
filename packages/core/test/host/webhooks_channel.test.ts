import { eachBackend } from '@raccordo/testkit/database'
import { expect, test } from 'vitest'
import { webhookSecretOf } from '../../src/host/hooks.ts'
import type { HostOptions } from '../../src/host_options.ts'
import { TOKENS } from '../../src/index.ts'
import type { Clock } from '../../src/sync/engine.ts'
import { createChannels } from '../crm/channels.ts'
import { hostTemplate, startRig } from '../crm/rig.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The real clock, ahead by what a test adds. */
const createTime = () => {
  let aheadMs = 0
  const clock: Clock = {
    wallMs: () => Date.now() + aheadMs,
    monotonicMs: () => performance.now() + aheadMs,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }
  const pass = (ms: number): void => {
    aheadMs += ms
  }
  return { clock, pass }
}

const start = async (source: Parameters<typeof startRig>[0], lifeMs: number, more: Partial<HostOptions> = {}) => {
  const time = createTime()
  const channels = createChannels(() => time.clock.wallMs(), lifeMs)
  const options: Partial<HostOptions> = {
    works: false,
    publicUrl: 'https://raccordo.example',
    webhookSecret: 'master',
    configure: (parts) => parts.provide(TOKENS.clock, () => time.clock),
    ...more,
  }
  const rig = await startRig(source, { webhooks: channels.webhooks, routes: channels.routes }, options)
  const state = async () => (await rig.host.connections.status(rig.connectionId)).webhook
  /** Lets time pass in steps of a quarter of an hour, with the host at work. */
  const live = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += HOUR_MS / 4) {
      time.pass(HOUR_MS / 4)
      channels.expire()
      await rig.host.drain()
    }
  }
  return { rig, channels, time, state, live }
}

eachBackend(
  'a webhook channel',
  (backend) => {
    test('is asked for when a connection is made, with a secret and an address of its own', async () => {
      const { rig, channels, state } = await start(await backend.open(), DAY_MS)
      await rig.host.drain()
      const [channel] = channels.open.values()
      const url = `https://raccordo.example/crm/webhooks/fake/${rig.connectionId}`
      expect(channel).toMatchObject({ url, objects: ['call', 'company', 'contact'] })
      expect(channel?.secret).toHaveLength(43)
      expect(await state()).toMatchObject({ state: 'active', url, expiresAt: expect.any(String) })
      const { url: address } = await rig.host.webhooks.address(rig.connectionId, { actor: 'ada' })
      expect(address).toBe(`${url}?key=${channel?.secret}`)
      const audit = await rig.rows<{ actor: string; changes: unknown }>('select actor, changes from crm_audit')
      expect(audit).toEqual([{ actor: 'ada', changes: { url: [null, url] } }])
    })

    test.each([
      ['a week', 7 * DAY_MS, 15 * DAY_MS, 2],
      ['an hour', HOUR_MS, 2.5 * HOUR_MS, 3],
    ])('of %s survives its end twice, renewed ahead of it', async (_, lifeMs, longMs, renewals) => {
      const { rig, channels, state, live } = await start(await backend.open(), lifeMs)
      await rig.host.drain()
      await live(longMs)
      expect([...channels.open.keys()]).toEqual(['1'])
      expect(channels.asked.map(({ previous }) => previous)).toEqual([undefined, ...Array<string>(renewals).fill('1')])
      expect((await state()).state).toBe('active')
    })

    test('that the CRM lost is made anew: at its renewal, and as soon as polls bring what it did not tell of', async () => {
      const { rig, channels, state, live } = await start(await backend.open(), 2 * DAY_MS)
      const { host } = rig
      await host.drain()
      channels.open.clear()
      await live(1.5 * DAY_MS)
      expect([...channels.open.keys()]).toEqual(['2'])
      await live(HOUR_MS)
      channels.open.clear()
      rig.crm.add('contact', { email: 'ada@example.com' }, { stampMs: Date.now() })
      // A poll of these days, by a database that lives in the present: what it brings bears the time of the test.
      await rig.rows(`update crm_channels set renewed_at = now() - interval '1 minute'`)
      await host.sync.pull(rig.connectionId)
      await live(1.25 * HOUR_MS)
      expect([...channels.open.keys()]).toEqual(['3'])
      expect((await state()).state).toBe('active')
    })

    test('that the CRM refuses stops no polling, says why and is asked for again later', async () => {
      const { rig, state, live } = await start(await backend.open(), DAY_MS)
      const refusal = { status: 403, body: { message: 'This edition has no webhooks' } }
      rig.crm.server.faults.add({ path: '/channels', effect: { kind: 'reply', when: 'before', reply: refusal } })
      await rig.host.drain()
      expect(await state()).toMatchObject({ state: 'failing', lastError: { kind: 'forbidden' } })
      expect(JSON.stringify((await state()).lastError)).toContain('This edition has no webhooks')
      rig.crm.add('contact', { email: 'ada@example.com' })
      await rig.host.sync.pull(rig.connectionId)
      await rig.host.drain()
      expect(await rig.feed()).toHaveLength(1)
      await live(23 * HOUR_MS)
      expect(rig.crm.callsTo(/channels/)).toBe(1)
      rig.crm.server.faults.clear()
      await live(1.5 * HOUR_MS)
      expect((await state()).state).toBe('active')
    })

    test('that is refused in words that repeat its secret does not keep it', async () => {
      const { rig, state } = await start(await backend.open(), DAY_MS)
      const secret = webhookSecretOf('master', rig.connectionId)
      const refusal = { status: 400, body: { message: `The token ${secret} is not taken` } }
      rig.crm.server.faults.add({ path: '/channels', effect: { kind: 'reply', when: 'before', reply: refusal } })
      await rig.host.drain()
      expect((await state()).lastError).toMatchObject({
        message: expect.stringContaining('The token [redacted] is not'),
      })
      expect(JSON.stringify(await rig.rows('select * from crm_channels'))).not.toContain(secret)
    })

    test('follows what is switched on, and is closed with the connection', async () => {
      const { rig, channels, state } = await start(await backend.open(), DAY_MS)
      const { host, connectionId } = rig
      await host.drain()
      await host.connections.update(connectionId, { objects: ['contact'] })
      await host.drain()
      expect(channels.asked.at(-1)).toEqual({ previous: '1', objects: ['contact'] })
      await host.connections.update(connectionId, { enabled: false })
      await host.drain()
      expect(channels.open.size).toBe(0)
      expect((await state()).state).toBe('none')
      await host.connections.update(connectionId, { enabled: true })
      await host.drain()
      expect(channels.open.size).toBe(1)
      await host.connections.remove(connectionId)
      expect(channels.open.size).toBe(0)
    })

    test('moves with the public address and with the secret; without an address there is none, and it says so', async () => {
      const source = await backend.open()
      const { rig, channels } = await start(source, DAY_MS)
      await rig.host.drain()
      const facts = { webhooks: channels.webhooks }
      const same = { works: false, publicUrl: 'https://raccordo.example' }
      const rotated = await rig.another(facts, { ...same, webhookSecret: ['new', 'master'] })
      await rotated.drain()
      expect(channels.asked).toHaveLength(2)
      const moved = await rig.another(facts, { ...same, webhookSecret: 'new', publicUrl: 'https://other.example' })
      await moved.drain()
      expect([...channels.open.values()][0]?.url).toContain('https://other.example/')
      const hidden = await rig.another(facts, { works: false })
      expect((await hidden.connections.status(rig.connectionId)).webhook).toEqual({
        state: 'none',
        reason: 'CRM_PUBLIC_URL is not set.',
      })
      await expect(hidden.webhooks.address(rig.connectionId)).rejects.toThrow('CRM_PUBLIC_URL')
    })

    test('has a secret that is made and kept encrypted where the host has none', async () => {
      const { rig, channels } = await start(await backend.open(), DAY_MS, { webhookSecret: undefined })
      await rig.host.drain()
      const secret = [...channels.open.values()][0]?.secret ?? ''
      expect(secret).toHaveLength(43)
      expect((await rig.host.webhooks.address(rig.connectionId)).url).toContain(secret)
      const rows = await rig.rows('select * from crm_channels')
      expect(JSON.stringify(rows)).not.toContain(secret)
    })
  },
  hostTemplate,
)
