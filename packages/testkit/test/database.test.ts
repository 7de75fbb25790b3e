import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eachBackend, freshPglite, type Template, type TestPostgres, testPostgres } from '../src/database/index.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await testPostgres()
})
afterAll(() => postgres.stop())

const query = async (url: string, statement: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

/** A template that counts how often it was prepared. */
const counted = (name: string) => {
  let times = 0
  const template: Template = {
    name,
    prepare: async (source) => {
      times += 1
      const statement = 'create table notes as select 1 as number'
      if ('url' in source) await query(source.url, statement)
      else {
        await source.pglite.exec(statement)
        await source.pglite.close()
      }
    },
  }
  return { template, times: () => times }
}

describe('test Postgres', () => {
  it('copies a template that was prepared once, also when several ask at once', async () => {
    const { template, times } = counted('notes')
    const urls = await Promise.all(Array.from({ length: 4 }, () => postgres.createDatabase(template)))
    expect(new Set(urls).size).toBe(4)
    for (const url of urls) expect(await query(url, 'select * from notes')).toEqual([{ number: 1 }])
    expect(times()).toBe(1)
  })

  it('prepares a template anew after a preparation that failed', async () => {
    let fails = true
    const template: Template = {
      name: 'flaky',
      prepare: async (source) => {
        if ('url' in source) await query(source.url, 'create table half ()')
        if (fails) throw new Error('no migration today')
      },
    }
    await expect(postgres.createDatabase(template)).rejects.toThrow('no migration today')
    fails = false
    expect(await query(await postgres.createDatabase(template), 'select count(*)::int from half')).toEqual([
      { count: 0 },
    ])
  })

  it('drops a database although somebody is connected', async () => {
    const url = await postgres.createDatabase()
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    await client.connect()
    await postgres.dropDatabase(url)
    await expect(query(url, 'select 1')).rejects.toThrow('does not exist')
    await client.end().catch(() => undefined)
  })

  it('keeps what it is told to keep, and says how to reach it after the end', async () => {
    const own = await testPostgres()
    const url = await own.createDatabase()
    await own.keepDatabase(url, 'a test that failed')
    expect(await own.kept()).toEqual([url])
    const words = (await own.stop()) ?? ''
    const folder = / -D (\S+)\/data -p /.exec(words)?.[1] ?? ''
    expect(words).toContain(url)
    expect(folder).toContain(tmpdir())
    await rm(folder, { recursive: true })
  })

  it('takes 150 connections at once', async () => {
    const url = await postgres.createDatabase()
    const clients = Array.from({ length: 150 }, () => new pg.Client({ connectionString: url }))
    await Promise.all(clients.map((client) => client.connect()))
    expect(
      await postgres.admin('select count(*)::int from pg_stat_activity where datname = $1', [
        new URL(url).pathname.slice(1),
      ]),
    ).toEqual([{ count: 150 }])
    await Promise.all(clients.map((client) => client.end()))
  })
})

describe('fresh PGlite', { timeout: 180_000 }, () => {
  it('loads a state that was prepared once, also when two ask at once, and keeps them apart', async () => {
    const folder = join(tmpdir(), `raccordo-test-${process.pid}`)
    await mkdir(folder, { recursive: true })
    const { template, times } = counted('notes')
    const [first, second] = await Promise.all([freshPglite(folder, template), freshPglite(folder, template)])
    await first.exec('insert into notes values (2)')
    expect((await first.query('select * from notes')).rows).toHaveLength(2)
    expect((await second.query('select * from notes')).rows).toEqual([{ number: 1 }])
    expect(times()).toBe(1)
    await Promise.all([first.close(), second.close()])
    await rm(folder, { recursive: true })
  })
})

eachBackend(
  'each backend',
  (backend) => {
    it('opens a prepared database that no other test sees', async () => {
      const rows = async (statement: string, source: Awaited<ReturnType<typeof backend.open>>) =>
        'url' in source ? query(source.url, statement) : (await source.pglite.query(statement)).rows
      const [one, two] = [await backend.open(), await backend.open()]
      await rows('delete from notes', one)
      expect(await rows('select * from notes', one)).toEqual([])
      expect(await rows('select * from notes', two)).toEqual([{ number: 1 }])
      expect('url' in one).toBe(backend.name === 'postgres')
    })
  },
  counted('each_backend').template,
)
