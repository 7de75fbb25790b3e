import { readConfiguration } from '../config/configuration.ts'
import { type CommonOptions, command } from './command.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { show, type Terminal } from './terminal.ts'

interface ServeOptions extends CommonOptions {
  readonly port?: string
}

const warn = (terminal: Terminal, warnings: readonly string[]): void => {
  for (const warning of warnings) terminal.stderr.write(`${warning}\n`)
}

export const serveCommand = (terminal: Terminal) =>
  command('serve', 'Serve the API and do the work; needs no other service', [
    'serve',
    'serve --port 8080',
    'LOG_LEVEL=debug raccordo serve'.replace('raccordo ', ''),
  ])
    .option('--port <number>', 'port to listen on (default: PORT, else 3000)')
    .action(async ({ port }: ServeOptions) => {
      const configuration = readConfiguration({
        ...terminal.environment,
        ...(port === undefined ? {} : { PORT: port }),
      })
      warn(terminal, configuration.warnings)
      const [{ serve }, { untilStopped }] = await Promise.all([import('../serve.ts'), import('../signals.ts')])
      const running = await serve(configuration, (text) => terminal.stdout.write(text))
      if (terminal.stdout.isTTY === true) terminal.stdout.write(`Raccordo answers at ${running.url}\n`)
      const code = await untilStopped(running.stop)
      if (code !== EXIT.ok) throw new CliFailure(code, 'The server did not stop cleanly; nothing is lost.')
    })

export const workerCommand = (terminal: Terminal) =>
  command('worker', 'Do the work beside the servers on the same Postgres, without serving', ['worker']).action(
    async () => {
      const configuration = readConfiguration(terminal.environment)
      warn(terminal, configuration.warnings)
      const [{ work }, { untilStopped }] = await Promise.all([import('../worker.ts'), import('../signals.ts')])
      const code = await untilStopped(await work(configuration))
      if (code !== EXIT.ok) throw new CliFailure(code, 'The worker did not stop cleanly; nothing is lost.')
    },
  )

export const migrateCommand = (terminal: Terminal) =>
  command('migrate', 'Bring the database up to date; safe while servers are running', ['migrate']).action(
    async (options: CommonOptions) => {
      const configuration = readConfiguration(terminal.environment)
      warn(terminal, configuration.warnings)
      const { migrate } = await import('../migrate.ts')
      await migrate(configuration)
      show(terminal, options.json, { ok: true }, () => 'The database is up to date.')
    },
  )
