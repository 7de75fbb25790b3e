import type { ObjectType } from '@raccordo/core/plugin'
import { seededRandom } from '../simulator/random.ts'
import type { CrashBoundary, History, Step, TroubleKind } from './step.ts'

/** What the histories of a provider may hold. */
export interface Scope {
  /** Types that users change in the CRM. */
  readonly types: readonly ObjectType[]
  /** Types that the application pushes. */
  readonly pushed: readonly ObjectType[]
  readonly canMerge: boolean
  readonly canRestore: boolean
  readonly hasSlowCommits: boolean
  /** Nothing goes wrong: what the reading costs is measured. */
  readonly isQuiet: boolean
  readonly crashes: boolean
}

const TROUBLES: readonly TroubleKind[] = [
  'cut-before',
  'cut-after',
  'error-before',
  'error-after',
  'html',
  'truncate',
  'late-commit',
  'storm',
  'storm-with-pause',
]
const BOUNDARIES: readonly CrashBoundary[] = ['before-commit', 'after-commit', 'before-call', 'after-call']
const MOST_RECORDS = 60

/** The history of a seed: the same seed and scope give the same history on every machine. */
export const inventHistory = (seed: number, scope: Scope): History => {
  const random = seededRandom(seed * 7_919 + 17)
  const below = (limit: number): number => Math.floor(random() * limit)
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T
  let value = 0
  let added = 0
  const pushes: { type: ObjectType; local: number }[] = []

  const userStep = (): Step => {
    const type = one(scope.types)
    const dice = random()
    value += 1
    if (dice < 0.45) return { do: 'edit', type, pick: random(), value }
    if (dice < 0.6) {
      added += 1
      return { do: 'add', type, index: added, pick: random() }
    }
    if (dice < 0.68) return { do: 'edit-many', type, share: random(), value }
    if (dice < 0.8) return { do: 'remove', type, pick: random(), how: random() < 0.5 ? 'delete' : 'archive' }
    if (dice < 0.9 && scope.canRestore) return { do: 'restore', type, pick: random() }
    if (scope.canMerge)
      return {
        do: 'merge',
        type: one(scope.types.filter((each) => each === 'contact' || each === 'company')),
        pick: random(),
        other: random(),
      }
    return { do: 'edit', type, pick: random(), value }
  }
  const pushStep = (): Step => {
    value += 1
    const known = pushes[below(pushes.length + 1)]
    if (known !== undefined && random() < 0.5) return { do: 'push', ...known, value }
    const local = pushes.length + 1
    if (scope.pushed.includes('contact') && scope.pushed.includes('activity') && random() < 0.3) {
      pushes.push({ type: 'contact', local }, { type: 'activity', local })
      return { do: 'push-with-contact', local, value }
    }
    const type = one(scope.pushed)
    pushes.push({ type, local })
    return { do: 'push', type, local, value }
  }
  const waitStep = (): Step =>
    random() < 0.5 ? { do: 'poll' } : { do: 'wait', ms: one([0, 200, 1_500, 8_000, 31_000, 90_000, 400_000]) }
  const troubleStep = (): Step => {
    const dice = random()
    // Of no effect where the CRM has no index, or stamps what it commits.
    if (dice < 0.15) return { do: 'lag', ms: one([0, 2_000, 15_000, 40_000]) }
    if (dice < 0.3 && scope.hasSlowCommits) return { do: 'slow-commits', ms: one([0, 1_500, 20_000, 120_000]) }
    return { do: 'trouble', kind: one(TROUBLES), times: 1 + below(6), share: one([1, 1, 0.5, 0.3]) }
  }
  const anyStep = (): Step => {
    const dice = random()
    if (dice < 0.3) return waitStep()
    if (dice < 0.55) return userStep()
    if (dice < 0.75) return pushStep()
    if (scope.isQuiet) return userStep()
    if (dice < 0.84) return { do: 'meanwhile', steps: Array.from({ length: 1 + below(5) }, userStep) }
    if (dice < 0.96) return troubleStep()
    if (scope.crashes) return { do: 'crash', boundary: one(BOUNDARIES), after: below(12) }
    return { do: 'sweep' }
  }
  return {
    seed,
    contacts: 3 + below(MOST_RECORDS),
    companies: 1 + below(8),
    limits: !scope.isQuiet && random() < 0.3,
    skewMs: scope.isQuiet ? 0 : one([0, 0, 700, -1_300, 45_000, -300_000]),
    steps: Array.from({ length: 12 + below(40) }, anyStep),
  }
}
