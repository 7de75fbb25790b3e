import type { Breach } from '@raccordo/testkit/histories'
import Table from 'cli-table3'
import type { Line } from './worker.ts'

/** The sums over all histories of a provider. */
export interface Account {
  readonly histories: number
  readonly edits: number
  readonly pushes: number
  readonly calls: number
  readonly broken: number
  readonly breaches: Readonly<Partial<Record<Breach['promise'], number>>>
  /** Calls by what they were for. */
  readonly purposes: Readonly<Record<string, number>>
}

export const emptyAccount = (): Account => ({
  histories: 0,
  edits: 0,
  pushes: 0,
  calls: 0,
  broken: 0,
  breaches: {},
  purposes: {},
})

/** The account with one more line in it. */
export const accountOf = (before: Account, line: Line): Account => {
  if ('calls' in line) {
    const purposes = { ...before.purposes }
    for (const [operation, count] of Object.entries(line.calls)) {
      const [purpose = operation] = operation.split(' ')
      purposes[purpose] = (purposes[purpose] ?? 0) + count
    }
    return { ...before, purposes }
  }
  const { verdict } = line.ended
  const breaches = { ...before.breaches }
  for (const { promise } of verdict.breaches) breaches[promise] = (breaches[promise] ?? 0) + 1
  return {
    ...before,
    histories: before.histories + 1,
    edits: before.edits + verdict.edits,
    pushes: before.pushes + verdict.pushes,
    calls: before.calls + verdict.calls,
    broken: before.broken + (verdict.breaches.length > 0 ? 1 : 0),
    breaches,
  }
}

export const accountTable = (accounts: ReadonlyMap<string, Account>): string => {
  const table = new Table({
    head: ['provider', 'histories', 'edits', 'pushes', 'lost', 'stale', 'ghosts', 'duplicated', 'other', 'calls'],
    style: { head: [], border: [] },
  })
  for (const [provider, { histories, edits, pushes, calls, breaches }] of accounts) {
    const { lost = 0, stale = 0, ghost = 0, duplicated = 0, ...others } = breaches
    const other = Object.values(others).reduce((sum, count) => sum + count, 0)
    table.push([provider, histories, edits, pushes, lost, stale, ghost, duplicated, other, calls])
  }
  const purposes = [...accounts].map(([provider, account]) => {
    const sorted = Object.entries(account.purposes).sort(([, one], [, other]) => other - one)
    return `${provider}: ${sorted.map(([purpose, count]) => `${purpose} ${count}`).join(', ')}`
  })
  return `${table.toString()}\nCalls by purpose. ${purposes.join('. ')}.`
}
