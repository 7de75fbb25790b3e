import { isDeepStrictEqual } from 'node:util'

/** A check that did not hold. */
export interface Failure {
  readonly what: string
  readonly expected: unknown
  readonly came: unknown
}

/** The checks of one step. A check that fails stops nothing: the next may tell more. */
export interface Checks {
  readonly failures: readonly Failure[]
  equal(what: string, expected: unknown, came: unknown): void
  /** Holds where the list is empty. */
  none(what: string, came: readonly unknown[]): void
}

export const openChecks = (): Checks => {
  const failures: Failure[] = []
  const equal = (what: string, expected: unknown, came: unknown): void => {
    if (!isDeepStrictEqual(came, expected)) failures.push({ what, expected, came })
  }
  return {
    failures,
    equal,
    none: (what, came) => {
      if (came.length > 0) failures.push({ what, expected: 'none', came })
    },
  }
}
