import assert from 'node:assert/strict'
import type { RemoteRecord } from '@raccordo/core/plugin'
import { differingFields } from '../../oracle.ts'
import type { ObjectCheck } from '../check.ts'
import { offered } from '../provider.ts'
import { CHANGES, LINKED } from '../samples.ts'
import type { Subject } from '../subject.ts'

/** Long enough to hide everything that a check does. */
const LONG_LAG_MS = 600_000

const stampRows = async (subject: Subject): Promise<ReadonlyMap<string, string | undefined>> => {
  const stamps = offered(subject.object, 'stamps')
  const rows = new Map<string, string | undefined>()
  let cursor: string | undefined
  do {
    const page = await stamps(subject.ctx, { limit: 4, ...(cursor === undefined ? {} : { cursor }) })
    for (const row of page.rows) rows.set(row.id, row.updatedAt)
    cursor = page.next
  } while (cursor !== undefined)
  return rows
}

const deletedRecords = async (subject: Subject, sinceMs: number): Promise<readonly RemoteRecord[]> => {
  const { scope, page } = offered(subject.object, 'deleted')
  const now = subject.ctx.now().getTime()
  const window = { from: new Date(sinceMs).toISOString(), to: new Date(now + 60_000).toISOString() }
  const found: RemoteRecord[] = []
  let cursor: string | undefined
  do {
    const request = {
      limit: 100,
      ...(scope === 'window' ? { window } : {}),
      ...(cursor === undefined ? {} : { cursor }),
    }
    const answer = await page(subject.ctx, request)
    found.push(...answer.records)
    cursor = answer.next
  } while (cursor !== undefined)
  return found
}

/** An id of the same form that nothing has. */
const unknownId = (ids: readonly string[]): string => {
  const [id = '1'] = ids
  return /^\d+$/.test(id) ? String(Math.max(...ids.map(Number)) + 1_000_003) : `${id.slice(0, -4)}zzzz`
}

export const readChecks: readonly ObjectCheck[] = [
  {
    rule: 'stamps and pull name the same ids with the same stamps',
    needs: ['pull', 'stamps'],
    run: async (subject) => {
      await subject.add()
      const pulled = (await subject.pages({ limit: 100 })).flat().filter((record) => record.deletedAt === undefined)
      const stamps = await stampRows(subject)
      const live = [...stamps].filter(([id]) => pulled.some((record) => record.id === id))
      assert.deepEqual(new Map(live), new Map(pulled.map((record) => [record.id, record.updatedAt])))
    },
  },
  {
    rule: 'stamps without a window do not read a lagging index',
    needs: ['stamps'],
    run: async (subject) => {
      subject.simulator.indexLagMs = LONG_LAG_MS
      const id = await subject.add()
      assert((await stampRows(subject)).has(id), `${id} is missing while the index lags`)
    },
  },
  {
    rule: 'deleted names what was deleted and archived, with the time',
    needs: ['deleted'],
    run: async (subject) => {
      const sinceMs = subject.ctx.now().getTime() - 60_000
      const ids = [await subject.add(), await subject.add()]
      const kept = await subject.add()
      const { simulator, object } = subject
      await simulator.remove(object.type, ids[0] ?? '', 'delete')
      await simulator.remove(object.type, ids[1] ?? '', 'archive')
      const found = new Map((await deletedRecords(subject, sinceMs)).map((record) => [record.id, record.deletedAt]))
      for (const id of ids) assert(!Number.isNaN(Date.parse(found.get(id) ?? '')), `${id} is not named with its time`)
      assert(!found.has(kept), `${kept} is named although it lives`)
    },
  },
  {
    rule: 'read gives the values that the CRM holds and leaves out unknown ids',
    needs: ['read'],
    run: async (subject) => {
      const [one, two, gone] = [await subject.add(), await subject.add(), await subject.add()]
      await subject.simulator.remove(subject.object.type, gone)
      const unknown = unknownId([one, two, gone])
      const read = offered(subject.object, 'read')
      const records = await read(subject.ctx, [one, unknown, gone, two], subject.mapping.remoteFields)
      const live = records.filter((record) => record.deletedAt === undefined)
      assert.deepEqual(live.map((record) => record.id).sort(), [one, two].sort())
      for (const record of live) {
        const { data } = await subject.truthOf(record.id)
        const fields = subject.mapping.canonicalFields.filter((field) => !field.endsWith('_id'))
        assert.deepEqual(differingFields(data, subject.canonical(record), fields), [])
      }
      assert.deepEqual(await read(subject.ctx, [unknown], subject.mapping.remoteFields), [])
    },
  },
  {
    rule: 'read sees a change at once, whatever the index shows',
    needs: ['read'],
    run: async (subject) => {
      subject.simulator.indexLagMs = LONG_LAG_MS
      const id = await subject.add()
      const change = CHANGES[subject.object.type].change.find((fields) =>
        Object.keys(fields).every((field) => subject.mapping.canonicalFields.includes(field)),
      )
      assert(change !== undefined, 'the mapping has no field that the kit knows how to change')
      await subject.simulator.edit(subject.object.type, id, change)
      const [record] = await offered(subject.object, 'read')(subject.ctx, [id], subject.mapping.remoteFields)
      assert(record !== undefined, `${id} is not read while the index lags`)
      assert.deepEqual(differingFields(change, subject.canonical(record), Object.keys(change)), [])
    },
  },
  {
    rule: 'find gives all records of a value, at once and whatever the index shows',
    needs: ['find'],
    applies: ({ type }) => type === 'contact' || type === 'company',
    run: async (subject) => {
      subject.simulator.indexLagMs = LONG_LAG_MS
      const [key] = subject.mapping.keys
      assert(key !== undefined, 'the mapping names no key that records could be found by')
      const sample = subject.sample()
      const first = await subject.add(sample)
      // A CRM in which the value is unique refuses the second.
      const second = await subject.add(sample).catch(() => undefined)
      const value = String(subject.remote(sample.data).fields[key.remote])
      const none = `none-${value}`
      const found = await offered(subject.object, 'find')(subject.ctx, key.remote, [value, none])
      assert.deepEqual([...(found.get(value) ?? [])].sort(), [first, ...(second === undefined ? [] : [second])].sort())
      assert.deepEqual(found.get(none) ?? [], [])
    },
  },
  {
    rule: 'links name what a record is linked with',
    needs: ['links'],
    applies: ({ type }) => LINKED[type].length > 0,
    run: async (subject) => {
      const types = LINKED[subject.object.type]
      const [type] = types
      assert(type !== undefined, `nothing is known that a ${subject.object.type} could be linked with`)
      const [other] = await subject.simulator.truth(type)
      assert(other !== undefined, `the simulator was seeded without a ${type}`)
      const id = await subject.add(subject.sample(), [{ type, remoteId: other.id }])
      const links = await offered(subject.object, 'links')(subject.ctx, [id], types)
      const named = (links.get(id) ?? []).map((link) => `${link.type} ${link.remoteId}`)
      assert(
        named.includes(`${type} ${other.id}`),
        `${id} is linked with ${type} ${other.id}; named: ${named.join(', ')}`,
      )
    },
  },
]
