import type { Reply } from '@raccordo/core'
import { part } from './client.ts'
import { type ClientOptions, clientCommand, clientOf, jsonArgument, pair } from './command.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { show, type Terminal } from './terminal.ts'

interface TryOptions extends ClientOptions {
  readonly data?: unknown
  readonly query?: Readonly<Record<string, string>>
  readonly header?: Readonly<Record<string, string>>
}

const words = ({ status, body }: Reply): string =>
  `${status}\n${typeof body === 'string' ? body : JSON.stringify(body, null, 2)}`

/** A query that is part of the path, as one would paste it. */
const splitPath = (text: string): { readonly path: string; readonly query: Readonly<Record<string, string>> } => {
  const [path = '', query = ''] = text.split(/\?(.*)/s)
  return { path, query: Object.fromEntries(new URLSearchParams(query)) }
}

export const tryCommand = (terminal: Terminal) =>
  clientCommand('try', 'Make one signed call to a CRM and print its answer', [
    'try 0b2c… GET /contacts --query limit=1',
    `try 0b2c… POST /contacts --data '{"name":"Ada"}'`,
  ])
    .argument('<connection>', 'id of the connection, see `raccordo connections`')
    .argument('<method>', 'GET, POST, PUT, PATCH or DELETE')
    .argument('<path>', 'path under the base address of the CRM')
    .option('--data <json>', 'body of the call', jsonArgument)
    .option('--query <name=value>', 'one parameter, repeatable', pair)
    .option('--header <name=value>', 'one header, repeatable', pair)
    .action(async (connection: string, method: string, target: string, options: TryOptions) => {
      const client = await clientOf(terminal, options)
      const { path, query } = splitPath(target)
      const reply = await client.send<Reply>('POST', `/connections/${part(connection)}/request`, {
        method: method.toUpperCase(),
        path,
        query: { ...query, ...options.query },
        ...(options.header === undefined ? {} : { headers: options.header }),
        ...(options.data === undefined ? {} : { body: options.data }),
      })
      show(terminal, options.json, reply, words)
      if (reply.status >= 400) throw new CliFailure(EXIT.refused, `The CRM answered ${reply.status}.`)
    })
