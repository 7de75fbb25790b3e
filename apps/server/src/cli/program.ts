import { Command } from 'commander'
import { connectCommand } from './connect.ts'
import { connectionsCommand } from './connections.ts'
import { deadLettersCommand, replayCommand } from './dead_letters.ts'
import { doctorCommand } from './doctor.ts'
import { EXIT_CODES_HELP } from './exit_codes.ts'
import { flagsCommand } from './flags.ts'
import { keysCommand } from './keys.ts'
import { mappingCommand } from './mapping.ts'
import { migrateCommand, serveCommand, workerCommand } from './process_commands.ts'
import { providersCommand } from './providers.ts'
import { pushCommand } from './push.ts'
import { backfillCommand, pullCommand, sweepCommand } from './run_commands.ts'
import { statusCommand } from './status.ts'
import type { Terminal } from './terminal.ts'
import { tryCommand } from './try.ts'
import { webhookCommand } from './webhook.ts'

const COMMANDS = [
  serveCommand,
  workerCommand,
  migrateCommand,
  doctorCommand,
  providersCommand,
  connectCommand,
  connectionsCommand,
  backfillCommand,
  pullCommand,
  sweepCommand,
  pushCommand,
  statusCommand,
  deadLettersCommand,
  replayCommand,
  mappingCommand,
  flagsCommand,
  tryCommand,
  webhookCommand,
  keysCommand,
]

/** Prints nothing by itself but to the terminal that it is given, and never ends the process. */
const tame = (command: Command, terminal: Terminal): Command => {
  command
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)')
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
  for (const sub of command.commands) tame(sub, terminal)
  return command
}

/** The whole command line. */
export const program = (terminal: Terminal, version: string): Command => {
  const root = new Command('raccordo')
    .description('Two-way, loss-free sync with CRMs')
    .version(version)
    .addHelpText(
      'after',
      `\nserve, worker, migrate, keys and doctor read the environment of the server; all others talk to a running one\n` +
        `at CRM_URL with the key in CRM_API_KEY.\n\n${EXIT_CODES_HELP}`,
    )
  for (const make of COMMANDS) root.addCommand(make(terminal))
  return tame(root, terminal)
}
