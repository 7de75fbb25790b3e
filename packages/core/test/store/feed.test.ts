import { setTimeout as delay } from 'node:timers/promises'
import { eachBackend } from '@raccordo/testkit/database'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase, type Tx } from '../../src/store/database.ts'
import { createFeedHead, readFeed, reserveFeed } from '../../src/store/feed.ts'
import { nextRead, writeRecords } from '../../src/store/records.ts'
import { hostTemplate } from '../crm/rig.ts'

const CONNECTION = 'conn_feed'

/** Writes one record as a page's commit does, and keeps the transaction open for a while behind it. */
const writeSlowly = async (tx: Tx, externalId: string, beforeMs: number, behindMs: number): Promise<void> => {
  const readEnd = await nextRead(tx)
  await delay(beforeMs)
  const { seq } = await reserveFeed(tx, CONNECTION, 1)
  const write = {
    externalId,
    data: {},
    raw: null,
    links: [],
    hash: externalId,
    remoteStamp: null,
    readEnd,
    basedOn: 0,
    deletedAt: null,
    deletedReason: null,
    mergedInto: null,
    mergedObject: null,
    origin: 'crm',
    path: 'test',
    seq: seq + 1,
    fieldSeqs: {},
    mappingVersion: null,
  } as const
  await writeRecords(tx, CONNECTION, 'people', 'contact', [write])
  await delay(behindMs)
}

/** A host that reads on from where it was, while others write. */
const follow = async (database: Database, from: number, isOver: () => boolean): Promise<readonly string[]> => {
  const read: string[] = []
  let after = from
  for (;;) {
    // Looked at before the page: what was committed until then is in it.
    const wasOver = isOver()
    const page = await readFeed(database, CONNECTION, 'contact', after, 3)
    const rows = page.slice(0, 3)
    read.push(...rows.map(({ external_id }) => external_id))
    after = rows.at(-1)?.seq ?? after
    if (wasOver && page.length <= 3) return read
    await delay(5)
  }
}

eachBackend(
  'the feed',
  (backend) => {
    let database: Database
    beforeAll(async () => {
      database = await openDatabase(await backend.open())
      await createFeedHead(database.db, CONNECTION)
    })
    afterAll(() => database.close())

    describe('a reader that follows it misses nothing', () => {
      const race = async (writers: readonly { id: string; beforeMs: number; behindMs: number }[]) => {
        const start = (await database.db.selectFrom('crm_feed_heads').select('seq').executeTakeFirstOrThrow()).seq
        let isOver = false
        const reading = follow(database, start, () => isOver)
        await Promise.all(
          writers.map(({ id, beforeMs, behindMs }) =>
            database.transaction((tx) => writeSlowly(tx, id, beforeMs, behindMs)),
          ),
        )
        isOver = true
        return reading
      }

      test('under two writers, the slower of which began first and commits last', async () => {
        const read = await race([
          { id: 'slow', beforeMs: 0, behindMs: 300 },
          { id: 'fast', beforeMs: 40, behindMs: 0 },
        ])
        expect([...read].sort()).toEqual(['fast', 'slow'])
      })

      test('under many writers that take their positions and commit at random moments', async () => {
        const ids = Array.from({ length: 24 }, (_, index) => `w${index}`)
        const read = await race(ids.map((id) => ({ id, beforeMs: Math.random() * 60, behindMs: Math.random() * 20 })))
        expect([...read].sort()).toEqual([...ids].sort())
      })
    })

    test('shows nothing of a writer that rolled back, and gives no position twice', async () => {
      const failing = database.transaction(async (tx) => {
        await writeSlowly(tx, 'rolled back', 0, 0)
        throw new Error('changed its mind')
      })
      await expect(failing).rejects.toThrow('changed its mind')
      await database.transaction((tx) => writeSlowly(tx, 'next', 0, 0))
      const rows = await readFeed(database, CONNECTION, 'contact', 0, 100)
      expect(rows.map(({ external_id }) => external_id)).not.toContain('rolled back')
      expect(new Set(rows.map(({ seq }) => seq)).size).toBe(rows.length)
    })
  },
  hostTemplate,
)
