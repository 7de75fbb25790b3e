import assert from 'node:assert/strict'
import { type Failure, isCrmError, type Outcome, type Row } from '@raccordo/core/plugin'
import { differingFields } from '../../oracle.ts'
import type { ObjectCheck } from '../check.ts'
import { offered } from '../provider.ts'
import type { Sample } from '../samples.ts'
import { idsOf, type Subject } from '../subject.ts'

const withUnknownField = (row: Row): Row => ({ ...row, fields: { ...row.fields, raccordo_no_such_field: 'x' } })

/** Kinds that say "these rows are wrong"; any other throw means that the batch could not be tried. */
const ROW_FAULTS: ReadonlySet<Failure['kind']> = new Set(['invalid', 'schema', 'conflict', 'forbidden', 'not_found'])

/** As the engine does: a batch that is refused as a whole is halved until the bad row stands alone. */
const createHalving = async (subject: Subject, rows: readonly Row[]): Promise<readonly Outcome[]> => {
  try {
    const outcomes = await offered(subject.object, 'create')(subject.ctx, rows)
    assert.equal(outcomes.length, rows.length, 'there must be one outcome for each row')
    return outcomes
  } catch (error) {
    if (!isCrmError(error)) throw error
    assert(ROW_FAULTS.has(error.kind), `a batch with a bad row ended as ${error.kind}: ${error.message}`)
    if (rows.length === 1) return [{ ok: false, kind: error.kind, message: error.message }]
    const half = Math.ceil(rows.length / 2)
    return [...(await createHalving(subject, rows.slice(0, half))), ...(await createHalving(subject, rows.slice(half)))]
  }
}

const rowsOf = (subject: Subject, samples: readonly Sample[]): Promise<readonly Row[]> =>
  Promise.all(samples.map((sample) => subject.row(sample)))

/** Every mapped field that the CRM has a place for holds what was sent. */
const assertArrived = async (subject: Subject, id: string, sample: Sample): Promise<void> => {
  const { data } = await subject.truthOf(id)
  const differing = differingFields(data, sample.data, Object.keys(sample.data))
  const told = differing.map((field) => `${field}: sent ${sample.data[field]}, held ${data[field]}`)
  assert.deepEqual(told, [], `${id} does not hold what was sent`)
}

export const createChecks: readonly ObjectCheck[] = [
  {
    rule: 'create answers row by row, in the order of the rows, and the values arrive',
    needs: ['create'],
    run: async (subject) => {
      const samples = Array.from({ length: 4 }, () => subject.sample())
      const outcomes = await offered(subject.object, 'create')(subject.ctx, await rowsOf(subject, samples))
      const ids = idsOf(outcomes)
      assert.equal(ids.length, samples.length)
      for (const [index, sample] of samples.entries()) await assertArrived(subject, ids[index] ?? '', sample)
    },
  },
  {
    rule: 'create fails exactly the bad row of a batch, in the words of the CRM',
    needs: ['create'],
    run: async (subject) => {
      const samples = Array.from({ length: 4 }, () => subject.sample())
      const bad = 1
      const spoil = subject.options.badRows?.[subject.object.name] ?? withUnknownField
      const rows = (await rowsOf(subject, samples)).map((row, index) => (index === bad ? spoil(row) : row))
      const outcomes = await createHalving(subject, rows)
      const held = await subject.truth()
      for (const [index, sample] of samples.entries()) {
        const outcome = outcomes[index]
        const copies = held.filter((record) => JSON.stringify(record.data).toLowerCase().includes(sample.token))
        if (index === bad) {
          assert(outcome?.ok === false, 'the bad row was accepted')
          assert.match(outcome.message, /\w{3}/, 'the bad row failed without a word of why')
          assert.equal(copies.length, 0, 'the bad row was written all the same')
        } else {
          assert(outcome?.ok, `a good row failed: ${outcome?.ok === false ? outcome.message : 'no outcome'}`)
          assert.deepEqual(
            copies.map((record) => record.id),
            [outcome.remoteId],
          )
        }
      }
    },
  },
  {
    rule: 'create of a record that is there already either makes a second or names the first',
    needs: ['create'],
    applies: ({ type }) => type === 'contact' || type === 'company',
    run: async (subject) => {
      const sample = subject.sample()
      const first = await subject.add(sample)
      const [outcome] = await createHalving(subject, [await subject.row(sample, 'marker-of-another')])
      if (outcome?.ok) return assert.notEqual(outcome.remoteId, first, 'create changed a record that it did not make')
      assert.equal(outcome?.kind, 'conflict', outcome?.message)
      const [direct] = await offered(subject.object, 'create')(subject.ctx, [
        await subject.row(sample, 'marker'),
      ]).catch((error: unknown) => (isCrmError(error) ? [{ ok: false as const, existingIds: error.existingIds }] : []))
      assert(direct?.ok === false)
      assert.deepEqual(direct.existingIds, [first])
    },
  },
]
