import type { TestPostgres } from '@raccordo/testkit/database'
import type { Arguments } from './arguments.ts'
import { runChild, startChild } from './child.ts'
import { median, range } from './numbers.ts'
import type { BackfillAnswer, BackfillInput } from './raccordo_process.ts'
import type { Line } from './report.ts'
import type { Connection } from './rivals.ts'

const LEAST_RATIO = 0.5
/** A backfill that kept its records would grow by more: 15,000 of them hold some 15 MB. */
const MOST_GROWTH = 0.1
const FIRST_LOOK_SHARE = 1 / 4

const MEBIBYTE = 1_048_576

type Say = (text: string) => void

/** Compares speed in pairs, so that what else the machine does weighs on both, then looks at the heap of one more run. */
export const benchBackfill = async (
  { provider, records, rounds }: Arguments,
  postgres: TestPostgres,
  say: Say,
): Promise<readonly Line[]> => {
  say(`Filling the simulated CRM with ${records} contacts`)
  const crm = await startChild<Connection>('crm_process.ts', { provider, records })
  const run = async <Answer extends { records: number; seconds: number }>(
    program: string,
    more: Partial<BackfillInput> = {},
    flags: readonly string[] = [],
  ): Promise<Answer> => {
    const databaseUrl = await postgres.createDatabase()
    try {
      const answer = await runChild<Answer>(program, { provider, connection: crm.answer, databaseUrl, ...more }, flags)
      if (answer.records !== records) throw new Error(`${program} copied ${answer.records} of ${records} records`)
      return answer
    } finally {
      await postgres.dropDatabase(databaseUrl)
    }
  }
  const rates = { hand: [] as number[], raccordo: [] as number[] }
  try {
    for (let round = 1; round <= rounds; round += 1) {
      rates.hand.push(records / (await run('hand_process.ts')).seconds)
      rates.raccordo.push(records / (await run('raccordo_process.ts')).seconds)
      const [hand, own] = [rates.hand.at(-1), rates.raccordo.at(-1)].map((rate) => Math.round(rate ?? 0))
      say(`Round ${round}: the hand-written loop ${hand} records/s, Raccordo ${own} records/s`)
    }
    say('Looking at the heap')
    const firstLookAt = Math.floor(records * FIRST_LOOK_SHARE)
    const { looks } = await run<BackfillAnswer>('raccordo_process.ts', { firstLookAt }, ['--expose-gc'])
    return [speedLine(rates), heapLine(looks)]
  } finally {
    await crm.stop()
  }
}

const speedLine = ({ hand, raccordo }: { readonly hand: readonly number[]; readonly raccordo: readonly number[] }) => {
  const ratios = raccordo.map((rate, round) => rate / (hand[round] ?? Number.NaN))
  const ratio = median(ratios)
  return {
    what: 'Backfill, records a second',
    raccordo: String(Math.round(median(raccordo))),
    rival: `${Math.round(median(hand))} (hand-written loop)`,
    ratio: `${ratio.toFixed(2)} (${range(ratios, 2)})`,
    bound: `at least ${LEAST_RATIO}`,
    isKept: ratio >= LEAST_RATIO,
  }
}

const heapLine = ([first, last]: BackfillAnswer['looks']): Line => {
  const growth = (last?.heapBytes ?? Number.NaN) / (first?.heapBytes ?? Number.NaN) - 1
  const size = (look: typeof first): string =>
    `${((look?.heapBytes ?? Number.NaN) / MEBIBYTE).toFixed(1)} MiB after ${look?.records}`
  return {
    what: 'Live heap in a backfill',
    raccordo: size(last),
    rival: size(first),
    ratio: `${growth < 0 ? '' : '+'}${(growth * 100).toFixed(1)} %`,
    bound: `at most +${MOST_GROWTH * 100} %`,
    isKept: growth <= MOST_GROWTH,
  }
}
