import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eachBackend } from '@raccordo/testkit/database'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { createFeedHead, readFeed, reserveFeed } from '../../src/store/feed.ts'
import { lockFolder } from '../../src/store/folder_lock.ts'
import { acquireLease, holdLease, releaseLease, renewLease } from '../../src/store/leases.ts'
import { migrate, pendingMigrations } from '../../src/store/migrations.ts'
import { type RecordWrite, writeRecords } from '../../src/store/records.ts'
import { hostTemplate } from '../crm/rig.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const recordOf = (externalId: string, seq: number): RecordWrite => ({
  externalId,
  data: {},
  raw: {},
  links: [],
  hash: 'h',
  remoteStamp: null,
  readEnd: 1,
  basedOn: 0,
  deletedAt: null,
  deletedReason: null,
  mergedInto: null,
  mergedObject: null,
  origin: 'crm',
  path: 'backfill',
  seq,
  fieldSeqs: {},
  mappingVersion: null,
})

eachBackend(
  'the store',
  (backend) => {
    const open = async (): Promise<Database> => {
      const database = await openDatabase(await backend.open())
      onTestFinished(() => database.close())
      return database
    }

    test('gives a lease to one holder, and to the next one when it has ended or was given back', async () => {
      const database = await open()
      const first = await acquireLease(database, 'scan:1', 'a', 150)
      expect(await acquireLease(database, 'scan:1', 'b')).toBeUndefined()
      await pause(200)
      const second = await acquireLease(database, 'scan:1', 'b')
      expect(second?.fence).toBe((first?.fence ?? 0) + 1)
      if (second === undefined) throw new Error('no second holder')
      await releaseLease(database, second)
      expect(await acquireLease(database, 'scan:1', 'c')).toMatchObject({ fence: second.fence + 1 })
    })

    test('lets nobody commit, renew or give back under a lease that another took over', async () => {
      const database = await open()
      const suspended = await acquireLease(database, 'scan:2', 'a', 100)
      if (suspended === undefined) throw new Error('no holder')
      await pause(150)
      const successor = await acquireLease(database, 'scan:2', 'b')
      await expect(
        database.transaction(async (tx) => {
          await holdLease(tx, suspended)
          await sql`insert into crm_lookups (connection_id, name, rows) values ('x', 'late', '[]')`.execute(tx)
        }),
      ).rejects.toMatchObject({ kind: 'locked' })
      expect((await sql`select 1 from crm_lookups where name = 'late'`.execute(database.db)).rows).toEqual([])
      expect(await renewLease(database, suspended)).toBe(false)
      await releaseLease(database, suspended)
      expect(await acquireLease(database, 'scan:2', 'c')).toBeUndefined()
      expect(successor).toBeDefined()
    })

    test('throws where the outer database or a second transaction is used inside one', async () => {
      const database = await open()
      const inside = (work: () => Promise<unknown>) => database.transaction(() => work())
      const complaint = { kind: 'bug', message: expect.stringContaining('inside an open transaction') }
      await expect(inside(() => sql`select 1`.execute(database.db))).rejects.toMatchObject(complaint)
      await expect(inside(() => database.transaction(async () => 1))).rejects.toMatchObject(complaint)
      await expect(inside(async () => database.assertOutsideTransaction('A bell'))).rejects.toMatchObject(complaint)
      expect((await sql`select 1 as one`.execute(database.db)).rows).toEqual([{ one: 1 }])
    })

    test('is migrated once, however many hosts start at once', async () => {
      const database = await open()
      const source = database.url === undefined ? { pglite: database.pglite } : { url: database.url }
      await sql`drop schema public cascade`.execute(database.db)
      await sql`create schema public`.execute(database.db)
      const hosts = await Promise.all([1, 2, 3].map(() => openDatabase(source as { url: string })))
      for (const host of hosts) onTestFinished(() => host.close())
      const ran = await Promise.all(hosts.map((host) => migrate(host.db)))
      expect(ran.flat()).toEqual(['0001_spine'])
      expect(await pendingMigrations(database.db)).toEqual([])
    })

    test('keeps the order of the feed the order of its commits: a reader loses nothing to a slow writer', async () => {
      const database = await open()
      await createFeedHead(database.db, 'conn')
      let letGo: () => void = () => undefined
      const gate = new Promise<void>((resolve) => {
        letGo = resolve
      })
      let hasReserved: () => void = () => undefined
      const reserved = new Promise<void>((resolve) => {
        hasReserved = resolve
      })
      const write = (id: string, hold?: Promise<void>) =>
        database.transaction(async (tx) => {
          const { seq } = await reserveFeed(tx, 'conn', 1)
          await writeRecords(tx, 'conn', 'contact', 'contact', [recordOf(id, seq + 1)])
          hasReserved()
          await hold
        })
      const slow = write('slow', gate)
      await reserved
      const fast = write('fast')
      await pause(150)
      const seen: string[] = []
      let after = 0
      const read = async () => {
        for (const row of await readFeed(database, 'conn', 'contact', after, 100)) {
          seen.push(row.external_id)
          after = row.seq
        }
      }
      // One connection takes its turns; on a server the reader looks between the two commits.
      if (backend.name === 'postgres') await read()
      letGo()
      await Promise.all([slow, fast])
      await read()
      expect(seen).toEqual(['slow', 'fast'])
    })
  },
  hostTemplate,
)

const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'raccordo-lock-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

const LOCK = fileURLToPath(new URL('../../src/store/folder_lock.ts', import.meta.url))

/** Another process that takes a folder and stays. */
const holder = async (path: string): Promise<ChildProcess> => {
  const script = `import { lockFolder } from ${JSON.stringify(LOCK)}
    lockFolder(${JSON.stringify(path)}); console.log('held'); setInterval(() => undefined, 1_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout ?? child, 'data')
  return child
}

test('the folder of an embedded database is refused while another process has it, and free when that one is killed', async () => {
  const path = await folder()
  const child = await holder(path)
  expect(() => lockFolder(path)).toThrow(`in use by process ${child.pid}`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const release = lockFolder(path)
  expect(() => lockFolder(path)).toThrow(`in use by process ${process.pid}`)
  release()
  lockFolder(path)()
})

test('a folder that a killed process left is taken over by one of many that start at once', async () => {
  const root = await folder()
  const folders = Array.from({ length: 200 }, (_, index) => join(root, String(index)))
  for (const path of folders) {
    await mkdir(path)
    await writeFile(join(path, 'raccordo.pid'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' }))
  }
  const startAt = Date.now() + 1_500
  const script = `import { lockFolder } from ${JSON.stringify(LOCK)}
    const taken = []
    for (const [index, path] of ${JSON.stringify(folders)}.entries()) {
      while (Date.now() < ${startAt} + index * 4);
      try { lockFolder(path); taken.push(index) } catch {}
    }
    console.log(JSON.stringify(taken))
    process.stdin.resume()`
  const racers = [1, 2, 3, 4].map(() => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  })
  // Each stays until all have told what they took, so that nobody finds the lock of one that has gone.
  const told = await Promise.all(racers.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])))
  const taken = told.flatMap((text) => JSON.parse(text) as number[]).sort((a, b) => a - b)
  expect(taken).toEqual(folders.map((_, index) => index))
})
