import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** How one connection stands at the moment of a scrape. */
export interface ConnectionGauges {
  readonly provider: string
  readonly connection: string
  readonly status: 'active' | 'needs_reconnect' | 'paused'
  /** Seconds between now and the oldest watermark of its objects; absent before the first pass has ended. */
  readonly lagSeconds?: number | undefined
  /** Rows of the outbox that are pending or in flight. */
  readonly outboxDepth: number
  /** Dead letters that were not replayed. */
  readonly deadLetters: number
  readonly feedPosition: number
  /** Seconds until the credentials end for good; absent where nobody knows of an end. */
  readonly credentialsSecondsLeft?: number | undefined
}

export interface Metrics {
  /** One finished operation of a plugin: pull, create, … */
  operation(labels: { provider: string; operation: string; status: 'ok' | 'error' }): void
  syncDuration(labels: { provider: string; object: string; job: string }, seconds: number): void
  rateLimitHit(provider: string): void
  /** `kind`: an error's, as docs/errors.md lists them. */
  error(provider: string, kind: string): void
  /** One call that went out; `status` is the HTTP status, undefined where no answer came. */
  apiCall(provider: string, status: number | undefined): void
  /** Events of webhooks that proved genuine. */
  webhookEvents(labels: { provider: string; result: WebhookResult }, count: number): void
  webhookRejected(labels: { provider: string; reason: string }): void
  /** Prometheus text. */
  text(): Promise<string>
  readonly contentType: string
}

/** What became of an event: new, known already, of an account that nobody connected, or naming nothing. */
export type WebhookResult = 'accepted' | 'duplicate' | 'unroutable' | 'unreadable'

export interface MetricsOptions {
  /** Read once a scrape. */
  readonly readGauges: () => Promise<readonly ConnectionGauges[]>
  /** The counters are shown all the same when the database cannot be read. */
  readonly onUnreadable?: (error: unknown) => void
}

const STATUS = { active: 1, needs_reconnect: 0, paused: 2 } as const
const DURATIONS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600]
const CONNECTION = ['provider', 'connection'] as const

/** The metrics of one host, in a registry of their own: two hosts in a process do not mix. */
export const createMetrics = ({ readGauges, onUnreadable }: MetricsOptions): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  const operations = new Counter({
    name: 'crm_operations_total',
    help: 'Operations of plugins that ended',
    labelNames: ['provider', 'operation', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'crm_sync_duration_seconds',
    help: 'Time that a job worked on an object',
    labelNames: ['provider', 'object', 'job'],
    buckets: DURATIONS,
    registers,
  })
  const rateLimitHits = new Counter({
    name: 'crm_rate_limit_hits_total',
    help: 'Calls that the CRM refused because of their rate',
    labelNames: ['provider'],
    registers,
  })
  const errors = new Counter({
    name: 'crm_errors_total',
    help: 'Failures by kind (docs/errors.md)',
    labelNames: ['provider', 'kind'],
    registers,
  })
  const apiCalls = new Counter({
    name: 'crm_api_calls_total',
    help: 'Calls to the CRM by class of status; "none" where no answer came',
    labelNames: ['provider', 'status'],
    registers,
  })

  const webhookEvents = new Counter({
    name: 'crm_webhook_events_total',
    help: 'Events of genuine webhooks by what became of them',
    labelNames: ['provider', 'result'],
    registers,
  })
  const webhooksRejected = new Counter({
    name: 'crm_webhooks_rejected_total',
    help: 'Webhooks that were refused, by reason; nothing of them is kept',
    labelNames: ['provider', 'reason'],
    registers,
  })

  let reading: Promise<readonly ConnectionGauges[]> | undefined
  /** All gauges of a scrape are filled from one reading. */
  const readOnce = (): Promise<readonly ConnectionGauges[]> => {
    reading ??= readGauges()
      .catch((error: unknown) => {
        onUnreadable?.(error)
        return []
      })
      .finally(() => {
        reading = undefined
      })
    return reading
  }
  const gauge = (name: string, help: string, pick: (row: ConnectionGauges) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: CONNECTION,
      registers,
      async collect() {
        const rows = await readOnce()
        this.reset()
        for (const row of rows) {
          const value = pick(row)
          if (value !== undefined) this.set({ provider: row.provider, connection: row.connection }, value)
        }
      },
    })
  gauge('crm_connection_status', '1 active, 0 needs to be reconnected, 2 paused', ({ status }) => STATUS[status])
  gauge('crm_sync_lag_seconds', 'Age of the oldest watermark of the connection', ({ lagSeconds }) => lagSeconds)
  gauge('crm_outbox_depth', 'Pushed rows that wait or are in flight', ({ outboxDepth }) => outboxDepth)
  gauge('crm_dead_letters', 'Failures that wait for a person', ({ deadLetters }) => deadLetters)
  gauge(
    'crm_credentials_expire_seconds',
    'Time until the credentials end for good',
    ({ credentialsSecondsLeft }) => credentialsSecondsLeft,
  )
  gauge('crm_feed_position', 'Latest position of the change feed', ({ feedPosition }) => feedPosition)

  return {
    operation: (labels) => operations.inc(labels),
    syncDuration: (labels, seconds) => durations.observe(labels, seconds),
    rateLimitHit: (provider) => rateLimitHits.inc({ provider }),
    error: (provider, kind) => errors.inc({ provider, kind }),
    apiCall: (provider, status) =>
      apiCalls.inc({ provider, status: status === undefined ? 'none' : `${Math.floor(status / 100)}xx` }),
    webhookEvents: (labels, count) => webhookEvents.inc(labels, count),
    webhookRejected: (labels) => webhooksRejected.inc(labels),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
