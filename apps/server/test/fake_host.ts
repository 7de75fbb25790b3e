import { type ConnectionInfo, CrmError, type Host, type ProviderInfo } from '@raccordo/core'

/** Keys of the fake host by their secrets. */
export const ADMIN_KEY = 'admin-secret-of-the-tests'
export const ACME_KEY = 'acme-secret-of-the-tests'
export const OTHER_KEY = 'other-secret-of-the-tests'

const KEYS: Readonly<Record<string, { readonly id: string; readonly workspaceId: string | null }>> = {
  [ADMIN_KEY]: { id: 'k1', workspaceId: null },
  [ACME_KEY]: { id: 'k2', workspaceId: 'acme' },
  [OTHER_KEY]: { id: 'k3', workspaceId: 'other' },
}

export const PROVIDER: ProviderInfo = {
  id: 'shop',
  title: 'Shop',
  package: '@example/shop',
  version: '1.0.0',
  settings: { type: 'object', properties: { pageSize: { type: 'integer' }, site: { type: 'string' } } },
  auth: ['apiKey'],
  objects: [{ name: 'people', type: 'contact', onByDefault: true, capabilities: ['pull'] }],
  hasSimulator: false,
}

export const connectionOf = (id: string, workspaceId: string): ConnectionInfo => ({
  id,
  workspaceId,
  provider: 'shop',
  name: `Shop of ${workspaceId}`,
  settings: {},
  objects: ['people'],
  enabled: true,
  status: 'active',
  switchedOff: {},
  signedInAt: '2026-01-01T00:00:00.000Z',
  createdAt: `2026-01-01T00:00:0${id.length}.000Z`,
  updatedAt: '2026-01-01T00:00:00.000Z',
})

export const CONNECTIONS = [connectionOf('c1', 'acme'), connectionOf('c22', 'other')]

export const notFound = (what: string): CrmError => new CrmError('not_found', `There is no ${what}.`)

/** Members that a test puts in the place of the fake's. */
export type Instead = { readonly [Part in keyof Host]?: Partial<Host[Part]> }

const within = <T extends object>(name: string, members: Partial<T>, instead: object | undefined): T =>
  new Proxy({ ...members, ...instead } as T, {
    get: (target, member) => {
      const found = Reflect.get(target, member)
      if (found !== undefined || typeof member === 'symbol') return found
      return async () => {
        throw new CrmError('bug', `The fake host has no ${name}.${member}: the test must give it.`)
      }
    },
  })

/** What the HTTP side works with, in memory: two workspaces with a connection each, and what a test adds. */
export const fakeHost = (instead: Instead = {}): Host => {
  const get = async (id: string): Promise<ConnectionInfo> => {
    const found = CONNECTIONS.find((connection) => connection.id === id)
    if (found === undefined) throw notFound(`connection "${id}"`)
    return found
  }
  const list: Host['connections']['list'] = async ({ workspaceId } = {}) =>
    CONNECTIONS.filter((connection) => workspaceId === undefined || connection.workspaceId === workspaceId)
  const provider = (id: string): ProviderInfo => {
    if (id !== PROVIDER.id) throw notFound(`provider "${id}". Installed: shop`)
    return PROVIDER
  }
  const host: Partial<Host> = {
    providers: within<Host['providers']>(
      'providers',
      { list: () => [PROVIDER], get: provider, defaultMapping: (id) => ({ version: 1, of: provider(id).id }) },
      instead.providers,
    ),
    connections: within<Host['connections']>('connections', { get, list }, instead.connections),
    signIns: within<Host['signIns']>('signIns', {}, instead.signIns),
    sync: within<Host['sync']>('sync', {}, instead.sync),
    records: within<Host['records']>('records', {}, instead.records),
    outbox: within<Host['outbox']>('outbox', {}, instead.outbox),
    links: within<Host['links']>('links', {}, instead.links),
    deadLetters: within<Host['deadLetters']>('deadLetters', {}, instead.deadLetters),
    webhooks: within<Host['webhooks']>('webhooks', {}, instead.webhooks),
    keys: within<Host['keys']>('keys', { check: async (secret) => KEYS[secret] }, instead.keys),
    health: within<Host['health']>(
      'health',
      { ready: async () => ({ ok: true, checks: { database: 'ok' } }) },
      instead.health,
    ),
    metrics: async () => 'crm_dead_letters 0\n',
  }
  return host as Host
}
