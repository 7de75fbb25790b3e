import { fileURLToPath } from 'node:url'
import { readArguments, UsageError } from './arguments.ts'
import { runDemo } from './demo.ts'
import { helpText } from './help.ts'
import { installedCrms } from './installed.ts'

const hostPackageJson = fileURLToPath(new URL('../../package.json', import.meta.url))
const ended = new AbortController()

const onSignal = (): void => {
  // Whoever asks twice does not want to wait.
  if (ended.signal.aborted) process.exit(1)
  ended.abort(new Error('The demo was ended.'))
}

const main = async (): Promise<number> => {
  const installed = await installedCrms(hostPackageJson)
  try {
    const { wantsHelp, keep, targets } = readArguments(process.argv.slice(2), installed)
    if (wantsHelp) {
      process.stdout.write(`${helpText(installed)}\n`)
      return 0
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
    return await runDemo({ hostPackageJson, targets, keep, output: process.stdout, signal: ended.signal })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n\npnpm demo --help tells what there is.\n`)
    return 2
  }
}

process.exitCode = await main()
