import type { PassState } from '@raccordo/core'
import type { RunState } from '../routes/sync.ts'
import { type Client, part } from './client.ts'

const WAIT_SECONDS = 1

/** How far a run is, summed over its objects. */
export interface RunProgress {
  readonly records: number
  /** Undefined where the CRM gives no number for one of the objects. */
  readonly total: number | undefined
  readonly secondsLeft: number
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const progressOf = (passes: readonly PassState[]): RunProgress => {
  const totals = passes.map(({ total }) => total)
  return {
    records: sum(passes.map(({ records }) => records)),
    total: totals.every((total) => total !== undefined) ? sum(totals.map(Number)) : undefined,
    secondsLeft: Math.max(0, ...passes.map(({ secondsLeft }) => secondsLeft ?? 0)),
  }
}

/** Asks until the run has ended, and tells each step. */
export const followRun = async (
  client: Client,
  connectionId: string,
  runId: string,
  onProgress: (progress: RunProgress) => void,
): Promise<RunState> => {
  const path = `/connections/${part(connectionId)}/runs/${part(runId)}`
  for (;;) {
    const run = await client.get<RunState>(path, { wait: WAIT_SECONDS })
    onProgress(progressOf(run.passes))
    if (run.state !== 'running') return run
  }
}
