import assert from 'node:assert/strict'
import type { RemoteRecord } from '@raccordo/core/plugin'
import { compareWithTruth } from '../../oracle.ts'
import type { ObjectCheck } from '../check.ts'
import { offered } from '../provider.ts'
import type { Subject } from '../subject.ts'
import { startWorld } from '../world.ts'

const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/
const HOUR_MS = 3_600_000

/** Enough records for three pages of `limit`, whatever the world was seeded with. */
const fill = async (subject: Subject, count = 7): Promise<readonly string[]> => {
  for (let missing = count - (await subject.truth()).length; missing > 0; missing -= 1) await subject.add()
  return (await subject.truth()).map((record) => record.id)
}

const sorted = (ids: Iterable<string>): readonly string[] => [...ids].sort()

/** Archived records may come along, marked as deleted. */
const liveIds = (records: readonly RemoteRecord[]): readonly string[] =>
  sorted(records.filter((record) => record.deletedAt === undefined).map((record) => record.id))

/** Removes the first of the records that the CRM lets go. */
const removeOne = async ({ simulator, object }: Subject, records: readonly RemoteRecord[]): Promise<void> => {
  for (const { id } of records) {
    const isGone = await simulator.remove(object.type, id).then(
      () => true,
      () => false,
    )
    if (isGone) return
  }
  assert.fail('none of the records of the first page can be removed')
}

/** From the oldest stamp, that instant included, to a minute from now. */
const wholeWindow = async (subject: Subject): Promise<{ readonly from: string; readonly to: string }> => {
  const stamps = (await subject.truth()).map((record) => Date.parse(record.updatedAt))
  return { from: iso(Math.min(...stamps)), to: iso(subject.ctx.now().getTime() + 60_000) }
}

const iso = (ms: number): string => new Date(ms).toISOString()

export const pullChecks: readonly ObjectCheck[] = [
  {
    rule: 'pull gives every record once, in pages of at most `limit`',
    needs: ['pull'],
    run: async (subject) => {
      const ids = await fill(subject)
      const pages = await subject.pages({ limit: 3 })
      for (const page of pages)
        assert(page.length <= 3, `a page of ${page.length} records was answered to a limit of 3`)
      assert.deepEqual(liveIds(pages.flat()), sorted(ids))
    },
  },
  {
    rule: 'pull of an empty list is an empty page without `next`',
    needs: ['pull'],
    run: async ({ provider, options, object }) => {
      const world = await startWorld(provider, options, undefined)
      try {
        const held = await world.simulator.truth(object.type)
        const page = await offered(object, 'pull')(world.ctx, { fields: [], limit: 100 })
        assert.deepEqual(liveIds(page.records), sorted(held.map((record) => record.id)))
        assert.equal(page.next, undefined)
      } finally {
        await world.simulator.stop()
      }
    },
  },
  {
    rule: 'pull gives the values that the CRM holds',
    needs: ['pull'],
    run: async (subject) => {
      await subject.add()
      const records = (await subject.pages({ limit: 100 })).flat()
      const store = records.map((record) => ({
        externalId: record.id,
        data: subject.canonical(record),
        deleted: record.deletedAt !== undefined,
      }))
      const references = (field: string) => !field.endsWith('_id')
      const differences = compareWithTruth(
        await subject.truth(),
        store,
        subject.mapping.canonicalFields.filter(references),
      )
      assert.deepEqual(differences, { lost: [], stale: [], ghosts: [], duplicated: [] })
    },
  },
  {
    rule: 'pull gives the fields that are asked for and no others, ids as text and stamps with a zone',
    needs: ['pull'],
    run: async (subject) => {
      await fill(subject, 1)
      const fields = subject.mapping.remoteFields.slice(0, 2)
      for (const record of (await subject.pages({ limit: 100, fields })).flat()) {
        const others = Object.keys(record.fields).filter((name) => !fields.includes(name))
        assert.deepEqual(others, [], `${record.id} came with fields that nobody asked for`)
        assert.equal(typeof record.id, 'string')
        if (subject.object.order !== undefined) assert.match(record.updatedAt ?? '', ZONED)
      }
    },
  },
  {
    rule: 'pull with a window gives a record that changed exactly at its start',
    needs: ['pull', 'order'],
    run: async (subject) => {
      const id = await subject.add()
      const { updatedAt } = await subject.truthOf(id)
      const window = { from: new Date(updatedAt).toISOString(), to: iso(Date.parse(updatedAt) + HOUR_MS) }
      const ids = (await subject.pages({ window, limit: 100 })).flat().map((record) => record.id)
      assert(ids.includes(id), `${id}, changed at ${updatedAt}, is missing from a window that starts there`)
    },
  },
  {
    rule: 'pull with a window gives every record of it once, many of one stamp over many pages',
    needs: ['pull', 'order'],
    run: async (subject) => {
      const ids = await fill(subject)
      const pages = await subject.pages({ window: await wholeWindow(subject), limit: 2 })
      for (const page of pages)
        assert(page.length <= 2, `a page of ${page.length} records was answered to a limit of 2`)
      assert.deepEqual(liveIds(pages.flat()), sorted(ids))
    },
  },
  {
    rule: 'pull with a window gives nothing that changed after its end',
    needs: ['pull', 'order'],
    run: async (subject) => {
      await fill(subject)
      const { from } = await wholeWindow(subject)
      const before = { from: iso(Date.parse(from) - 2 * HOUR_MS), to: iso(Date.parse(from) - HOUR_MS) }
      const records = (await subject.pages({ window: before })).flat()
      assert.deepEqual(
        records.map((record) => record.id),
        [],
      )
    },
  },
  {
    rule: 'pull from the same cursor twice gives the same records',
    needs: ['pull'],
    run: async (subject) => {
      await fill(subject)
      const pull = offered(subject.object, 'pull')
      const request = { fields: subject.mapping.remoteFields, limit: 2 }
      const first = await pull(subject.ctx, request)
      assert(first.next !== undefined, 'the first of several pages names no next one')
      const [once, again] = [
        await subject.pages({ ...request, cursor: first.next }),
        await subject.pages({ ...request, cursor: first.next }),
      ]
      assert.deepEqual(again, once)
    },
  },
  {
    rule: 'pull with keyset paging skips nothing when records go during the scan',
    needs: ['pull'],
    applies: (object) => object.paging === 'keyset',
    run: async (subject) => {
      await fill(subject)
      for (const window of subject.object.order === undefined ? [undefined] : [undefined, await wholeWindow(subject)]) {
        const { length } = await fill(subject)
        const request = { fields: [], limit: Math.floor(length / 2), ...(window === undefined ? {} : { window }) }
        const first = await offered(subject.object, 'pull')(subject.ctx, request)
        assert(first.next !== undefined, 'the first of several pages names no next one')
        await removeOne(subject, first.records)
        const rest = (await subject.pages({ ...request, cursor: first.next })).flat()
        const seen = new Set([...first.records, ...rest].map((record) => record.id))
        const live = await subject.truth()
        const inScan = window === undefined ? live : live.filter((record) => record.updatedAt < window.to)
        assert.deepEqual(
          inScan.map((record) => record.id).filter((id) => !seen.has(id)),
          [],
        )
      }
    },
  },
  {
    rule: 'pull no longer gives as live what was removed',
    needs: ['pull'],
    run: async (subject) => {
      for (const how of ['delete', 'archive'] as const) {
        const id = await subject.add()
        await subject.simulator.remove(subject.object.type, id, how)
        const live = (await subject.pages({ limit: 100 })).flat().filter((record) => record.deletedAt === undefined)
        assert(!live.some((record) => record.id === id), `${id} is still pulled after ${how}`)
      }
    },
  },
]
