import type { FlagInfo, ListPage } from '@raccordo/core'
import { Argument } from 'commander'
import { part } from './client.ts'
import { type ClientOptions, clientCommand, clientOf } from './command.ts'
import { table } from './table.ts'
import { show, type Terminal } from './terminal.ts'

interface FlagOptions extends ClientOptions {
  readonly provider?: string
  readonly object?: string
  readonly direction?: string
}

const words = (flags: readonly FlagInfo[]): string =>
  table(
    ['provider', 'object', 'direction', 'is', 'since'],
    flags.map(({ provider, object, direction, enabled, updatedAt }) => [
      provider,
      object,
      direction,
      enabled ? 'on' : 'off',
      updatedAt,
    ]),
    'No flag is set: everything is on.',
  )

/** Lists the flags of a workspace, sets one, or takes one away. */
export const flagsCommand = (terminal: Terminal) =>
  clientCommand('flags', 'Switch providers, objects and directions of a workspace on and off', [
    'flags acme',
    'flags acme off --provider acme-crm --object deal --direction push',
    'flags acme unset --provider acme-crm --object deal --direction push',
  ])
    .argument('<workspace>', 'the workspace as the host application names it')
    .addArgument(new Argument('[state]', 'what to set; the flags are listed if absent').choices(['on', 'off', 'unset']))
    .option('--provider <id>', 'only this provider')
    .option('--object <name>', 'only this canonical type or remote object')
    .option('--direction <direction>', 'only pull or push')
    .action(async (workspace: string, state: string | undefined, options: FlagOptions) => {
      const client = await clientOf(terminal, options)
      const path = `/workspaces/${part(workspace)}/flags`
      const { provider, object, direction } = options
      const given = Object.entries({ provider, object, direction })
      const key: Record<string, string> = Object.fromEntries(
        given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      )
      if (state === 'unset') await client.send('DELETE', `${path}?${new URLSearchParams(key)}`)
      else if (state !== undefined) await client.send('PUT', path, { ...key, enabled: state === 'on' })
      const { items } = await client.get<ListPage<FlagInfo>>(path)
      show(terminal, options.json, items, words)
    })
