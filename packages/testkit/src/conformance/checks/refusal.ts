import assert from 'node:assert/strict'
import { isCrmError, type Outcome } from '@raccordo/core/plugin'
import type { SimulatorReply } from '../../simulator/types.ts'
import type { ObjectCheck } from '../check.ts'
import { type Operation, offered } from '../provider.ts'
import type { Subject } from '../subject.ts'

const OUTAGES: readonly SimulatorReply[] = [
  { status: 429, body: 'Slow down' },
  { status: 503, headers: { 'content-type': 'text/html' }, body: '<html><body>Maintenance</body></html>' },
]

type Run = (subject: Subject, id: string) => Promise<unknown>

const READS: Readonly<Partial<Record<Operation, Run>>> = {
  pull: ({ object, ctx, mapping }) => offered(object, 'pull')(ctx, { fields: mapping.remoteFields, limit: 5 }),
  stamps: ({ object, ctx }) => offered(object, 'stamps')(ctx, { limit: 5 }),
  deleted: ({ object, ctx }) => {
    const { scope, page } = offered(object, 'deleted')
    const window = { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' }
    return page(ctx, { limit: 5, ...(scope === 'window' ? { window } : {}) })
  },
  read: ({ object, ctx, mapping }, id) => offered(object, 'read')(ctx, [id], mapping.remoteFields),
  links: ({ object, ctx }, id) => offered(object, 'links')(ctx, [id], ['contact', 'company']),
  locate: async ({ object, ctx, ...subject }) => offered(object, 'locate')(ctx, await subject.row(subject.sample())),
  describe: ({ object, ctx }) => offered(object, 'describe')(ctx),
}

const readCheck = (name: Operation, run: Run): ObjectCheck => ({
  rule: `${name} throws when the CRM refuses, and never takes a refusal for an empty answer`,
  needs: [name],
  run: async (subject) => {
    const id = await subject.add()
    const { simulator } = subject
    const calls = simulator.calls()
    await run(subject, id)
    // What is known without asking the CRM (a fixed schema) cannot be refused.
    if (simulator.calls() === calls) return
    for (const reply of OUTAGES) {
      simulator.faults.clear()
      simulator.faults.add({ effect: { kind: 'reply', when: 'before', reply } })
      await assert.rejects(run(subject, id), isCrmError, `${reply.status} was passed over`)
    }
  },
})

const refusedOrThrown = async (write: () => Promise<readonly Outcome[]>): Promise<void> => {
  try {
    const outcomes = await write()
    assert(outcomes.length > 0 && outcomes.every((outcome) => !outcome.ok), 'a row was reported as written')
  } catch (error) {
    if (!isCrmError(error)) throw error
  }
}

export const refusalChecks: readonly ObjectCheck[] = [
  ...Object.entries(READS).map(([name, run]) => readCheck(name as Operation, run)),
  {
    rule: 'create and update report no row as written when the CRM refuses',
    needs: ['create', 'update'],
    run: async (subject) => {
      const id = await subject.add()
      const rows = [await subject.row(subject.sample()), await subject.row(subject.sample())]
      const { object, ctx, simulator } = subject
      for (const reply of OUTAGES) {
        simulator.faults.clear()
        simulator.faults.add({ effect: { kind: 'reply', when: 'before', reply } })
        await refusedOrThrown(() => offered(object, 'create')(ctx, rows))
        await refusedOrThrown(() =>
          offered(object, 'update')(ctx, [{ marker: 'marker', remoteId: id, fields: rows[0]?.fields ?? {} }]),
        )
      }
    },
  },
]
