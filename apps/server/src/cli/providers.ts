import type { ProviderInfo } from '@raccordo/core'
import { type ClientOptions, clientCommand, clientOf } from './command.ts'
import { table } from './table.ts'
import { show, type Terminal } from './terminal.ts'

const NONE = 'No provider is installed. Add one to the package.json of the server: npm install @raccordo/plugin-…'

const words = ({ items }: { readonly items: readonly ProviderInfo[] }): string =>
  table(
    ['provider', 'title', 'version', 'sign-in', 'objects'],
    items.map(({ id, title, version, auth, objects }) => [
      id,
      title,
      version,
      auth.join(', '),
      objects.map(({ name }) => name).join(', '),
    ]),
    NONE,
  )

export const providersCommand = (terminal: Terminal) =>
  clientCommand('providers', 'List the installed providers', ['providers', 'providers --json']).action(
    async (options: ClientOptions) => {
      const client = await clientOf(terminal, options)
      show(terminal, options.json, await client.get<{ items: readonly ProviderInfo[] }>('/providers'), words)
    },
  )
