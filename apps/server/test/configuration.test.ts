import { describe, expect, it } from 'vitest'
import { readConfiguration } from '../src/config/configuration.ts'
import { ConfigurationError } from '../src/config/fault.ts'

const KEY = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA='

const faultsOf = (environment: Record<string, string>) => {
  try {
    readConfiguration(environment)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults
    throw error
  }
  return []
}

describe('the environment', () => {
  it('may be empty: an embedded database, port 3000, log level info', () => {
    const { host, listen, embedded, warnings } = readConfiguration({})
    expect(host).toEqual({
      dataDir: `${process.cwd()}/.raccordo`,
      oauthClients: {},
      defaultSettings: {},
      logLevel: 'info',
    })
    expect({ listen, embedded, warnings }).toEqual({
      listen: { address: '0.0.0.0', port: 3000 },
      embedded: true,
      warnings: [],
    })
  })

  it('is read whole', () => {
    const { host, server, listen, embedded } = readConfiguration({
      DATABASE_URL: 'postgres://u:p@db/crm',
      PORT: '0',
      CRM_HOST: '127.0.0.1',
      CRM_PUBLIC_URL: 'https://crm.example.com/',
      CRM_ENCRYPTION_KEYS: `${KEY},${KEY.replace('=', '')}`,
      CRM_ADMIN_KEY: 'an-admin-key-of-some-length',
      CRM_WEBHOOK_SECRET: 'hook',
      CRM_SYNC_RATE_LIMIT: '2.5',
      CRM_POLL_SECONDS: '0',
      CRM_SWEEP_HOURS: '12',
      CRM_ALLOW_PRIVATE_HOSTS: '1',
      CRM_LOG_DIR: '/var/log/crm',
      LOG_LEVEL: 'DEBUG',
      CRM_SHOP_CLIENT_ID: 'id',
      CRM_SHOP_CLIENT_SECRET: 'secret',
      CRM_SHOP_WEBHOOK_IPS: '192.0.2.1, 2001:db8::/32',
      SHOP_DEFAULT_URL: 'https://old.example',
      CRM_SHOP_DEFAULT_URL: 'https://shop.example',
      SHOP_DEFAULT_API_BASE_URL: 'https://api.example',
    })
    expect(host).toEqual({
      databaseUrl: 'postgres://u:p@db/crm',
      encryptionKeys: [KEY, KEY],
      publicUrl: 'https://crm.example.com',
      webhookSecret: ['hook'],
      rateLimit: 2.5,
      pollSeconds: 0,
      sweepHours: 12,
      allowPrivateHosts: true,
      logDir: '/var/log/crm',
      logLevel: 'debug',
      oauthClients: { shop: { id: 'id', secret: 'secret' } },
      defaultSettings: { shop: { url: 'https://shop.example', apiBaseUrl: 'https://api.example' } },
    })
    expect(server).toEqual({
      adminKey: 'an-admin-key-of-some-length',
      logLevel: 'debug',
      webhookAddresses: { shop: ['192.0.2.1', '2001:db8::/32'] },
    })
    expect(listen).toEqual({ address: '127.0.0.1', port: 0 })
    expect(embedded).toBe(false)
  })

  it('has all its faults told at once, by name, each with a remedy', () => {
    const faults = faultsOf({
      DATABASE_URL: 'mysql://db',
      PORT: '70000',
      CRM_PUBLIC_URL: 'crm.example.com',
      CRM_ADMIN_KEY: 'short',
      CRM_POLL_SECONDS: 'often',
      CRM_ALLOW_PRIVATE_HOSTS: 'maybe',
      LOG_LEVEL: 'loud',
      CRM_SHOP_CLIENT_ID: 'id',
      CRM_SHOP_WEBHOOK_IPS: 'localhost',
    })
    expect(faults.map(({ variable }) => variable).sort()).toEqual([
      'CRM_ADMIN_KEY',
      'CRM_ALLOW_PRIVATE_HOSTS',
      'CRM_ENCRYPTION_KEYS',
      'CRM_POLL_SECONDS',
      'CRM_PUBLIC_URL',
      'CRM_SHOP_CLIENT_SECRET',
      'CRM_SHOP_WEBHOOK_IPS',
      'DATABASE_URL',
      'LOG_LEVEL',
      'PORT',
    ])
    for (const { remedy } of faults) expect(remedy).toMatch(/\S/)
  })

  it('never has a secret repeated in a fault', () => {
    const told = JSON.stringify(
      faultsOf({ DATABASE_URL: 'pg://u:hunter2@db', CRM_ADMIN_KEY: 'hunter2', CRM_ENCRYPTION_KEYS: 'hunter2' }),
    )
    expect(told).not.toContain('hunter2')
  })

  it('takes a variable that is set to nothing as unset', () => {
    expect(readConfiguration({ DATABASE_URL: '', PORT: ' ' })).toEqual(readConfiguration({}))
  })

  it('has a misspelt CRM_ variable pointed out, and no other', () => {
    const { warnings } = readConfiguration({ CRM_ENCRYPTON_KEYS: 'x', CRM_URL: 'http://a', PATH: '/bin' })
    expect(warnings).toEqual(['CRM_ENCRYPTON_KEYS is not known and has no effect. Did you mean CRM_ENCRYPTION_KEYS?'])
  })

  it('names a provider with hyphens as well as one with underscores', () => {
    const { host } = readConfiguration({ CRM_BIG_SHOP_CLIENT_ID: 'i', CRM_BIG_SHOP_CLIENT_SECRET: 's' })
    expect(Object.keys(host.oauthClients ?? {})).toEqual(['big_shop', 'big-shop'])
  })
})
