import type { Fault } from '@raccordo/core'
import { part } from './client.ts'
import { type ClientOptions, clientCommand, clientOf, command } from './command.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { faultWords } from './fault_words.ts'
import { readJson } from './json_file.ts'
import { show, type Terminal } from './terminal.ts'

interface MappingOptions extends ClientOptions {
  readonly file: string
}
interface Checked {
  readonly ok: boolean
  readonly faults: readonly Fault[]
}

const checkWords = ({ ok, faults }: Checked): string =>
  ok ? 'The mapping is fine.' : faults.map(faultWords).join('\n')

const shownMapping = ({ spec }: { readonly spec: unknown }): string => JSON.stringify(spec, null, 2)

export const mappingCommand = (terminal: Terminal) => {
  const pathOf = (connection: string) => `/connections/${part(connection)}/mapping`
  const described = (name: string, description: string) =>
    clientCommand(name, description, [`mapping ${name} 0b2c… --file mapping.json`])
      .argument('<connection>', 'id of the connection, see `raccordo connections`')
      .requiredOption('--file <path>', 'the mapping as JSON; - reads standard input')

  const check = described('check', 'Check a mapping against the schema and the live fields of the CRM').action(
    async (connection: string, options: MappingOptions) => {
      const client = await clientOf(terminal, options)
      const spec = await readJson(terminal, options.file)
      const checked = await client.send<Checked>('POST', `${pathOf(connection)}/check`, spec)
      show(terminal, options.json, checked, checkWords)
      if (!checked.ok) throw new CliFailure(EXIT.refused, `${checked.faults.length} faults.`)
    },
  )
  const apply = described('apply', "Replace the connection's own mapping").action(
    async (connection: string, options: MappingOptions) => {
      const client = await clientOf(terminal, options)
      const spec = await readJson(terminal, options.file)
      const saved = await client.send<{ version: number }>('PUT', pathOf(connection), spec)
      show(terminal, options.json, saved, ({ version }) => `Saved as version ${version}.`)
    },
  )
  const shown = clientCommand('show', 'Print the mapping that is in force', ['mapping show 0b2c…'])
    .argument('<connection>', 'id of the connection, see `raccordo connections`')
    .action(async (connection: string, options: ClientOptions) => {
      const client = await clientOf(terminal, options)
      show(terminal, options.json, await client.get<{ spec: unknown }>(pathOf(connection)), shownMapping)
    })
  return command('mapping', 'Show, check and apply mappings', ['mapping check 0b2c… --file mapping.json'])
    .addCommand(shown)
    .addCommand(check)
    .addCommand(apply)
}
