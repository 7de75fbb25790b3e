import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import Table from 'cli-table3'

/** One thing that was measured, and the bound that it must keep. */
export interface Line {
  readonly what: string
  readonly raccordo: string
  /** What it is compared with; empty where the bound is absolute. */
  readonly rival: string
  readonly ratio: string
  readonly bound: string
  readonly isKept: boolean
}

const GIBIBYTE = 1_073_741_824

/** What the numbers were measured on: they mean nothing elsewhere. */
export const machineFacts = (): string =>
  [
    `${availableParallelism()} × ${cpus()[0]?.model.trim() || 'processor without a name'}`,
    `${(totalmem() / GIBIBYTE).toFixed(1)} GiB`,
    `${process.platform} ${process.arch}`,
    `Node ${process.versions.node}`,
    `load ${(loadavg()[0] ?? 0).toFixed(1)} at the start`,
  ].join(', ')

export const tableOf = (lines: readonly Line[]): string => {
  const table = new Table({
    head: ['measured', 'Raccordo', 'compared with', 'ratio', 'bound', ''],
    style: { head: [], border: [], compact: true },
  })
  for (const { what, raccordo, rival, ratio, bound, isKept } of lines)
    table.push([what, raccordo, rival, ratio, bound, isKept ? 'kept' : 'MISSED'])
  return table.toString()
}

export const HOW_MEASURED = `Each backfill runs in a process and a database of its own, alternating with its rival; the ratio is the median of the
pairs. CRM and Postgres run in processes of their own; Postgres does not sync to disk, for both. The heap is what lives
after a forced collection (--expose-gc), in one more backfill: after a quarter of the records and at its end.`
