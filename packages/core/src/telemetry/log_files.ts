import { createHash } from 'node:crypto'
import { lstatSync, renameSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
// @ts-expect-error: the package brings no types
import untypedRoll from 'pino-roll'

/** What is used of pino-roll: numbered files that are closed when they are full. */
interface RollingStream {
  /** The numbered file that it writes now. */
  readonly file: string
  write(text: string): boolean
  end(): void
  on(event: 'ready' | 'close', listener: () => void): void
  on(event: 'error', listener: (error: Error) => void): void
}
const roll = untypedRoll as (options: {
  readonly file: string
  /** "20m": twenty megabytes. */
  readonly size: string
  readonly mkdir: boolean
  readonly sync: boolean
  readonly limit: { readonly count: number; readonly removeOtherLogFiles: boolean }
}) => Promise<RollingStream>

export interface LogFiles {
  /** Appends a line to a file of the folder, which is opened when it is first needed. Never throws. */
  append(path: readonly string[], line: string): void
  close(): Promise<void>
}

interface OpenFile {
  readonly opened: Promise<RollingStream | undefined>
  stream?: RollingStream
  /** Lines that came before it was open. */
  waiting: string[]
}

/** Ten thousand tenants must not mean ten thousand open files. */
const MOST_OPEN = 64
const LONGEST_NAME = 100

/**
 * Rotating files in a folder. pino-roll numbers what it writes (`crm_sync.1.log`); the plain name (`crm_sync.log`) is a
 * link to the newest, so that `tail -F` and log shippers need not know the number.
 */
export const logFiles = (options: {
  readonly folder: string
  readonly size?: string
  /** How many full files are kept beside the current one. */
  readonly kept?: number
  readonly onError: (error: Error) => void
}): LogFiles => {
  const open = new Map<string, OpenFile>()

  const start = async (name: string, file: OpenFile): Promise<RollingStream | undefined> => {
    try {
      const limit = { count: options.kept ?? 14, removeOtherLogFiles: true }
      const stream = await roll({ file: `${name}.log`, size: options.size ?? '20m', mkdir: true, sync: true, limit })
      stream.on('error', options.onError)
      stream.on('ready', () => pointTo(stream.file, `${name}.log`))
      pointTo(stream.file, `${name}.log`)
      for (const line of file.waiting) stream.write(line)
      file.waiting = []
      file.stream = stream
      return stream
    } catch (error) {
      options.onError(error instanceof Error ? error : new Error(String(error)))
      open.delete(name)
      return undefined
    }
  }

  const take = (name: string): OpenFile => {
    const known = open.get(name)
    if (known) {
      // Insertion order is the order of use: the first is the one that was not needed for longest.
      open.delete(name)
      open.set(name, known)
      return known
    }
    const file: OpenFile = { waiting: [], opened: Promise.resolve().then(() => start(name, file)) }
    open.set(name, file)
    const [oldest] = open
    if (open.size > MOST_OPEN && oldest) {
      open.delete(oldest[0])
      void shut(oldest[1])
    }
    return file
  }

  return {
    append: (path, line) => {
      const file = take(join(options.folder, ...path.map(safeName)))
      if (file.stream) file.stream.write(line)
      else file.waiting.push(line)
    },
    close: async () => {
      const files = [...open.values()]
      open.clear()
      await Promise.all(files.map(shut))
    },
  }
}

const shut = async (file: OpenFile): Promise<void> => {
  const stream = await file.opened
  if (!stream) return
  await new Promise<void>((resolve) => {
    stream.on('close', resolve)
    stream.end()
  })
}

/** A name of any content as one that no file system takes for a path. Different names stay different. */
export const safeName = (name: string): string => {
  const escaped = encodeURIComponent(name.toWellFormed()).replace(
    /[.!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  )
  if (escaped === '') return '_'
  if (escaped.length <= LONGEST_NAME) return escaped
  return `${escaped.slice(0, LONGEST_NAME - 17)}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
}

const pointTo = (target: string, link: string): void => {
  try {
    // A file of somebody else under the plain name is left alone.
    if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === false) return
    const fresh = `${link}.${process.pid}.new`
    symlinkSync(basename(target), fresh)
    renameSync(fresh, link)
  } catch {
    // Without the right to make links (Windows) the numbered files are all there is.
  }
}
