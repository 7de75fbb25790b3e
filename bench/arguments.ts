import { parseArgs } from 'node:util'
import { RIVALS } from './rivals.ts'

export interface Arguments {
  readonly wantsHelp: boolean
  readonly provider: string
  readonly records: number
  readonly rounds: number
  readonly parts: readonly Part[]
}

const PARTS = ['backfill', 'start'] as const
export type Part = (typeof PARTS)[number]

/** What is wrong with the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const LEAST_RECORDS = 2_000
const providers = Object.keys(RIVALS)

export const HELP = `Compares with what a user would use instead, in the same run on the same machine. Needs nothing: the database is an
embedded Postgres, the CRM is simulated.

  backfill   contacts from a simulated CRM, without rate limits, into Postgres: at least half the records a second of
             a hand-written loop (got, one multi-row upsert a page), and a heap that does not grow with their number
  start      \`raccordo serve\` on a migrated Postgres, from spawn to the first 200 of /readyz: within 2 s

Usage: pnpm bench [FLAGS]

  --only PART        backfill or start
  --provider ID      whose CRM is simulated: ${providers.join(', ')} (${providers[0]} if absent)
  --records NUMBER   how many contacts, ${LEAST_RECORDS} at least (20000 if absent)
  --rounds NUMBER    how many pairs of backfills are compared (3 if absent)
  --help             this text

Examples:
  pnpm bench
  pnpm bench --only start
  pnpm bench --only backfill --records 5000 --rounds 1

Exit status: 0 when every bound is kept, 1 when one is missed, 2 when the command line is not understood.
`

const wholeNumber = (flag: string, text: string, least: number): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < least) {
    throw new UsageError(`--${flag} is "${text}": use a whole number from ${least} on.`)
  }
  return number
}

const read = (words: readonly string[]) => {
  try {
    return parseArgs({
      args: words.filter((word) => word !== '--'),
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        only: { type: 'string' },
        provider: { type: 'string', default: providers[0] ?? '' },
        records: { type: 'string', default: '20000' },
        rounds: { type: 'string', default: '3' },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Reads the command line. Throws a `UsageError` that names the fault. */
export const readArguments = (words: readonly string[]): Arguments => {
  const { help, only, provider, records, rounds } = read(words)
  if (!providers.includes(provider)) {
    throw new UsageError(`There is no hand-written loop for "${provider}": use one of ${providers.join(', ')}.`)
  }
  const parts = PARTS.filter((part) => only === undefined || part === only)
  if (parts.length === 0) throw new UsageError(`--only is "${only}": use one of ${PARTS.join(', ')}.`)
  return {
    wantsHelp: help,
    provider,
    records: wholeNumber('records', records, LEAST_RECORDS),
    rounds: wholeNumber('rounds', rounds, 1),
    parts,
  }
}
