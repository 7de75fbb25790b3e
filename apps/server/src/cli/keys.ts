import { randomBytes } from 'node:crypto'
import type { ApiKeyInfo, KeysApi, ListPage } from '@raccordo/core'
import { readConfiguration } from '../config/configuration.ts'
import { part } from './client.ts'
import { type ClientOptions, type CommonOptions, clientCommand, clientOf, command } from './command.ts'
import { table } from './table.ts'
import { show, type Terminal } from './terminal.ts'

type Keys = Pick<KeysApi, 'create' | 'list' | 'revoke'>
interface CreateOptions extends ClientOptions {
  readonly name: string
  readonly workspace?: string
}

const onServer = async (terminal: Terminal, options: ClientOptions): Promise<Keys> => {
  const client = await clientOf(terminal, options)
  return {
    create: (key) => client.send('POST', '/api-keys', key),
    list: async () => (await client.get<ListPage<ApiKeyInfo>>('/api-keys')).items,
    revoke: async (id) => {
      await client.send('DELETE', `/api-keys/${part(id)}`)
    },
  }
}

/**
 * With a key, the server is asked. Without one there is no way in yet, so the database itself is opened: that is how
 * the first key on a Postgres is made.
 */
const withKeys = async <T>(
  terminal: Terminal,
  options: ClientOptions,
  work: (keys: Keys) => Promise<T>,
): Promise<T> => {
  const { environment } = terminal
  const hasKey = Boolean(environment['CRM_API_KEY'] || environment['CRM_ADMIN_KEY'])
  if (hasKey || options.url !== undefined) return work(await onServer(terminal, options))
  const configuration = readConfiguration(environment)
  const { createHost } = await import('@raccordo/core')
  const host = await createHost({ ...configuration.host, works: false, logLevel: 'silent' })
  try {
    await host.start()
    return await work(host.keys)
  } finally {
    await host.stop()
  }
}

const listWords = (keys: readonly ApiKeyInfo[]): string =>
  table(
    ['key', 'name', 'workspace', 'made', 'revoked'],
    keys.map(({ id, name, workspaceId, createdAt, revokedAt }) => [
      id,
      name,
      workspaceId ?? 'all (admin)',
      createdAt,
      revokedAt,
    ]),
    'There are no keys.',
  )

export const keysCommand = (terminal: Terminal) => {
  const create = clientCommand('create', 'Make an API key and print it, this once', [
    'keys create --name backend --workspace acme',
    'keys create --name operator',
  ])
    .requiredOption('--name <name>', 'what it is for')
    .option('--workspace <id>', 'the workspace that it opens; an admin key if absent')
    .action(async (options: CreateOptions) => {
      const { name, workspace } = options
      const key = workspace === undefined ? { name } : { name, workspaceId: workspace }
      const made = await withKeys(terminal, options, (keys) => keys.create(key))
      show(terminal, options.json, made, ({ secret }) => secret)
    })
  const list = clientCommand('list', 'List the API keys', ['keys list']).action(async (options: ClientOptions) => {
    show(terminal, options.json, await withKeys(terminal, options, (keys) => keys.list()), listWords)
  })
  const revoke = clientCommand('revoke', 'Make an API key worthless', ['keys revoke 7c9e…'])
    .argument('<key>', 'id of the key, see `raccordo keys list`')
    .action(async (id: string, options: ClientOptions) => {
      await withKeys(terminal, options, (keys) => keys.revoke(id))
      show(terminal, options.json, { id, revoked: true }, () => 'Revoked.')
    })
  const generate = command('generate', 'Print a new encryption key for CRM_ENCRYPTION_KEYS', ['keys generate']).action(
    async (options: CommonOptions) => {
      const key = `${randomBytes(32).toString('base64url')}=`
      show(terminal, options.json, { key }, () => key)
    },
  )
  return command('keys', 'Make, list and revoke API keys; at a server, or without CRM_API_KEY in the database itself', [
    'keys create --name backend --workspace acme',
  ])
    .addCommand(create)
    .addCommand(list)
    .addCommand(revoke)
    .addCommand(generate)
}
