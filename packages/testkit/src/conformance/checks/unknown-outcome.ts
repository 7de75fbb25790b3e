import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { isCrmError, type Outcome, type Row } from '@raccordo/core/plugin'
import type { FaultEffect } from '../../simulator/types.ts'
import type { ObjectCheck } from '../check.ts'
import { offered } from '../provider.ts'
import type { Subject } from '../subject.ts'

const LATE_MS = 300
const SLACK_MS = 300

/** True where nobody can say whether the row was written: what the engine settles by waiting and looking. */
const isUnknown = (outcome: Outcome | undefined): boolean =>
  outcome === undefined ||
  (!outcome.ok && (outcome.unknownOutcome === true || outcome.kind === 'unavailable' || outcome.kind === 'timeout'))

const createOne = async (subject: Subject, row: Row): Promise<Outcome | undefined> => {
  try {
    return (await offered(subject.object, 'create')(subject.ctx, [row]))[0]
  } catch (error) {
    if (!isCrmError(error)) throw error
    const { kind, message, unknownOutcome } = error
    return { ok: false, kind, message, unknownOutcome }
  }
}

/** What the engine does after an unknown outcome: wait, look, and write again only where nothing is found. */
const settle = async (subject: Subject, row: Row, waitMs: number): Promise<readonly string[]> => {
  await wait(Math.min(subject.provider.api.settleMs, waitMs))
  const { locate } = subject.object
  const found = locate === undefined ? [] : await locate(subject.ctx, row)
  if (found.length > 0) return found
  const outcome = await createOne(subject, row)
  assert(outcome?.ok, `writing again failed: ${outcome?.ok === false ? outcome.message : 'no outcome'}`)
  return [outcome.remoteId]
}

const endsInOne = (title: string, effect: FaultEffect, needs: ObjectCheck['needs']): ObjectCheck => ({
  rule: `create ${title} ends in exactly one record`,
  needs,
  run: async (subject) => {
    const sample = subject.sample()
    const row = await subject.row(sample)
    // The request that writes is the first that bears the sample's own word.
    subject.simulator.faults.add({ body: new RegExp(sample.token, 'i'), times: 1, effect })
    const outcome = await createOne(subject, row)
    assert(isUnknown(outcome), `an answer that never came was taken for ${JSON.stringify(outcome)}`)
    const adopted = await settle(subject, row, effect.kind === 'late-commit' ? effect.ms + SLACK_MS : 0)
    const copies = (await subject.truth()).filter((record) => holdsToken(record.data, sample.token))
    assert.deepEqual(
      copies.map((record) => record.id),
      [...adopted],
    )
  },
})

const holdsToken = (data: object, token: string): boolean => JSON.stringify(data).toLowerCase().includes(token)

export const unknownOutcomeChecks: readonly ObjectCheck[] = [
  endsInOne('whose request was lost', { kind: 'cut', when: 'before' }, ['create']),
  endsInOne('whose answer was lost after the commit', { kind: 'cut', when: 'after' }, ['create']),
  endsInOne(
    'whose answer was a gateway error after the commit',
    { kind: 'reply', when: 'after', reply: { status: 502, body: '<html><body>Bad Gateway</body></html>' } },
    ['create'],
  ),
  endsInOne('whose answer broke off', { kind: 'truncate' }, ['create']),
  endsInOne('that was committed after the client had gone', { kind: 'late-commit', ms: LATE_MS }, ['create']),
  {
    rule: 'locate finds nothing for a row that was never written',
    needs: ['locate'],
    run: async (subject) => {
      const row = await subject.row(subject.sample())
      assert.deepEqual(await offered(subject.object, 'locate')(subject.ctx, row), [])
    },
  },
  {
    rule: 'locate finds what create has written, and only that',
    needs: ['create', 'locate'],
    run: async (subject) => {
      await subject.add()
      const rows = [await subject.row(subject.sample()), await subject.row(subject.sample())]
      const outcomes = await offered(subject.object, 'create')(subject.ctx, rows)
      for (const [index, row] of rows.entries()) {
        const outcome = outcomes[index]
        assert(outcome?.ok)
        assert.deepEqual(await offered(subject.object, 'locate')(subject.ctx, row), [outcome.remoteId])
      }
    },
  },
]
