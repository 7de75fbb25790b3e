import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import type { Template } from './template.ts'

/**
 * An in-memory PGlite in the template's state. A PGlite takes seconds to make and a fraction of that to load, so the
 * prepared state is dumped to a file in `folder` by whoever comes first and loaded from there by all others, in this
 * process or another one.
 */
export const freshPglite = async (folder: string, template: Template = EMPTY): Promise<PGlite> => {
  const { PGlite } = await import('@electric-sql/pglite')
  const file = join(folder, `${template.name}.tar`)
  const dump = (await readIfThere(file)) ?? (await prepare(file, template))
  return PGlite.create({ loadDataDir: new Blob([new Uint8Array(dump)]) })
}

/** Writes what a PGlite holds into a file, from which `PGlite.create({ loadDataDir })` makes it again. */
export const dumpPglite = async (pglite: PGlite, file: string): Promise<void> => writeFile(file, await dumped(pglite))

const EMPTY: Template = { name: 'empty', prepare: async () => {} }

const prepare = async (file: string, template: Template): Promise<Buffer> => {
  const { PGlite } = await import('@electric-sql/pglite')
  const pglite = await PGlite.create()
  const close = pglite.close.bind(pglite)
  // Whoever prepares may close what it opened, and kysely closes the PGlite below it: the dump still has to come first.
  pglite.close = async () => {}
  try {
    await template.prepare({ pglite })
    const dump = await dumped(pglite)
    // Renamed into place, so that no other process reads half a file. Two that prepare at once write the same.
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
