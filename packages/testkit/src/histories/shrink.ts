import type { History, Step } from './step.ts'

/**
 * The smallest history found that still fails, by taking ever smaller runs of steps out of it and trying again, at
 * most `tries` times.
 */
export const shrinkHistory = async (
  history: History,
  fails: (candidate: History) => Promise<boolean>,
  tries: number,
): Promise<History> => {
  let best = history
  let left = tries
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < best.steps.length && left > 0; ) {
      const steps: readonly Step[] = [...best.steps.slice(0, from), ...best.steps.slice(from + size)]
      left -= 1
      if (await fails({ ...best, steps })) best = { ...best, steps }
      else from += size
    }
  }
  return best
}
