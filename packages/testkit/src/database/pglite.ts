import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { PGlite } from '@electric-sql/pglite'
import type { Template } from './template.ts'

/**
 * An in-memory PGlite in the template's state. A PGlite takes seconds to make and a fraction of that to load, so the
 * prepared state is dumped to a file in `folder` by whoever comes first and loaded from there by all others, in this
 * process or another one.
 */
export const freshPglite = async (folder: string, template: Template = EMPTY): Promise<PGlite> => {
  const { PGlite } = await import('@electric-sql/pglite')
  const dump = await prepared(join(folder, `${template.name}.tar`), template)
  return PGlite.create({ loadDataDir: new Blob([new Uint8Array(dump)]) })
}

/** Writes what a PGlite holds into a file, from which `PGlite.create({ loadDataDir })` makes it again. */
export const dumpPglite = async (pglite: PGlite, file: string): Promise<void> => writeFile(file, await dumped(pglite))

const EMPTY: Template = { name: 'empty', prepare: async () => {} }

const POLL_MS = 100
/** Longer than any preparation takes: whoever held the lock until then is gone. */
const LOCK_MS = 120_000

const prepared = async (file: string, template: Template): Promise<Buffer> => {
  const lock = `${file}.lock`
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const known = await readIfThere(file)
    if (known !== undefined) return known
    if (waitedMs < LOCK_MS && !(await taken(lock))) {
      await wait(POLL_MS)
      continue
    }
    try {
      return await prepare(file, template)
    } finally {
      await rm(lock, { force: true })
    }
  }
}

/** True where the lock is ours now. */
const taken = async (lock: string): Promise<boolean> => {
  try {
    await writeFile(lock, '', { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const prepare = async (file: string, template: Template): Promise<Buffer> => {
  const { PGlite } = await import('@electric-sql/pglite')
  const pglite = await PGlite.create()
  const close = pglite.close.bind(pglite)
  // Whoever prepares may close what it opened, and kysely closes the PGlite below it: the dump still has to come first.
  pglite.close = async () => {}
  try {
    await template.prepare({ pglite })
    const dump = await dumped(pglite)
    // Renamed into place, so that no other process reads half a file.
    const draft = `${file}.${randomBytes(4).toString('hex')}`
    await writeFile(draft, dump)
    await rename(draft, file)
    return dump
  } finally {
    await close()
  }
}

const dumped = async (pglite: PGlite): Promise<Buffer> =>
  Buffer.from(await (await pglite.dumpDataDir('none')).arrayBuffer())

const readIfThere = async (file: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
