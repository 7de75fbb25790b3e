import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Template } from './template.ts'

/** Databases of one Postgres, made and dropped for tests. */
export interface TestDatabases {
  /** Runs one statement in the maintenance database. */
  admin(statement: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
  /** Makes a database, as a copy of the template where one is given, and answers its URL. */
  createDatabase(template?: Template): Promise<string>
  /** Drops a database with whoever is still connected to it. */
  dropDatabase(url: string): Promise<void>
  /** Marks a database as worth a look after the run. */
  keepDatabase(url: string, reason: string): Promise<void>
  /** URLs of the databases that were kept. */
  kept(): Promise<readonly string[]>
}

/**
 * The databases of the Postgres behind the URL of its maintenance database. Any number of processes may use one
 * Postgres: a template is prepared by whoever comes first, and the others wait for it.
 */
export const testDatabases = (adminUrl: string): TestDatabases => {
  const admin: TestDatabases['admin'] = (statement, values = []) =>
    connected(adminUrl, async (client) => (await client.query(statement, [...values])).rows)
  return {
    admin,
    createDatabase: async (template) => {
      const name = `test_${randomBytes(6).toString('hex')}`
      const source = template === undefined ? 'template1' : await prepared(adminUrl, template)
      await admin(`create database ${name} template ${source}`)
      return withDatabase(adminUrl, name)
    },
    dropDatabase: async (url) => {
      await admin(`drop database if exists ${quoted(databaseOf(url))} with (force)`)
    },
    keepDatabase: async (url, reason) => {
      await admin(`comment on database ${quoted(databaseOf(url))} is ${pg.escapeLiteral(`${KEPT}${reason}`)}`)
    },
    kept: async () => {
      const rows = await admin(
        `select datname from pg_database where starts_with(shobj_description(oid, 'pg_database'), $1) order by datname`,
        [KEPT],
      )
      return rows.map((row) => withDatabase(adminUrl, String(row.datname)))
    },
  }
}

const KEPT = 'kept: '

const prepared = async (adminUrl: string, template: Template): Promise<string> => {
  const name = `template_${template.name}`
  return connected(adminUrl, async (client) => {
    await client.query('select pg_advisory_lock(hashtext($1))', [name])
    const { rowCount } = await client.query('select from pg_database where datname = $1 and datistemplate', [name])
    if (rowCount === 1) return quoted(name)
    // One that is no template yet was left half done by a process that failed.
    await client.query(`drop database if exists ${quoted(name)} with (force)`)
    await client.query(`create database ${quoted(name)}`)
    await template.prepare({ url: withDatabase(adminUrl, name) })
    await client.query(`alter database ${quoted(name)} with is_template true allow_connections false`)
    return quoted(name)
  })
}

const connected = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1))

const withDatabase = (url: string, name: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

const quoted = (name: string): string => pg.escapeIdentifier(name)
