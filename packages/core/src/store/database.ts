import { AsyncLocalStorage } from 'node:async_hooks'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { Kysely, type KyselyPlugin, PGliteDialect, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { crmError } from '../errors.ts'
import { lockFolder } from './folder_lock.ts'
import type { Schema } from './schema.ts'

/** Where the tables live: a Postgres, a folder of an embedded one, or an embedded one that the caller opened. */
export type DatabaseSource =
  | { readonly url: string; readonly poolSize?: number }
  | { readonly dataDir: string }
  | { readonly pglite: PGlite }

export type Executor = Kysely<Schema>
export type Tx = Transaction<Schema>

/** The database with its guards. Outside this folder nobody writes SQL. */
export interface Database {
  readonly backend: 'postgres' | 'pglite'
  /** For single statements outside a transaction; throws when used inside one. */
  readonly db: Executor
  readonly pglite: PGlite | undefined
  readonly url: string | undefined
  /** Runs `work` in one transaction, again (up to four times) where Postgres asks for it (serialisation, deadlock). */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Throws where the caller is inside an open transaction: what it is about to do would hang or run outside it. */
  assertOutsideTransaction(what: string): void
  close(): Promise<void>
}

/** Where a process may die between two states of the world: around each commit, and around each call to a CRM. */
export type Boundary = 'before-commit' | 'after-commit' | 'before-call' | 'after-call'
export type OnBoundary = (boundary: Boundary) => void | Promise<void>

const INT8 = 20
const RETRIED = new Set(['40001', '40P01'])
const MAX_TRIES = 5

/** A commit boundary crossed by somebody else while this transaction was deciding: it decides again. */
export class StaleDecision extends Error {
  override readonly name = 'StaleDecision'
}

interface OpenTransaction {
  open: boolean
}

/** Looks at every statement of the outer database before it waits for a connection: inside a transaction it never gets one. */
const guard = (assertOutside: (what: string) => void): KyselyPlugin => ({
  transformQuery: ({ node }) => {
    assertOutside('A statement on the outer database')
    return node
  },
  transformResult: async ({ result }) => result,
})

const postgresPool = (url: string, max: number): pg.Pool => {
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      // Positions and counters stay far below 2^53, and a string would break every comparison.
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
  }
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: 'raccordo',
    connectionTimeoutMillis: 10_000,
    types: types as pg.CustomTypesConfig,
  })
  // A connection that dies while idle is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined)
  return pool
}

const withoutPassword = (url: string): string => {
  try {
    const parsed = new URL(url)
    parsed.password = ''
    return parsed.toString()
  } catch {
    return 'DATABASE_URL'
  }
}

const unreachable = (url: string, cause: unknown): Error =>
  crmError(
    'unavailable',
    `The database ${withoutPassword(url)} cannot be reached: ${cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause)}. ` +
      'Check DATABASE_URL and that Postgres is running there, or leave it unset to use an embedded database.',
  )

const openPglite = async (dataDir: string): Promise<PGlite> => {
  const { PGlite: Embedded } = await import('@electric-sql/pglite')
  return Embedded.create(join(dataDir, 'database'))
}

/** Opens a database and proves that it answers. Throws `unavailable` where it cannot be reached, `invalid` where its folder is taken. */
export const openDatabase = async (source: DatabaseSource, onBoundary?: OnBoundary): Promise<Database> => {
  const scope = new AsyncLocalStorage<OpenTransaction>()
  const assertOutsideTransaction = (what: string): void => {
    if (scope.getStore()?.open !== true) return
    throw crmError('bug', `${what} was used inside an open transaction: pass the transaction on instead.`)
  }
  const release = 'dataDir' in source ? lockFolder(source.dataDir) : () => undefined
  const url = 'url' in source ? source.url : undefined
  const pool = url === undefined ? undefined : postgresPool(url, ('poolSize' in source && source.poolSize) || 10)
  let pglite: PGlite | undefined
  try {
    if ('dataDir' in source) pglite = await openPglite(source.dataDir)
    else if ('pglite' in source) pglite = source.pglite
  } catch (error) {
    release()
    throw error
  }
  const dialect = pglite === undefined ? new PostgresDialect({ pool: pool as pg.Pool }) : new PGliteDialect({ pglite })
  const unguarded = new Kysely<Schema>({ dialect })
  const db = unguarded.withPlugin(guard(assertOutsideTransaction))

  const close = async (): Promise<void> => {
    // Destroying the pool closes an embedded database too, and one that the caller opened is the caller's to close.
    if (!('pglite' in source)) await db.destroy()
    release()
  }

  try {
    await sql`select 1`.execute(db)
  } catch (error) {
    await close().catch(() => undefined)
    throw url === undefined ? error : unreachable(url, error)
  }

  const transaction = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    assertOutsideTransaction('A second transaction')
    for (let tries = 1; ; tries += 1) {
      const state: OpenTransaction = { open: true }
      try {
        const result = await unguarded.transaction().execute((tx) =>
          scope.run(state, async () => {
            const done = await work(tx)
            await onBoundary?.('before-commit')
            return done
          }),
        )
        await onBoundary?.('after-commit')
        return result
      } catch (error) {
        const again = error instanceof StaleDecision || RETRIED.has(String((error as { code?: unknown }).code))
        if (!again || tries === MAX_TRIES) throw error
      } finally {
        state.open = false
      }
    }
  }

  return {
    backend: pglite === undefined ? 'postgres' : 'pglite',
    db,
    pglite,
    url,
    transaction,
    assertOutsideTransaction,
    close,
  }
}
