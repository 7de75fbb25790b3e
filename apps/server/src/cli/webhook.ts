import { part } from './client.ts'
import { type ClientOptions, clientCommand, clientOf } from './command.ts'
import { show, type Terminal } from './terminal.ts'

interface Address {
  readonly url: string
}

export const webhookCommand = (terminal: Terminal) =>
  clientCommand('webhook', 'Show the address that a CRM is to send its webhooks to, with the secret in it', [
    'webhook 0b2c…',
  ])
    .argument('<connection>', 'id of the connection, see `raccordo connections`')
    .action(async (connection: string, options: ClientOptions) => {
      const client = await clientOf(terminal, options)
      const address = await client.send<Address>('POST', `/connections/${part(connection)}/webhook-address`, {})
      show(terminal, options.json, address, ({ url }) => url)
    })
