import { eachBackend } from '@raccordo/testkit/database'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fields, PageRequest, RemoteObject, RemoteRecord } from '../../src/contract.ts'
import { fieldParts, readParts } from '../../src/sync/parts.ts'
import { eventually, hostTemplate, startRig } from '../crm/rig.ts'

const WANTED = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const

describe('a field list', () => {
  test('is split so that no part is longer than the CRM allows, each part with the stamp, and no field is lost', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 40 })
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 12 }), fc.boolean(), (fields, most, isStamped) => {
        const stamp = isStamped ? 'stamp' : undefined
        const parts = fieldParts(fields, stamp, most)
        expect(parts.every((part) => part.length <= most)).toBe(true)
        expect(new Set(parts.flat()).isSupersetOf(new Set(fields))).toBe(true)
        if (parts.length > 1 && most > 1 && isStamped) expect(parts.every((part) => part.includes('stamp'))).toBe(true)
      }),
    )
  })

  test('that the CRM takes as a whole is asked for as it is', () => {
    expect(fieldParts(['a', 'b', 'c'], 'stamp', 3)).toEqual([['a', 'b', 'c']])
    expect(fieldParts(['a', 'b', 'c'], 'stamp', undefined)).toEqual([['a', 'b', 'c']])
  })
})

/** Records whose every field holds the number of their version, changed by a schedule between the looks at them. */
const changing = (count: number, stampStepMs: number, isStamped: boolean, changes: readonly number[]) => {
  let nowMs = 1_000_000
  let looks = 0
  const records = Array.from({ length: count }, (_, index) => ({
    id: String(index),
    version: 0,
    stampMs: 0,
    isGone: false,
  }))
  const look = async (ids: readonly string[], part: readonly string[]): Promise<readonly RemoteRecord[]> => {
    const change = changes[looks] ?? 0
    looks += 1
    nowMs += change % 700
    const record = records[change % (count * 2)]
    if (record !== undefined && change > 0) {
      record.version += 1
      record.stampMs = Math.floor(nowMs / stampStepMs) * stampStepMs
      record.isGone = change % 11 === 0
    }
    return records
      .filter(({ id, isGone }) => ids.includes(id) && !isGone)
      .map(({ id, version, stampMs }) => ({
        id,
        fields: Object.fromEntries(part.map((name) => [name, version])),
        ...(isStamped ? { updatedAt: new Date(stampMs).toISOString() } : {}),
      }))
  }
  return { look, nowMs: () => nowMs, records }
}

describe('a record that is read in parts', () => {
  test('is never a mixture of two versions, whenever it is changed, with stamps of any step and without', async () => {
    const scenario = fc.record({
      stampStepMs: fc.constantFrom(1, 1_000),
      isStamped: fc.boolean(),
      changes: fc.array(fc.oneof(fc.constant(0), fc.nat(5_000)), { maxLength: 40 }),
      most: fc.integer({ min: 2, max: 5 }),
    })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ stampStepMs, isStamped, changes, most }) => {
        const crm = changing(4, stampStepMs, isStamped, changes)
        const ids = crm.records.map(({ id }) => id)
        const settledMs = 1_000 + stampStepMs
        const parts = fieldParts(WANTED, 'stamp', most)
        const { records, torn } = await readParts({ ...crm, parts, wanted: WANTED, settledMs }, ids)
        for (const { id, fields } of records) {
          expect(Object.keys(fields).sort()).toEqual([...WANTED])
          expect(new Set(Object.values(fields)).size).toBe(1)
          expect(torn).not.toContain(id)
        }
        const isQuiet = changes.every((change) => change === 0)
        if (isQuiet) expect(records.map(({ id }) => id)).toEqual(ids)
      }),
      { numRuns: 500 },
    )
  })
})

const CUSTOM = ['f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'f8']
const WIDE = {
  version: 1,
  objects: {
    contact: {
      custom: Object.fromEntries(CUSTOM.map((name) => [name, 'text'])),
      fields: Object.fromEntries(CUSTOM.map((name) => [name, name])),
    },
  },
}
const wholeOf = (value: string): Fields => Object.fromEntries(CUSTOM.map((name) => [name, value]))

eachBackend(
  'fields beyond what the CRM gives at once',
  (backend) => {
    interface Spy {
      /** Runs behind each call. */
      after?: (fields: readonly string[], call: number) => void
      calls: number
      longest: number
    }
    /** The same object, giving of each record what it was asked for. */
    const narrow =
      (spy: Spy, hasRead: boolean) =>
      ({ read, stamps, ...object }: RemoteObject<Fields>): RemoteObject<Fields> => {
        if (object.name !== 'contact') return { ...object, ...(read && { read }), ...(stamps && { stamps }) }
        const given = (records: readonly RemoteRecord[], fields: readonly string[]) => {
          spy.calls += 1
          spy.longest = Math.max(spy.longest, fields.length)
          const found = records.map((record) => ({
            ...record,
            fields: Object.fromEntries(fields.map((name) => [name, record.fields[name] ?? null])),
          }))
          spy.after?.(fields, spy.calls)
          return found
        }
        return {
          ...object,
          pull: async (ctx, page: PageRequest) => {
            const all = (await object.pull?.(ctx, page)) ?? { records: [] }
            return { ...all, records: given(all.records, page.fields) }
          },
          ...(hasRead && read !== undefined
            ? {
                read: async (ctx, ids, fields) => given(await read(ctx, ids, fields), fields),
                ...(stamps && { stamps }),
              }
            : {}),
        }
      }
    const start = async (spy: Spy, hasRead = true) => {
      const rig = await startRig(await backend.open(), { fields: 3, page: 10, change: narrow(spy, hasRead) })
      await rig.host.connections.putMapping(rig.connectionId, WIDE)
      return rig
    }
    const versions = async (rig: Awaited<ReturnType<typeof start>>) =>
      (await rig.feed()).map(({ data }) => [...new Set(CUSTOM.map((name) => data[name]))])

    test('are all brought, by requests that are never longer than its limit', async () => {
      const spy: Spy = { calls: 0, longest: 0 }
      const rig = await start(spy)
      for (let n = 0; n < 25; n += 1) rig.crm.add('contact', { email: `p${n}@example.com`, ...wholeOf('v1') })
      await rig.backfill({ objects: ['contact'] })
      expect(await versions(rig)).toEqual(Array.from({ length: 25 }, () => ['v1']))
      expect((await rig.feed()).map(({ data }) => data['email'])).toContain('p24@example.com')
      expect(spy.longest).toBe(3)
    })

    test('are never of two versions, where somebody edits the record between the parts of every read', async () => {
      const spy: Spy = { calls: 0, longest: 0 }
      const rig = await start(spy)
      const { id } = rig.crm.add('contact', { email: 'p@example.com', ...wholeOf('v0') })
      rig.crm.add('contact', { email: 'calm@example.com', ...wholeOf('calm') })
      spy.after = (_, call) => rig.crm.edit('contact', id, wholeOf(`v${call}`))
      await rig.backfill({ objects: ['contact'] })
      expect(await versions(rig)).toEqual([['calm']])
      spy.after = () => undefined
      const last = rig.crm.fields('contact', id)['f1']
      await eventually(async () => expect(await versions(rig)).toContainEqual([last]))
    })

    test('are brought by the same page again, where records cannot be read by id', async () => {
      const spy: Spy = { calls: 0, longest: 0 }
      const rig = await start(spy, false)
      const ids = Array.from(
        { length: 15 },
        (_, n) => rig.crm.add('contact', { email: `p${n}@example.com`, ...wholeOf('v0') }).id,
      )
      spy.after = (_, call) => {
        if (call % 2 === 0) rig.crm.edit('contact', ids[call % 15] ?? '', wholeOf(`v${call}`))
      }
      await rig.backfill({ objects: ['contact'] })
      for (const values of await versions(rig)) expect(values).toHaveLength(1)
      spy.after = () => undefined
      await rig.pull({ objects: ['contact'] })
      const truth = ids.map((id) => [rig.crm.fields('contact', id)['f1']]).sort()
      expect([...(await versions(rig))].sort()).toEqual(truth)
    })

    test('are counted by the limit that the connection sets for itself', async () => {
      const spy: Spy = { calls: 0, longest: 0 }
      const rig = await start(spy)
      await rig.host.connections.update(rig.connectionId, {
        settings: { apiBaseUrl: rig.crm.server.url, limits: { fields: 5 } },
      })
      rig.crm.add('contact', { email: 'p@example.com', ...wholeOf('v1') })
      await rig.backfill({ objects: ['contact'] })
      expect(await versions(rig)).toEqual([['v1']])
      expect(spy.longest).toBe(5)
    })
  },
  hostTemplate,
)
