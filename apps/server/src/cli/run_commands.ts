import type { RunState } from '../routes/sync.ts'
import { part } from './client.ts'
import { type ClientOptions, clientCommand, clientOf, commaList } from './command.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { followRun } from './follow_run.ts'
import { runView } from './run_view.ts'
import { table } from './table.ts'
import { show, type Terminal } from './terminal.ts'

interface RunOptions extends ClientOptions {
  readonly objects?: readonly string[]
  readonly wait: boolean
  readonly force?: boolean
}
const errorWords = (error: unknown): string => {
  if (error === null || error === undefined) return ''
  const { message = JSON.stringify(error) } = error as { message?: string }
  return message
}

const words = ({ passes }: RunState): string =>
  table(
    ['object', 'records', 'changed', 'result'],
    passes.map(({ object, records, changed, state, lastError }) => [
      object,
      records,
      changed,
      state === 'off'
        ? `switched off: ${errorWords(lastError) || 'the CRM forbids it'}`
        : errorWords(lastError) || 'done',
    ]),
    'Nothing to do: no object is switched on.',
  )

const runCommand = (terminal: Terminal, pass: 'backfill' | 'pull' | 'sweep', description: string) =>
  clientCommand(pass, description, [
    `${pass} 0b2c…`,
    `${pass} 0b2c… --objects contact,deal`,
    `${pass} 0b2c… --no-wait --json`,
  ])
    .argument('<connection>', 'id of the connection, see `raccordo connections`')
    .option('--objects <list>', 'canonical types or remote objects, separated by commas', commaList)
    .option('--wait', 'wait until it has ended', true)
    .option('--no-wait', 'only start it')
    .action(async (connection: string, options: RunOptions) => {
      const client = await clientOf(terminal, options)
      const { objects, force } = options
      const body = { ...(objects === undefined ? {} : { objects }), ...(force === undefined ? {} : { force }) }
      const { runId } = await client.send<{ runId: string }>('POST', `/connections/${part(connection)}/${pass}`, body)
      if (!options.wait) {
        show(
          terminal,
          options.json,
          { runId },
          () => `Started run ${runId}. Look at it with: raccordo status ${connection}`,
        )
        return
      }
      const view = await runView(terminal, options.json)
      const run = await followRun(client, connection, runId, view.update).finally(view.close)
      show(terminal, options.json, run, words)
      if (run.state === 'failed')
        throw new CliFailure(EXIT.failed, `The ${pass} failed: ${run.error?.detail}`, run.error)
    })

export const backfillCommand = (terminal: Terminal) =>
  runCommand(terminal, 'backfill', 'Read everything from a CRM; goes on where an unfinished one stopped')
export const pullCommand = (terminal: Terminal) => runCommand(terminal, 'pull', 'Poll a CRM for changes now')
export const sweepCommand = (terminal: Terminal) =>
  runCommand(terminal, 'sweep', 'Compare everything with a CRM and repair what differs').option(
    '--force',
    'delete even where more is gone than the brake lets pass',
  )
