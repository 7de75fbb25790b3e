import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { readArguments, UsageError } from './arguments.ts'
import { helpText } from './help.ts'
import { installedCrms } from './installed.ts'
import { type DemoOptions, runDemo } from './run.ts'

const USAGE = 2
const hostPackageJson = fileURLToPath(new URL('../../package.json', import.meta.url))

/** Says where everything is, and waits for Ctrl-C. */
const waitForEnd: NonNullable<DemoOptions['beforeEnd']> = async ({ stack, crms }) => {
  const lines = [
    '',
    `Server     ${stack.url}`,
    `Admin key  ${stack.adminKey}`,
    ...[...crms].map(
      ([id, crm]) =>
        `${id.padEnd(10)} ${String(crm.connection.settings['apiBaseUrl'] ?? crm.connection.settings['url'])}`,
    ),
    '',
    `  curl -H "Authorization: Bearer ${stack.adminKey}" ${stack.url}/crm/connections`,
    `  CRM_URL=${stack.url} CRM_API_KEY=${stack.adminKey} pnpm raccordo connections`,
    '',
    'Everything keeps running until Ctrl-C.',
    '',
  ]
  process.stdout.write(lines.join('\n'))
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
}

const main = async (): Promise<number> => {
  const installed = await installedCrms(hostPackageJson)
  try {
    const { wantsHelp, keep, targets } = readArguments(process.argv.slice(2), installed)
    if (wantsHelp) {
      process.stdout.write(`${helpText(installed)}\n`)
      return 0
    }
    const isRight = await runDemo({ hostPackageJson, targets, ...(keep ? { beforeEnd: waitForEnd } : {}) })
    return isRight ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\nSee pnpm demo --help.\n`)
    return USAGE
  }
}

process.exitCode = await main()
