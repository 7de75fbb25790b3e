import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectionState, PassState } from '@raccordo/core'
import { type Client, part } from './client.ts'

const POLL_MS = 500

/** How a run stands, from the passes that bear its id. */
export interface RunProgress {
  readonly records: number
  /** Undefined where the CRM gives no number for one of the objects. */
  readonly total: number | undefined
  readonly pages: number
  readonly passes: readonly PassState[]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const progressOf = (passes: readonly PassState[]): RunProgress => {
  const totals = passes.map(({ total }) => total)
  return {
    records: sum(passes.map(({ records }) => records)),
    pages: sum(passes.map(({ pages }) => pages)),
    total: totals.every((total) => total !== undefined) ? sum(totals.map(Number)) : undefined,
    passes,
  }
}

/** An object's part of the run is over: finished, or switched off because the CRM forbids it. */
const isOver = ({ state, startedAt = '', finishedAt = '' }: PassState): boolean =>
  state === 'off' || (state === 'idle' && finishedAt !== '' && finishedAt >= startedAt)

/** Asks for the status until every object of the run is over; tells each step. */
export const followRun = async (
  client: Client,
  connectionId: string,
  runId: string,
  onProgress: (progress: RunProgress) => void,
): Promise<RunProgress> => {
  for (;;) {
    const { passes } = await client.get<ConnectionState>(`/connections/${part(connectionId)}/status`)
    const mine = passes.filter((pass) => pass.runId === runId)
    const progress = progressOf(mine)
    onProgress(progress)
    if (mine.length > 0 && mine.every(isOver)) return progress
    await delay(POLL_MS)
  }
}
