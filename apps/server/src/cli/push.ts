import type { PushReceipt, PushStatus } from '@raccordo/core'
import { type Client, part } from './client.ts'
import { type ClientOptions, clientCommand, clientOf, jsonArgument } from './command.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { readJson } from './json_file.ts'
import { table } from './table.ts'
import { show, type Terminal } from './terminal.ts'

interface PushOptions extends ClientOptions {
  readonly file?: string
  readonly object?: string
  readonly localId?: string
  readonly data?: unknown
  readonly wait?: boolean
}

const WAIT_SECONDS = 25
const MOST_ITEMS = 1_000

const bodyOf = async (terminal: Terminal, { file, object, localId, data }: PushOptions): Promise<unknown> => {
  if (file !== undefined) {
    const given = await readJson(terminal, file)
    return Array.isArray(given) ? { items: given } : given
  }
  if (object !== undefined && localId !== undefined && data !== undefined) return { object, localId, data }
  throw new CliFailure(
    EXIT.usage,
    'Give --object, --local-id and --data, or --file with the JSON of one or more items.',
  )
}

/** Sends in batches of what one request takes, so that a file may be of any size. */
const send = async (client: Client, connection: string, body: unknown): Promise<readonly PushReceipt[]> => {
  const path = `/connections/${part(connection)}/push`
  const items = (body as { items?: unknown } | null)?.items
  if (!Array.isArray(items)) return [await client.send<PushReceipt>('POST', path, body)]
  const receipts: PushReceipt[] = []
  for (let from = 0; from < items.length; from += MOST_ITEMS) {
    const batch = { items: items.slice(from, from + MOST_ITEMS) }
    receipts.push(...(await client.send<{ items: readonly PushReceipt[] }>('POST', path, batch)).items)
  }
  return receipts
}

const isOpen = ({ status }: PushStatus): boolean => status === 'pending' || status === 'in_flight'

const untilSettled = async (client: Client, id: string): Promise<PushStatus> => {
  for (;;) {
    const push = await client.get<PushStatus>(`/push/${part(id)}`, { wait: WAIT_SECONDS })
    if (!isOpen(push)) return push
  }
}

const reasonOf = (error: unknown): string => (error as { message?: string } | null)?.message ?? ''

const receiptWords = (receipts: readonly PushReceipt[]): string =>
  table(
    ['push', 'status'],
    receipts.map(({ id, status }) => [id, status]),
    'Nothing to push.',
  )
const statusWords = (pushes: readonly PushStatus[]): string =>
  table(
    ['push', 'local id', 'status', 'external id', 'reason'],
    pushes.map(({ id, localId, status, externalId, lastError }) => [
      id,
      localId,
      status,
      externalId,
      reasonOf(lastError),
    ]),
    'Nothing to push.',
  )

export const pushCommand = (terminal: Terminal) =>
  clientCommand('push', 'Write records of the host application to a CRM', [
    `push 0b2c… --object contact --local-id 42 --data '{"email":"ada@example.com"}' --wait`,
    'push 0b2c… --file outcomes.json',
    'push 0b2c… --file - < outcomes.json',
  ])
    .argument('<connection>', 'id of the connection, see `raccordo connections`')
    .option('--object <type>', 'contact, company, deal or activity')
    .option('--local-id <id>', "the record's id in the host application")
    .option('--data <json>', 'canonical members; absent stays, null clears', jsonArgument)
    .option('--file <path>', 'JSON of one item, of a list of items or of { "items" }; - reads standard input')
    .option('--wait', 'wait until the CRM has taken it')
    .action(async (connection: string, options: PushOptions) => {
      const client = await clientOf(terminal, options)
      const receipts = await send(client, connection, await bodyOf(terminal, options))
      if (options.wait !== true) {
        show(terminal, options.json, receipts, receiptWords)
        return
      }
      const pushes: PushStatus[] = []
      for (const { id } of receipts) pushes.push(await untilSettled(client, id))
      show(terminal, options.json, pushes, statusWords)
      const dead = pushes.filter(({ status }) => status === 'dead').length
      if (dead > 0) throw new CliFailure(EXIT.failed, `${dead} of ${pushes.length} went to the dead letters.`)
    })
