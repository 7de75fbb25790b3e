import type { DeadLetter, ListPage } from '@raccordo/core'
import { part } from './client.ts'
import { type ClientOptions, clientCommand, clientOf } from './command.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { table } from './table.ts'
import { show, type Terminal } from './terminal.ts'

interface FilterOptions extends ClientOptions {
  readonly connection?: string
  readonly workspace?: string
  readonly object?: string
  readonly kind?: string
}
interface ListOptions extends FilterOptions {
  readonly replayed?: boolean
  readonly all?: boolean
  readonly limit: string
  readonly after?: string
}

const filterOf = ({ connection, workspace, object, kind }: FilterOptions) => ({
  connectionId: connection,
  workspaceId: workspace,
  object,
  kind,
})

const words = ({ items, next }: ListPage<DeadLetter>): string => {
  const rows = items.map(({ id, provider, object, localId, externalId, kind, reason, replayedAt }) => [
    id,
    provider,
    object,
    localId ?? externalId,
    kind,
    replayedAt === null ? reason : `${reason} (replayed)`,
  ])
  const list = table(['dead letter', 'provider', 'object', 'record', 'kind', 'reason'], rows, 'No dead letters.')
  return next === null ? list : `${list}\n\nMore: --after ${next}`
}

const withFilter = (terminalCommand: ReturnType<typeof clientCommand>) =>
  terminalCommand
    .option('--connection <id>', 'only of one connection')
    .option('--workspace <id>', 'only of one workspace')
    .option('--object <type>', 'only contact, company, deal or activity')
    .option('--kind <kind>', 'only of one kind: invalid, conflict, remote_deleted, …')

export const deadLettersCommand = (terminal: Terminal) =>
  withFilter(
    clientCommand('dead-letters', 'List what could not be delivered, with the reason', [
      'dead-letters',
      'dead-letters --connection 0b2c… --kind invalid',
    ]),
  )
    .option('--all', 'also those that were replayed')
    .option('--limit <number>', 'most lines', '100')
    .option('--after <cursor>', 'the page after this one')
    .action(async (options: ListOptions) => {
      const client = await clientOf(terminal, options)
      const replayed = options.all === true ? undefined : 'false'
      const query = { ...filterOf(options), replayed, limit: options.limit, after: options.after }
      show(terminal, options.json, await client.get<ListPage<DeadLetter>>('/dead-letters', query), words)
    })

interface Replayed {
  readonly result?: string
  readonly requeued?: number
  readonly superseded?: number
}

const replayWords = ({ result, requeued = 0, superseded = 0 }: Replayed): string => {
  if (result === 'superseded') return 'Superseded: the record has a newer change, which is sent instead.'
  if (result !== undefined) return 'Queued again.'
  return `${requeued} queued again, ${superseded} superseded by newer changes.`
}

export const replayCommand = (terminal: Terminal) =>
  withFilter(
    clientCommand('replay', 'Send dead letters again: one by its id, or all that a filter takes', [
      'replay 5d1f…',
      'replay --connection 0b2c… --kind invalid',
    ]).argument('[id]', 'id of one dead letter'),
  ).action(async (id: string | undefined, options: FilterOptions) => {
    const filter = Object.fromEntries(Object.entries(filterOf(options)).filter(([, value]) => value !== undefined))
    if ((id === undefined) === (Object.keys(filter).length === 0)) {
      throw new CliFailure(
        EXIT.usage,
        'Give either the id of a dead letter or a filter: --connection, --workspace, --object, --kind.',
      )
    }
    const client = await clientOf(terminal, options)
    const path = id === undefined ? '/dead-letters/replay' : `/dead-letters/${part(id)}/replay`
    const body = id === undefined ? filter : undefined
    show(terminal, options.json, await client.send<Replayed>('POST', path, body), replayWords)
  })
