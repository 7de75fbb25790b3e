import type { ProviderInfo } from '@raccordo/core'
import { type ClientOptions, clientCommand, clientOf } from './command.ts'
import { table } from './table.ts'
import { show, type Terminal } from './terminal.ts'

const NONE = 'No provider is installed. Add one to the package.json of the server: npm install @raccordo/plugin-…'

const installed = (items: readonly ProviderInfo[]): string =>
  table(
    ['provider', 'title', 'version', 'sign-in'],
    items.map(({ id, title, version, auth }) => [id, title, version, auth.join(', ')]),
    NONE,
  )

const abilities = (items: readonly ProviderInfo[]): string =>
  table(
    ['provider', 'object', 'type', 'on', 'can'],
    items.flatMap(({ id, objects }) =>
      objects.map(({ name, type, onByDefault, capabilities }) => [
        id,
        name,
        type,
        onByDefault ? 'yes' : 'if asked',
        capabilities.join(' '),
      ]),
    ),
    '',
  )

const words = ({ items }: { readonly items: readonly ProviderInfo[] }): string =>
  items.length === 0 ? installed(items) : `${installed(items)}\n\n${abilities(items)}`

export const providersCommand = (terminal: Terminal) =>
  clientCommand('providers', 'List the installed providers', ['providers', 'providers --json']).action(
    async (options: ClientOptions) => {
      const client = await clientOf(terminal, options)
      show(terminal, options.json, await client.get<{ items: readonly ProviderInfo[] }>('/providers'), words)
    },
  )
