import colors from 'picocolors'
import { type Configuration, readConfiguration } from '../config/configuration.ts'
import { ConfigurationError } from '../config/fault.ts'
import { type ClientOptions, clientCommand, clientOf } from './command.ts'
import { EXIT } from './exit_codes.ts'
import { CliFailure } from './failure.ts'
import { type Finding, failed, ok, warning } from './finding.ts'
import { show, type Terminal } from './terminal.ts'

const LEAST_NODE: readonly [number, number] = [22, 12]

const checkNode = (version: string): Finding => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isEnough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])
  return isEnough ? ok('node', version) : failed('node', version, `Install Node ${LEAST_NODE.join('.')} or newer.`)
}

interface EnvironmentCheck {
  readonly findings: readonly Finding[]
  readonly configuration: Configuration | undefined
}

const checkEnvironment = ({ environment }: Terminal): EnvironmentCheck => {
  try {
    const configuration = readConfiguration(environment)
    const fine = ok('environment', configuration.embedded ? 'embedded database' : 'Postgres at DATABASE_URL')
    const odd = configuration.warnings.map((text) => warning('environment', text, 'Correct or remove it.'))
    return { findings: [fine, ...odd], configuration }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const findings = error.faults.map(({ variable, message, remedy }) =>
      failed('environment', `${variable} ${message}`, remedy),
    )
    return { findings, configuration: undefined }
  }
}

const SIGNS = { ok: colors.green('ok     '), warning: colors.yellow('warning'), failed: colors.red('failed ') } as const

const words = (findings: readonly Finding[]): string =>
  findings
    .map(({ check, result, detail, remedy }) => {
      const line = `${SIGNS[result]}  ${check}: ${detail}`
      return remedy === undefined ? line : `${line}\n         ${remedy}`
    })
    .join('\n')

const examine = async (terminal: Terminal, options: ClientOptions): Promise<readonly Finding[]> => {
  const { findings, configuration } = checkEnvironment(terminal)
  const client = await clientOf(terminal, options)
  const [{ checkConnections, checkServer }, { checkHost }] = await Promise.all([
    import('./check_server.ts'),
    import('./check_host.ts'),
  ])
  const server = await checkServer(client)
  const isReachable = server.some(({ detail }) => !detail.startsWith('none answers'))
  const host = configuration === undefined ? [] : await checkHost(configuration, isReachable)
  const { environment } = terminal
  const hasKey = Boolean(environment['CRM_API_KEY'] || environment['CRM_ADMIN_KEY'])
  const connections = isReachable ? await checkConnections(client, hasKey) : []
  return [checkNode(process.versions.node), ...findings, ...host, ...server, ...connections]
}

export const doctorCommand = (terminal: Terminal) =>
  clientCommand('doctor', 'Look for what is wrong and say how to put it right', ['doctor', 'doctor --json']).action(
    async (options: ClientOptions) => {
      const findings = await examine(terminal, options)
      show(terminal, options.json, findings, words)
      const broken = findings.filter(({ result }) => result === 'failed').length
      if (broken > 0) throw new CliFailure(EXIT.failed, `${broken} ${broken === 1 ? 'check' : 'checks'} failed.`)
    },
  )
