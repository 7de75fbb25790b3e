import type { ConnectionInfo, ProviderInfo } from '@raccordo/core'
import type { Client } from './client.ts'
import { type ClientOptions, clientCommand, clientOf, commaList, pair } from './command.ts'
import { connectWithOAuth } from './connect_oauth.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { readJson } from './json_file.ts'
import { readCredentials } from './secrets.ts'
import { show, type Terminal } from './terminal.ts'

interface ConnectOptions extends ClientOptions {
  readonly provider?: string
  readonly workspace?: string
  readonly name?: string
  readonly setting?: Readonly<Record<string, string>>
  readonly credential?: Readonly<Record<string, string>>
  readonly objects?: readonly string[]
  readonly enabled: boolean
  readonly oauth?: boolean
  readonly connection?: string
  readonly file?: string
}
type Body = Readonly<Record<string, unknown>>

/** The settings schema tells text from numbers and objects: "123" may be either. */
const typedSettings = async (client: Client, provider: unknown, settings: Readonly<Record<string, string>>) => {
  const { items } = await client.get<{ items: readonly ProviderInfo[] }>('/providers')
  const schema = items.find(({ id }) => id === provider)?.settings as
    | { readonly properties?: Readonly<Record<string, { readonly type?: string | readonly string[] } | undefined>> }
    | undefined
  const typed = Object.entries(settings).map(([name, text]) => {
    const types = [schema?.properties?.[name]?.type ?? 'string'].flat()
    if (types.includes('string')) return [name, text]
    try {
      return [name, JSON.parse(text) as unknown]
    } catch {
      return [name, text]
    }
  })
  return Object.fromEntries(typed) as Body
}

const fileBody = async (terminal: Terminal, path: string | undefined): Promise<Body> => {
  if (path === undefined) return {}
  const body = await readJson(terminal, path)
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body
  throw new CliFailure(
    EXIT.usage,
    `${path} must hold a JSON object: { "workspaceId", "provider", "settings", "credentials" }.`,
  )
}

/** Flags win over the file, member by member. */
const bodyOf = async (
  terminal: Terminal,
  client: Client,
  named: string | undefined,
  options: ConnectOptions,
): Promise<Body> => {
  const file = await fileBody(terminal, options.file)
  const provider = named ?? options.provider ?? file['provider']
  const workspaceId = options.workspace ?? file['workspaceId']
  const missing = [provider === undefined ? '--provider' : '', workspaceId === undefined ? '--workspace' : '']
  const flags = missing.filter((flag) => flag !== '')
  if (flags.length > 0) throw new CliFailure(EXIT.usage, `Say which: ${flags.join(' and ')}, as flags or in --file.`)
  const settings = options.setting === undefined ? {} : await typedSettings(client, provider, options.setting)
  const credentials = options.credential === undefined ? {} : await readCredentials(terminal, options.credential)
  const given = { ...(file['credentials'] as Body | undefined), ...credentials }
  return {
    ...file,
    provider,
    workspaceId,
    settings: { ...(file['settings'] as Body | undefined), ...settings },
    ...(Object.keys(given).length === 0 ? {} : { credentials: given }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.objects === undefined ? {} : { objects: options.objects }),
    ...(options.enabled ? {} : { enabled: false }),
    ...(options.connection === undefined ? {} : { connectionId: options.connection }),
  }
}

const words = ({ id, provider, account, objects }: ConnectionInfo): string =>
  `Connected to ${provider}${account?.name === undefined ? '' : ` (${account.name})`}: ${id}\n` +
  `Objects: ${objects.join(', ')}\nNext: raccordo backfill ${id}`

export const connectCommand = (terminal: Terminal) =>
  clientCommand('connect', 'Connect a CRM; the credentials are checked before anything is kept', [
    'connect --provider acme --workspace demo --credential apiKey=- < key.txt',
    'connect --provider acme --workspace demo --setting url=https://acme.example --credential username=me --credential password=@pass.txt',
    'connect acme --workspace demo --oauth',
    'connect acme --workspace demo --oauth --connection conn_0b2c…',
    'connect --file connection.json',
  ])
    .argument('[provider]', 'the same as --provider')
    .option('--provider <id>', 'provider, see `raccordo providers`')
    .option('--workspace <id>', 'workspace that it belongs to')
    .option('--name <name>', 'name of the connection')
    .option('--setting <name=value>', 'one setting, repeatable', pair)
    .option('--credential <name=value>', 'one credential, repeatable; - reads standard input, @file a file', pair)
    .option('--objects <list>', 'canonical types or remote objects, separated by commas', commaList)
    .option('--oauth', 'sign in at the CRM: prints the address to open, and waits')
    .option('--connection <id>', 'with --oauth: the connection to sign in again, which keeps everything it has')
    .option('--no-enabled', 'connect it switched off')
    .option('--file <path>', 'JSON with the members of POST /crm/connections; - reads standard input')
    .action(async (named: string | undefined, options: ConnectOptions) => {
      if (options.connection !== undefined && options.oauth !== true)
        throw new CliFailure(EXIT.usage, '--connection goes with --oauth.')
      const client = await clientOf(terminal, options)
      const body = await bodyOf(terminal, client, named, options)
      const connection =
        options.oauth === true
          ? await connectWithOAuth(terminal, client, body, options.json)
          : await client.send<ConnectionInfo>('POST', '/connections', body)
      show(terminal, options.json, connection, words)
    })
