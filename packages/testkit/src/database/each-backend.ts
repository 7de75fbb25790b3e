import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, inject } from 'vitest'
import { testDatabases } from './databases.ts'
import type {} from './global-setup.ts'
import { dumpPglite, freshPglite } from './pglite.ts'
import type { Template, TestSource } from './template.ts'

/** One of the two databases that the engine runs on. */
export interface Backend {
  readonly name: 'pglite' | 'postgres'
  /**
   * A database that nobody else uses, for the engine's `openDatabase`: once for a file in `beforeAll`, or for each
   * test. It is dropped when the tests of this backend are over, or kept with a word of where it is if one has failed.
   */
  open(): Promise<TestSource>
}

/**
 * Defines the same tests for PGlite and for Postgres, each database in the state of the template. Needs
 * `@raccordo/testkit/database/global-setup` among vitest's `globalSetup`; without it the tests fail.
 */
export const eachBackend = (name: string, define: (backend: Backend) => void, template?: Template): void => {
  for (const backend of ['pglite', 'postgres'] as const)
    describe(`${name} on ${backend}`, { timeout: TEST_MS }, () => {
      // The first file of a run makes the template, which takes a busy machine half a minute on PGlite.
      beforeAll(async () => {
        spare = await openOn(backend, template)
        opened.push(spare)
      }, PREPARE_MS)
      let spare: Opened | undefined
      let failedTest: string | undefined
      const opened: Opened[] = []
      afterEach(({ task }) => {
        if (task.result?.state === 'fail') failedTest ??= task.name
      })
      afterAll(async () => {
        for (const database of opened.splice(0)) {
          if (failedTest === undefined) await database.drop()
          else console.error(`Kept the database of the failed test "${failedTest}": ${await database.keep(failedTest)}`)
        }
      })
      const open = async (): Promise<TestSource> => {
        const ready = spare
        spare = undefined
        if (ready !== undefined) return ready.source
        const database = await openOn(backend, template)
        opened.push(database)
        return database.source
      }
      define({ name: backend, open })
    })
}

const PREPARE_MS = 180_000
const TEST_MS = 60_000

interface Opened {
  readonly source: TestSource
  drop(): Promise<void>
  keep(reason: string): Promise<string>
}

const openOn = (backend: Backend['name'], template: Template | undefined): Promise<Opened> =>
  backend === 'pglite' ? openPglite(template) : openPostgres(template)

const openPostgres = async (template: Template | undefined) => {
  const databases = testDatabases(provided('postgresUrl'))
  const url = await databases.createDatabase(template)
  return {
    source: { url },
    drop: () => databases.dropDatabase(url),
    keep: async (reason: string) => {
      await databases.keepDatabase(url, reason)
      return url
    },
  }
}

const openPglite = async (template: Template | undefined) => {
  const pglite = await freshPglite(provided('pgliteFolder'), template)
  return {
    source: { pglite },
    drop: async () => {
      if (!pglite.closed) await pglite.close()
    },
    keep: async () => {
      // The test's own clean-up has usually closed it: then the file was never written.
      if (pglite.closed) return 'a PGlite that the test has closed; nothing is left of it'
      const file = join(tmpdir(), `raccordo-kept-${Date.now()}.tar`)
      await dumpPglite(pglite, file)
      await pglite.close()
      return `PGlite.create({ loadDataDir: await openAsBlob('${file}') })`
    },
  }
}

const provided = (key: 'postgresUrl' | 'pgliteFolder'): string => {
  const value: string | undefined = inject(key)
  if (value === undefined)
    throw new Error(`Add '@raccordo/testkit/database/global-setup' to globalSetup in vitest's configuration`)
  return value
}
