import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** Runs `work` in which no other process does the same; false where one is at it. */
const aloneIn = (folder: string, work: () => void): boolean => {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (code(error) !== 'EEXIST') throw error
    // Whoever is at it needs a moment; one that has been at it for seconds was killed there.
    const madeAt = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - madeAt > TAKEOVER_MS) rmSync(folder, { recursive: true, force: true })
    return false
  }
  try {
    work()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return true
}

const TAKEOVER_MS = 5_000
const PAUSE_MS = 20
const TRIES = 500

const pause = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
}

/** Puts a whole file in its place in one step; false where one is there. */
const place = (path: string, content: string): boolean => {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, content)
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (code(error) !== 'EEXIST') return placeSlowly(path, content)
    return false
  } finally {
    rmSync(draft, { force: true })
  }
}

/** The same where the file system knows no hard links: there is a moment at which the file is empty. */
const placeSlowly = (path: string, content: string): boolean => {
  try {
    writeFileSync(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (code(error) !== 'EEXIST') throw error
    return false
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
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (place(path, JSON.stringify(mine))) return () => rmSync(path, { force: true })
    const holder = readHolder(path)
    if (holder !== undefined && isAlive(holder)) {
      throw crmError(
        'invalid',
        `The data folder ${folder} is in use by process ${holder.pid}. An embedded database takes one process: ` +
          'stop that one, give this one another CRM_DATA_DIR, or set DATABASE_URL to share a Postgres.',
      )
    }
    // Looked at again where nobody else removes it: what one process found dead may be another one's new lock by now.
    const isAlone = aloneIn(`${path}.takeover`, () => {
      const left = readHolder(path)
      if (left === undefined || !isAlive(left)) rmSync(path, { force: true })
    })
    if (!isAlone) pause()
  }
  throw crmError('invalid', `The data folder ${folder} could not be locked: ${path} keeps coming back.`)
}
