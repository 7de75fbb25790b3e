import { testPostgres } from '@raccordo/testkit/database'
import { type Arguments, HELP, readArguments, UsageError } from './arguments.ts'
import { benchBackfill } from './backfill.ts'
import { HOW_MEASURED, type Line, machineFacts, tableOf } from './report.ts'
import { benchStart } from './start.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const measure = async (options: Arguments): Promise<readonly Line[]> => {
  const postgres = await testPostgres()
  try {
    const lines: Line[] = []
    if (options.parts.includes('backfill')) lines.push(...(await benchBackfill(options, postgres, say)))
    if (options.parts.includes('start')) lines.push(...(await benchStart(postgres, say)))
    return lines
  } finally {
    await postgres.stop()
  }
}

const main = async (): Promise<number> => {
  try {
    const options = readArguments(process.argv.slice(2))
    if (options.wantsHelp) {
      process.stdout.write(HELP)
      return 0
    }
    say(machineFacts())
    const lines = await measure(options)
    say(`\n${tableOf(lines)}\n${HOW_MEASURED}`)
    return lines.every(({ isKept }) => isKept) ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\npnpm bench --help tells what there is.\n`)
    return 2
  }
}

process.exitCode = await main()
