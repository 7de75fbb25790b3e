import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { testPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Maintenance database of the Postgres of this run. */
    readonly postgresUrl: string
    /** Where prepared states of PGlite are shared by the test files of this run. */
    readonly pgliteFolder: string
  }
}

/** For vitest's `globalSetup`: one Postgres and one folder of PGlite states a run, whatever the number of workers. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const [postgres, folder] = await Promise.all([testPostgres(), mkdtemp(join(tmpdir(), 'raccordo-pglite-'))])
  project.provide('postgresUrl', postgres.url)
  project.provide('pgliteFolder', folder)
  return async () => {
    const kept = await postgres.stop()
    if (kept !== undefined) console.error(kept)
    await rm(folder, { recursive: true, force: true })
  }
}
