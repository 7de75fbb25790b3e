import { readFile } from 'node:fs/promises'
import { CommanderError } from 'commander'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { program } from './program.ts'
import { startFaultWords } from './start_fault.ts'
import type { Terminal } from './terminal.ts'

const packageVersion = async (): Promise<string> => {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

const report = (error: unknown, words: readonly string[], { environment, stderr }: Terminal): number => {
  // Help and version end this way too; commander has said what there is to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  const isDebugging = environment['LOG_LEVEL'] === 'debug'
  const message = error instanceof CliFailure ? error.message : startFaultWords(error, isDebugging)
  const problem = error instanceof CliFailure ? error.problem : undefined
  const asJson = words.includes('--json') && problem !== undefined
  stderr.write(`${asJson ? JSON.stringify(problem, null, 2) : message}\n`)
  return error instanceof CliFailure ? error.exitCode : EXIT.failed
}

/** Runs one command line, without the names of node and the script, and answers the exit code. */
export const run = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  try {
    await program(terminal, await packageVersion()).parseAsync([...words], { from: 'user' })
    return EXIT.ok
  } catch (error) {
    return report(error, words, terminal)
  }
}
