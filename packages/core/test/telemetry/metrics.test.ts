import { register } from 'prom-client'
import { expect, test } from 'vitest'
import { type ConnectionGauges, createMetrics } from '../../src/telemetry/index.ts'

const row: ConnectionGauges = {
  provider: 'acme',
  connection: 'c1',
  status: 'active',
  lagSeconds: 12.5,
  outboxDepth: 3,
  deadLetters: 1,
  feedPosition: 99,
  credentialsSecondsLeft: 86_400,
}

test('the metrics have the names and labels that dashboards know', async () => {
  const metrics = createMetrics({ readGauges: async () => [row] })
  metrics.operation({ provider: 'acme', operation: 'pull', status: 'ok' })
  metrics.syncDuration({ provider: 'acme', object: 'people', job: 'delta' }, 0.3)
  metrics.rateLimitHit('acme')
  metrics.error('acme', 'timeout')
  metrics.apiCall('acme', 204)
  metrics.apiCall('acme', undefined)
  const text = await metrics.text()
  for (const line of [
    'crm_operations_total{provider="acme",operation="pull",status="ok"} 1',
    'crm_sync_duration_seconds_bucket{le="0.5",provider="acme",object="people",job="delta"} 1',
    'crm_sync_duration_seconds_count{provider="acme",object="people",job="delta"} 1',
    'crm_rate_limit_hits_total{provider="acme"} 1',
    'crm_errors_total{provider="acme",kind="timeout"} 1',
    'crm_api_calls_total{provider="acme",status="2xx"} 1',
    'crm_api_calls_total{provider="acme",status="none"} 1',
    'crm_connection_status{provider="acme",connection="c1"} 1',
    'crm_sync_lag_seconds{provider="acme",connection="c1"} 12.5',
    'crm_outbox_depth{provider="acme",connection="c1"} 3',
    'crm_dead_letters{provider="acme",connection="c1"} 1',
    'crm_feed_position{provider="acme",connection="c1"} 99',
    'crm_credentials_expire_seconds{provider="acme",connection="c1"} 86400',
  ])
    expect(text.split('\n')).toContain(line)
  expect(metrics.contentType).toContain('text/plain')
})

test('a scrape reads the gauges once, and what is gone is no longer shown', async () => {
  let reads = 0
  let rows: readonly ConnectionGauges[] = [row, { ...row, connection: 'c2', status: 'needs_reconnect' }]
  const metrics = createMetrics({
    readGauges: async () => {
      reads += 1
      return rows
    },
  })
  expect(await metrics.text()).toContain('crm_connection_status{provider="acme",connection="c2"} 0')
  expect(reads).toBe(1)
  rows = []
  expect(await metrics.text()).not.toContain('connection="')
  expect(reads).toBe(2)
})

test('a connection that has not ended a pass has no lag', async () => {
  const metrics = createMetrics({ readGauges: async () => [{ ...row, lagSeconds: undefined }] })
  expect(await metrics.text()).not.toContain('crm_sync_lag_seconds{')
})

test('without the database the counters are still shown', async () => {
  const unreadable: unknown[] = []
  const metrics = createMetrics({
    readGauges: async () => {
      throw new Error('no database')
    },
    onUnreadable: (error) => unreadable.push(error),
  })
  metrics.rateLimitHit('acme')
  expect(await metrics.text()).toContain('crm_rate_limit_hits_total{provider="acme"} 1')
  expect(unreadable).toHaveLength(1)
})

test('two hosts in one process do not mix, and the global registry stays empty', async () => {
  const one = createMetrics({ readGauges: async () => [] })
  const two = createMetrics({ readGauges: async () => [] })
  one.rateLimitHit('acme')
  expect(await two.text()).not.toContain('provider="acme"')
  expect(await register.metrics()).not.toContain('crm_')
})
