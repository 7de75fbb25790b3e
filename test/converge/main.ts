import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadSimulators } from '@raccordo/core'
import { SingleBar } from 'cli-progress'
import { type Account, accountOf, accountTable, emptyAccount } from './account.ts'
import { runInProcess } from './process.ts'
import type { Range } from './run_seeds.ts'

const HELP = `Shows that nothing is lost and nothing comes twice: invents histories of users, crashes and a hostile network, plays
them against every installed CRM's simulator in virtual time, and compares what the host has with the CRM's truth.

Usage: pnpm converge [--seeds N] [--from N] [--provider ID] [--crash] [--quiet] [--json]

  --seeds N       histories for each provider; 20 if absent
  --from N        first seed; 1 if absent
  --provider ID   only this one; every installed one if absent
  --crash         the work is done by one or two processes on Postgres that are killed at every kind of boundary
  --quiet         nothing goes wrong: shows what the reading and writing costs in calls
  --jobs N        processes at once; one for each core if absent
  --shrink N      how often a failed history is tried again with fewer steps; 40 if absent
  --json          a line of JSON for each history and the sums at the end
  --help          this text

Examples:
  pnpm converge --seeds 500
  pnpm converge --seeds 50 --crash --provider odoo
  pnpm converge --from 1234 --seeds 1

Exit status: 0 where every promise was kept, 1 where one was broken, 2 where the command line is not understood.`

const ROOT = fileURLToPath(new URL('../../package.json', import.meta.url))
const CHUNK = 5

const numberOf = (name: string, text: string): number => {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0) return number
  throw new TypeError(`--${name} takes a whole number, not "${text}".`)
}

const readArguments = () => {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20' },
      from: { type: 'string', default: '1' },
      provider: { type: 'string' },
      crash: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      jobs: { type: 'string', default: String(availableParallelism()) },
      shrink: { type: 'string', default: '40' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    ...values,
    seeds: numberOf('seeds', values.seeds),
    from: numberOf('from', values.from),
    jobs: Math.max(1, numberOf('jobs', values.jobs)),
    shrink: numberOf('shrink', values.shrink),
  }
}

const run = async (): Promise<number> => {
  let chosen: ReturnType<typeof readArguments>
  try {
    chosen = readArguments()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error('`pnpm converge --help` says what it takes.')
    return 2
  }
  if (chosen.help) {
    console.log(HELP)
    return 0
  }
  const installed = (await loadSimulators(ROOT)).map(({ provider }) => provider)
  if (chosen.provider !== undefined && !installed.includes(chosen.provider)) {
    console.error(`There is no provider "${chosen.provider}" with a simulator. Installed: ${installed.join(', ')}.`)
    return 2
  }
  const providers = installed.filter((id) => chosen.provider === undefined || id === chosen.provider)
  const ranges = providers.flatMap((provider) => chunksOf(provider, chosen))
  const accounts = new Map<string, Account>(providers.map((id) => [id, emptyAccount()]))
  const bar = new SingleBar({ format: '  {bar} {value} of {total} histories, {broken} broken', stream: process.stderr })
  const showsBar = process.stderr.isTTY === true && !chosen.json
  let broken = 0
  if (showsBar) bar.start(providers.length * chosen.seeds, 0, { broken })

  const work = async (): Promise<void> => {
    for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
      const { provider } = range
      await runInProcess(range, (line) => {
        accounts.set(provider, accountOf(accounts.get(provider) ?? emptyAccount(), line))
        if (!('ended' in line)) return
        const { verdict, smallest } = line.ended
        if (verdict.breaches.length > 0) broken += 1
        if (showsBar) bar.increment(1, { broken })
        if (chosen.json) console.log(JSON.stringify({ provider, ...line.ended }))
        else if (verdict.breaches.length > 0)
          console.error(
            `\n${provider}, seed ${verdict.seed}:\n${verdict.breaches.map((breach) => `  ${breach.promise}: ${breach.detail}`).join('\n')}\n  ${JSON.stringify(smallest)}`,
          )
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(chosen.jobs, ranges.length) }, work))
  if (showsBar) bar.stop()
  if (chosen.json) console.log(JSON.stringify(Object.fromEntries(accounts)))
  else console.log(accountTable(accounts))
  return broken === 0 ? 0 : 1
}

const chunksOf = (provider: string, chosen: ReturnType<typeof readArguments>): readonly Range[] => {
  const starts = Array.from({ length: Math.ceil(chosen.seeds / CHUNK) }, (_, index) => index * CHUNK)
  return starts.map((start) => ({
    hostPackageJson: ROOT,
    provider,
    from: chosen.from + start,
    count: Math.min(CHUNK, chosen.seeds - start),
    crashes: chosen.crash,
    isQuiet: chosen.quiet,
    shrinkTries: chosen.shrink,
  }))
}

process.exitCode = await run()
