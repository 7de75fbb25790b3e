import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crmError } from '../errors.ts'

interface Holder {
  readonly pid: number
  /** When the kernel started that process, where it tells; a pid alone may have been used again. */
  readonly startedAt: string | undefined
}

const processStart = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

const isAlive = ({ pid, startedAt }: Holder): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startedAt === undefined || processStart(pid) === startedAt
}

const readHolder = (path: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/**
 * Takes the folder of an embedded database for this process alone, because two processes open one PGlite folder
 * without an error and lose each other's commits. Answers the function that gives it back; a process that was killed
 * leaves a lock that the next one sees through. Throws `invalid` where another live process has it.
 */
export const lockFolder = (folder: string): (() => void) => {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'raccordo.pid')
  const mine: Holder = { pid: process.pid, startedAt: processStart(process.pid) }
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = readHolder(path)
    if (holder !== undefined && isAlive(holder)) {
      throw crmError(
        'invalid',
        `The data folder ${folder} is in use by process ${holder.pid}. An embedded database takes one process: ` +
          'stop that one, give this one another CRM_DATA_DIR, or set DATABASE_URL to share a Postgres.',
      )
    }
    rmSync(path, { force: true })
  }
  throw crmError('invalid', `The data folder ${folder} could not be locked: ${path} keeps coming back.`)
}
