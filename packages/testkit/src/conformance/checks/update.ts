import assert from 'node:assert/strict'
import { type Fields, isCrmError, type Outcome, type Row } from '@raccordo/core/plugin'
import { differingFields } from '../../oracle.ts'
import type { ObjectCheck } from '../check.ts'
import { offered } from '../provider.ts'
import { CHANGES, LINKED } from '../samples.ts'
import { idsOf, type Subject } from '../subject.ts'

const updateOne = async (subject: Subject, remoteId: string, row: Omit<Row, 'marker'>): Promise<Outcome | undefined> =>
  (await offered(subject.object, 'update')(subject.ctx, [{ marker: `marker-${remoteId}`, ...row, remoteId }]))[0]

const isMapped = (subject: Subject, field: string): boolean => subject.mapping.canonicalFields.includes(field)

/** The first change of the type whose fields the mapping has. */
const changeFor = (subject: Subject): Fields => {
  const change = CHANGES[subject.object.type].change.find((fields) =>
    Object.keys(fields).every((field) => isMapped(subject, field)),
  )
  assert(change !== undefined, 'the mapping has no field that the kit knows how to change')
  return change
}

export const updateChecks: readonly ObjectCheck[] = [
  {
    rule: 'update changes what is given and leaves the rest as it is',
    needs: ['update'],
    run: async (subject) => {
      const id = await subject.add()
      const { data: before } = await subject.truthOf(id)
      const change = changeFor(subject)
      const { fields } = subject.remote(change, [], before)
      const outcome = await updateOne(subject, id, { fields })
      assert(outcome?.ok, outcome?.ok === false ? outcome.message : 'no outcome')
      assert.deepEqual([outcome.remoteId, outcome.created], [id, false])
      const { data: after } = await subject.truthOf(id)
      assert.deepEqual(differingFields(change, after, Object.keys(change)), [], 'the change did not arrive')
      const others = Object.keys(before).filter((field) => !Object.hasOwn(change, field))
      assert.deepEqual(differingFields(before, after, others), [], 'other fields were touched')
    },
  },
  {
    rule: 'update with null clears',
    needs: ['update'],
    run: async (subject) => {
      const id = await subject.add()
      const { data: before } = await subject.truthOf(id)
      const field = CHANGES[subject.object.type].clear.find(
        (name) => isMapped(subject, name) && (before[name] ?? null) !== null,
      )
      assert(field !== undefined, 'the mapping has no field that the kit knows how to clear')
      const outcome = await updateOne(subject, id, { fields: subject.remote({ [field]: null }, [], before).fields })
      assert(outcome?.ok, outcome?.ok === false ? outcome.message : 'no outcome')
      const { data: after } = await subject.truthOf(id)
      assert.equal(after[field] ?? null, null, `${field} still holds ${after[field]}`)
    },
  },
  {
    rule: 'update answers row by row, in the order of the rows',
    needs: ['update'],
    run: async (subject) => {
      const ids = [await subject.add(), await subject.add(), await subject.add()]
      const { fields } = subject.remote(changeFor(subject), [], (await subject.truthOf(ids[0] ?? '')).data)
      const rows = ids.toReversed().map((remoteId) => ({ marker: `marker-${remoteId}`, remoteId, fields }))
      const outcomes = await offered(subject.object, 'update')(subject.ctx, rows)
      assert.deepEqual(idsOf(outcomes), ids.toReversed())
    },
  },
  {
    rule: 'update of a record that is gone is `not_found` and makes no other',
    needs: ['update'],
    run: async (subject) => {
      const id = await subject.add()
      const { data } = await subject.truthOf(id)
      await subject.simulator.remove(subject.object.type, id)
      const { length } = await subject.truth()
      const row = { fields: subject.remote(changeFor(subject), [], data).fields }
      const outcome = await updateOne(subject, id, row).catch((error: unknown) => {
        if (!isCrmError(error)) throw error
        return { ok: false as const, kind: error.kind, message: error.message }
      })
      assert(outcome?.ok === false, 'a record that is gone was updated')
      assert.equal(outcome.kind, 'not_found', outcome.message)
      assert.equal((await subject.truth()).length, length)
    },
  },
  {
    rule: 'update brings links',
    needs: ['update'],
    applies: ({ type }) => LINKED[type].length > 0,
    run: async (subject) => {
      const [type] = LINKED[subject.object.type]
      assert(type !== undefined)
      const other = (await subject.simulator.truth(type)).at(-1)
      assert(other !== undefined, `the simulator was seeded without a ${type}`)
      const id = await subject.add()
      const { data } = await subject.truthOf(id)
      const row = subject.remote({}, [{ type, remoteId: other.id }], data)
      const outcome = await updateOne(subject, id, row)
      assert(outcome?.ok, outcome?.ok === false ? outcome.message : 'no outcome')
      const { links } = await subject.truthOf(id)
      assert(
        links.some((link) => link.type === type && link.remoteId === other.id),
        `${id} is not linked with ${type} ${other.id}`,
      )
    },
  },
]
