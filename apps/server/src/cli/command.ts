import { Command, InvalidArgumentError } from 'commander'
import type { Client } from './client.ts'
import { EXIT_CODES_HELP } from './exit_codes.ts'
import type { Terminal } from './terminal.ts'

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean
}
/** Options of the commands that talk to a server. */
export interface ClientOptions extends CommonOptions {
  readonly url?: string
}

/** A command with the options and the help that all have. Examples are written without the program's name. */
export const command = (name: string, description: string, examples: readonly string[]): Command =>
  new Command(name)
    .description(description)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nExamples:\n${examples.map((line) => `  $ raccordo ${line}`).join('\n')}\n\n${EXIT_CODES_HELP}`,
    )

/** A command that talks to a running server. */
export const clientCommand = (name: string, description: string, examples: readonly string[]): Command =>
  command(name, description, examples)
    .option('--url <url>', 'server to talk to (default: CRM_URL, else http://127.0.0.1:PORT)')
    .addHelpText('after', '\nThe API key is taken from CRM_API_KEY.')

/** The server that a command was pointed to. got is loaded only by those that need it. */
export const clientOf = async (terminal: Terminal, { url }: ClientOptions): Promise<Client> => {
  const { connectTo } = await import('./client.ts')
  return connectTo(terminal, url)
}

/** `contact,deal` as a list. */
export const commaList = (text: string): readonly string[] => text.split(',').map((name) => name.trim())

/** `name=value`, collected into an object over several uses of the option. */
export const pair = (text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Write it as name=value.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

/** JSON on the command line. */
export const jsonArgument = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('This is not JSON.')
  }
}
