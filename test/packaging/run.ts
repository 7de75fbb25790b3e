import { execFile, execFileSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What a package manager adds to the environment of its scripts would change how another one behaves. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm|pnpm|NODE_ENV|VITEST|INIT_CWD)/.test(name) || name.toLowerCase() === 'npm_config_registry',
    ),
  )

export interface Ran {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; what it printed is in the error where it fails. */
export const run = async (
  program: string,
  parameters: readonly string[],
  options: { readonly cwd: string; readonly variables?: Readonly<Record<string, string>> },
): Promise<Ran> => {
  const env = { ...environment(), ...options.variables }
  try {
    return await execute(program, [...parameters], { cwd: options.cwd, env, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Ran>
    throw new Error(`${program} ${parameters.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** Runs a package's own build script as its package manager would, without asking it to install first. */
export const build = (root: string, folder: string, script: string): void => {
  const bins = [join(folder, 'node_modules', '.bin'), join(root, 'node_modules', '.bin')]
  const PATH = [...bins, process.env['PATH'] ?? ''].join(delimiter)
  try {
    execFileSync(script, { cwd: folder, env: { ...environment(), PATH }, shell: true, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Ran>
    throw new Error(`"${script}" failed in ${folder}:\n${stdout}\n${stderr}`, { cause: error })
  }
}
