import assert from 'node:assert/strict'
import type { ObjectCheck } from '../check.ts'
import { type Operation, offered } from '../provider.ts'
import type { Subject } from '../subject.ts'

/** Runs the operation under a signal that was aborted before. */
const aborted = async (subject: Subject, operation: (subject: Subject) => Promise<unknown>): Promise<void> => {
  const ctx = subject.ctx.with({ signal: AbortSignal.abort(new Error('aborted by the check')) })
  const calls = subject.simulator.calls()
  await assert.rejects(async () => operation({ ...subject, ctx }), 'an aborted operation ended as if it were done')
  assert.equal(subject.simulator.calls(), calls, 'calls went out after the abort')
}

const abortCheck = (name: Operation, operation: (subject: Subject) => Promise<unknown>): ObjectCheck => ({
  rule: `${name} makes no call after its signal was aborted`,
  needs: [name],
  run: (subject) => aborted(subject, operation),
})

export const abortChecks: readonly ObjectCheck[] = [
  abortCheck('pull', ({ object, ctx, mapping }) =>
    offered(object, 'pull')(ctx, { fields: mapping.remoteFields, limit: 5 }),
  ),
  abortCheck('read', ({ object, ctx, mapping }) => offered(object, 'read')(ctx, ['1'], mapping.remoteFields)),
  {
    rule: 'create makes no call after its signal was aborted',
    needs: ['create'],
    run: async (subject) => {
      const row = await subject.row(subject.sample())
      await assert.doesNotReject(
        aborted(subject, async ({ object, ctx }) => {
          const outcomes = await offered(object, 'create')(ctx, [row])
          // A row that says itself that it failed is as good as a throw.
          if (outcomes.every((outcome) => !outcome.ok)) throw new Error('refused')
        }),
      )
    },
  },
]
