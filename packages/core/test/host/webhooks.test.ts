import { eachBackend, type TestSource } from '@raccordo/testkit/database'
import { describe, expect, test } from 'vitest'
import type { Fields } from '../../src/contract.ts'
import { isCrmError } from '../../src/errors.ts'
import { webhookSecretOf } from '../../src/host/hooks.ts'
import type { HostOptions } from '../../src/host_options.ts'
import { appWebhooks, createChannels, signed } from '../crm/channels.ts'
import { eventually, hostTemplate, type Rig, startRig } from '../crm/rig.ts'

const MASTER = 'master'
const APP_SECRET = 'secret of the app'

let lastKey = 0
const eventOf = (remoteId: string, more: Fields = {}): Fields => {
  lastKey += 1
  return { key: `k${lastKey}`, object: 'contact', remoteId, op: 'upsert', at: new Date().toISOString(), ...more }
}

/** A host whose connections have webhooks of their own. */
const start = (source: TestSource, options: Partial<HostOptions> = {}): Promise<Rig> => {
  const { webhooks, routes } = createChannels(Date.now, 86_400_000)
  return startRig(
    source,
    { webhooks, routes },
    { publicUrl: 'https://raccordo.example', webhookSecret: MASTER, ...options },
  )
}

/** A host whose app signs for all connections. */
const startApp = (source: TestSource, options: Partial<HostOptions> = {}): Promise<Rig> =>
  startRig(source, { webhooks: appWebhooks }, { oauthClients: { fake: { id: 'app', secret: APP_SECRET } }, ...options })

const tell = ({ host, connectionId }: Rig, events: readonly Fields[], secret = webhookSecretOf(MASTER, connectionId)) =>
  host.webhooks.receive('fake', connectionId, { path: '/x', ...signed(secret, events) })

const kindOf = async (doing: Promise<unknown>): Promise<string> => {
  const error = await doing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return isCrmError(error) ? error.kind : `no refusal but ${String(error)}`
}

const inboxOf = (rig: Rig) =>
  rig.rows<{ connection_id: string; external_id: string }>('select * from crm_webhook_inbox')

/** Ids that the CRM was asked to read, call by call. */
const readsOf = (rig: Rig): readonly (readonly string[])[] =>
  rig.crm.server.log
    .filter(({ path }) => path === '/contact/read')
    .map(({ requestBody }) => JSON.parse(requestBody).ids as readonly string[])

eachBackend(
  'a webhook',
  (backend) => {
    test('brings the record into the feed by reading it, and once however often it is delivered', async () => {
      const rig = await start(await backend.open())
      const { id } = rig.crm.add('contact', { email: 'ada@example.com' })
      const event = eventOf(id, { said: 'nothing that counts' })
      expect(await tell(rig, [event])).toEqual({ accepted: 1, duplicates: 0 })
      expect(await tell(rig, [event, event])).toEqual({ accepted: 0, duplicates: 2 })
      await eventually(async () =>
        expect((await rig.feed()).map(({ data }) => data['email'])).toEqual(['ada@example.com']),
      )
      expect(readsOf(rig)).toEqual([[id]])
      const { webhook } = await rig.host.connections.status(rig.connectionId)
      expect(webhook.lastEventAt).toEqual(expect.any(String))
    })

    test.each([
      ['forged', 'auth', 'signature', (rig: Rig) => tell(rig, [eventOf('1')], 'another secret')],
      [
        'ten minutes old',
        'auth',
        'signature',
        ({ host, connectionId }: Rig) => {
          const request = signed(webhookSecretOf(MASTER, connectionId), [eventOf('1')], Date.now() - 600_000)
          return host.webhooks.receive('fake', connectionId, { path: '/x', ...request })
        },
      ],
      [
        'ten minutes ahead',
        'auth',
        'signature',
        ({ host, connectionId }: Rig) => {
          const request = signed(webhookSecretOf(MASTER, connectionId), [eventOf('1')], Date.now() + 600_000)
          return host.webhooks.receive('fake', connectionId, { path: '/x', ...request })
        },
      ],
      [
        're-serialised',
        'auth',
        'signature',
        ({ host, connectionId }: Rig) => {
          const request = signed(webhookSecretOf(MASTER, connectionId), [eventOf('1')])
          const body = Buffer.from(JSON.stringify(JSON.parse(request.body.toString()), null, 1))
          return host.webhooks.receive('fake', connectionId, { ...request, path: '/x', body })
        },
      ],
      ['about nothing that can be stored', 'invalid', 'unreadable', (rig: Rig) => tell(rig, [eventOf('a\0b'), {}])],
      [
        'for a connection that is not there',
        'not_found',
        'unknown',
        ({ host }: Rig) => host.webhooks.receive('fake', 'conn_none', { path: '/x', ...signed('s', []) }),
      ],
      [
        'for no connection at all',
        'not_found',
        'unknown',
        ({ host }: Rig) => host.webhooks.receive('fake', undefined, { path: '/x', ...signed('s', []) }),
      ],
    ])('that is %s is refused, and nothing of it is kept but a count', async (_, kind, reason, send) => {
      const rig = await start(await backend.open(), { works: false })
      expect(await kindOf(send(rig))).toBe(kind)
      expect(await inboxOf(rig)).toEqual([])
      const metrics = await rig.host.metrics()
      expect(metrics).toContain(`crm_webhooks_rejected_total{provider="fake",reason="${reason}"} 1`)
    })

    test('of an unknown provider is refused without making a metric of its name', async () => {
      const rig = await start(await backend.open(), { works: false })
      const sending = rig.host.webhooks.receive('invented', undefined, { path: '/x', ...signed('s', []) })
      expect(await kindOf(sending)).toBe('not_found')
      expect(await rig.host.metrics()).toContain('crm_webhooks_rejected_total{provider="unknown",reason="unknown"} 1')
    })

    test('is taken with what makes sense of it, whatever the length of its keys and the look of its times', async () => {
      const rig = await start(await backend.open(), { works: false })
      const long = 'k'.repeat(5_000)
      const events = [
        eventOf('1', { key: `${long}1` }),
        eventOf('2', { key: `${long}2`, at: 'noon' }),
        eventOf('\ud800'),
      ]
      expect(await tell(rig, events)).toEqual({ accepted: 2, duplicates: 0 })
      expect(await tell(rig, events)).toEqual({ accepted: 0, duplicates: 2 })
    })

    test('is verified under every secret that is configured, and under the one that a connection had before', async () => {
      const source = await backend.open()
      const rig = await start(source, { works: false, webhookSecret: undefined })
      const before = new URL((await rig.host.webhooks.address(rig.connectionId)).url).searchParams.get('key') ?? ''
      const { webhooks } = createChannels(Date.now, 86_400_000)
      const host = await rig.another({ webhooks }, { works: false, webhookSecret: ['new', MASTER] })
      const now = { ...rig, host }
      expect((await tell(now, [eventOf('1')], before)).accepted).toBe(1)
      expect((await tell(now, [eventOf('2')])).accepted).toBe(1)
      expect((await tell(now, [eventOf('3')], webhookSecretOf('new', rig.connectionId))).accepted).toBe(1)
      expect(await kindOf(tell(now, [eventOf('4')], MASTER))).toBe('auth')
    })

    test('that tells of a deletion is proved by a read: what is gone is buried, what lives stays', async () => {
      const rig = await start(await backend.open())
      const [gone, alive] = ['a', 'b'].map((name) => rig.crm.add('contact', { email: `${name}@example.com` }))
      await rig.pull()
      rig.crm.remove('contact', gone?.id ?? '')
      await tell(rig, [eventOf(gone?.id ?? '', { op: 'delete' }), eventOf(alive?.id ?? '', { op: 'delete' })])
      await eventually(async () => {
        const states = (await rig.feed()).map(({ externalId, deleted }) => [externalId, deleted])
        expect(new Map(states as [string, boolean][])).toEqual(
          new Map([
            [gone?.id, true],
            [alive?.id, false],
          ]),
        )
      })
    })

    test('that tells of a merge moves the links of records that were never read here', async () => {
      const rig = await start(await backend.open())
      const [loser, survivor] = ['a', 'b'].map((name) => rig.crm.add('contact', { email: `${name}@example.com` }).id)
      const link = { object: 'contact', localId: 'p1', externalId: loser ?? '' } as const
      await rig.host.links.put(rig.connectionId, link)
      rig.crm.merge('contact', loser ?? '', survivor ?? '')
      await tell(rig, [eventOf(loser ?? '', { op: 'delete', mergedInto: survivor ?? '' })])
      await eventually(async () => {
        const { items } = await rig.host.links.list(rig.connectionId, { localId: 'p1' })
        expect(items.map(({ externalId }) => externalId)).toEqual([survivor])
      })
      expect((await rig.feed()).map(({ externalId, localId }) => [externalId, localId])).toEqual([[survivor, 'p1']])
    })

    test('about an object that is off is forgotten: polling is the truth', async () => {
      const rig = await start(await backend.open())
      await rig.host.connections.update(rig.connectionId, { objects: ['company'] })
      await tell(rig, [eventOf(rig.crm.add('contact', { email: 'a@example.com' }).id)])
      await eventually(async () => expect((await rig.host.connections.status(rig.connectionId)).inbox.pending).toBe(0))
      expect(readsOf(rig)).toEqual([])
      expect(await rig.feed()).toEqual([])
    })
  },
  hostTemplate,
)

eachBackend(
  'a storm of webhooks',
  (backend) => {
    test('of 10,000 events for 50 records reads each of them a few times, and ends with the truth', async () => {
      const rig = await start(await backend.open())
      const ids = Array.from(
        { length: 50 },
        (_, index) => rig.crm.add('contact', { email: `p${index}@example.com` }).id,
      )
      const stormBeganMs = performance.now()
      for (let request = 0; request < 100; request += 1) {
        for (const id of ids.slice(0, 5)) rig.crm.edit('contact', id, { title: `title ${request}` })
        await tell(
          rig,
          [...ids, ...ids].map((id) => eventOf(id)),
        )
      }
      await eventually(async () => {
        expect((await rig.host.connections.status(rig.connectionId)).inbox.pending).toBe(0)
      }, 30_000)
      const seconds = (performance.now() - stormBeganMs) / 1_000
      const feed = await rig.feed()
      expect(feed).toHaveLength(50)
      const titles = feed.flatMap(({ externalId, data }) =>
        ids.slice(0, 5).includes(externalId) ? [data['title']] : [],
      )
      expect(titles).toEqual(Array(5).fill('title 99'))
      // Once at once, and then at most once in two seconds until all is quiet.
      expect(readsOf(rig).flat().length).toBeLessThanOrEqual(50 * (3 + Math.ceil(seconds / 2)))
    }, 60_000)
  },
  hostTemplate,
)

describe('the answer to a webhook', () => {
  eachBackend(
    'takes little time',
    (backend) => {
      test('because only the rows and the ring are committed before it', async () => {
        const rig = await start(await backend.open(), { works: false })
        const tookMs: number[] = []
        for (let turn = 0; turn < 60; turn += 1) {
          const startedMs = performance.now()
          await tell(rig, [eventOf(String(turn))])
          tookMs.push(performance.now() - startedMs)
        }
        const median = tookMs.sort((a, b) => a - b)[30] ?? Number.NaN
        expect(median).toBeLessThan(50)
        expect(rig.crm.callsTo(/read/)).toBe(0)
      })
    },
    hostTemplate,
  )
})

eachBackend(
  'webhooks that an app signs',
  (backend) => {
    test('go to every connection of the account that each event names, and to no other', async () => {
      const rig = await startApp(await backend.open(), { works: false })
      const second = await rig.connect('workspace-2')
      const events = [eventOf('1', { accountId: 'account-1' }), eventOf('2', { accountId: 'account-9' }), eventOf('3')]
      const request = { path: '/x', ...signed(APP_SECRET, events) }
      expect(await rig.host.webhooks.receive('fake', undefined, request)).toEqual({ accepted: 2, duplicates: 0 })
      const told = (await inboxOf(rig)).map((row) => [row.connection_id, row.external_id])
      expect(told.sort()).toEqual(
        [
          [rig.connectionId, '1'],
          [second, '1'],
        ].sort(),
      )
      const metrics = await rig.host.metrics()
      expect(metrics).toContain('crm_webhook_events_total{provider="fake",result="unroutable"} 2')
    })

    test('of an app that a connection brings reach its connections alone, whoever else has the account', async () => {
      const rig = await startApp(await backend.open(), { works: false })
      const own = await rig.host.connections.create({
        workspaceId: 'workspace-2',
        provider: 'fake',
        settings: { apiBaseUrl: rig.crm.server.url },
        credentials: { apiKey: rig.crm.knobs.token, clientSecret: 'of its own' },
      })
      const events = [eventOf('1', { accountId: 'account-1' })]
      const send = (secret: string) =>
        rig.host.webhooks.receive('fake', undefined, { path: '/x', ...signed(secret, events) })
      expect(await send('of its own')).toEqual({ accepted: 1, duplicates: 0 })
      expect(await send(APP_SECRET)).toEqual({ accepted: 1, duplicates: 0 })
      expect(await kindOf(send('of nobody'))).toBe('auth')
      const told = await rig.rows<{ connection_id: string }>('select connection_id from crm_webhook_inbox order by id')
      expect(told.map((row) => row.connection_id)).toEqual([own.id, rig.connectionId])
    })
  },
  hostTemplate,
)
