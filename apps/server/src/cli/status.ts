import type { ConnectionState } from '@raccordo/core'
import colors from 'picocolors'
import { part } from './client.ts'
import { type ClientOptions, clientCommand, clientOf } from './command.ts'
import { table } from './table.ts'
import { show, type Terminal } from './terminal.ts'

const shade = (status: string): string => (status === 'active' ? colors.green(status) : colors.yellow(status))

const heard = ({ state, reason, lastEventAt, expiresAt, lastError }: ConnectionState['webhook']): string => {
  const fault = (lastError as { message?: string } | undefined)?.message
  const times = [lastEventAt && `last event ${lastEventAt}`, expiresAt && `until ${expiresAt}`]
  return [state, reason, ...times, fault].filter((word) => word !== undefined).join(', ')
}

const facts = ({
  connection,
  lagSeconds,
  outbox,
  inbox,
  webhook,
  deadLetters,
  feedPosition,
}: ConnectionState): string => {
  const { provider, name, account, status, statusReason, switchedOff, credentialsExpireAt } = connection
  const lines = [
    `${colors.bold(name)} (${provider}${account?.name === undefined ? '' : `, ${account.name}`})`,
    `status        ${shade(status)}${statusReason === undefined ? '' : `: ${statusReason}`}`,
    ...(credentialsExpireAt === undefined ? [] : [`sign-in       ends ${credentialsExpireAt}`]),
    `lag           ${lagSeconds === undefined ? 'not known yet' : `${Math.round(lagSeconds)} s`}`,
    `outbox        ${outbox.pending} pending, ${outbox.inFlight} in flight, ${outbox.dead} dead`,
    `inbox         ${inbox.pending} pending`,
    `webhooks      ${heard(webhook)}`,
    `dead letters  ${deadLetters}`,
    `feed          at ${feedPosition}`,
  ]
  return [...lines, ...Object.entries(switchedOff).map(([object, why]) => `off           ${object}: ${why}`)].join('\n')
}

const words = (state: ConnectionState): string => {
  const passes = table(
    ['object', 'pass', 'state', 'records', 'up to', 'next', 'error'],
    state.passes.map(({ object, pass, state: at, records, watermark, nextAt, lastError }) => [
      object,
      pass,
      at,
      records,
      watermark,
      nextAt,
      (lastError as { message?: string } | null | undefined)?.message,
    ]),
    'Nothing was read yet.',
  )
  return `${facts(state)}\n\n${passes}`
}

export const statusCommand = (terminal: Terminal) =>
  clientCommand('status', 'Show how a connection is', ['status 0b2c…', 'status 0b2c… --json'])
    .argument('<connection>', 'id of the connection, see `raccordo connections`')
    .action(async (connection: string, options: ClientOptions) => {
      const client = await clientOf(terminal, options)
      show(terminal, options.json, await client.get<ConnectionState>(`/connections/${part(connection)}/status`), words)
    })
