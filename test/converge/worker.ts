import { type Ended, type Range, runSeeds } from './run_seeds.ts'

/** What a process that runs a range says on its standard output, a line each. */
export type Line = { readonly ended: Ended } | { readonly calls: Readonly<Record<string, number>> }

const say = (line: Line): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const calls = await runSeeds(JSON.parse(process.argv[2] ?? '{}') as Range, (ended) => say({ ended }))
say({ calls: Object.fromEntries(calls) })
