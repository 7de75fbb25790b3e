import { SingleBar } from 'cli-progress'
import Table from 'cli-table3'
import { createColors } from 'picocolors'

export interface Result {
  readonly provider: string
  readonly contacts: number
  readonly companies: number
  readonly changes: number
  readonly callId: string
  readonly apiCalls: number
  readonly seconds: number
}

/** Tells a person what happens, while it happens. */
export interface Printer {
  heading(text: string): void
  /** Something was done, or was checked and holds. */
  done(text: string): void
  failed(text: string): void
  note(text: string): void
  /** A bar on a terminal, and nothing but the end anywhere else. */
  progress(total: number): { update(value: number): void; stop(): void }
  table(results: readonly Result[]): void
}

export const createPrinter = (output: NodeJS.WriteStream = process.stdout): Printer => {
  const isTerminal = output.isTTY === true
  const colors = createColors(isTerminal && process.env['NO_COLOR'] === undefined)
  const line = (text: string): void => {
    output.write(`${text}\n`)
  }
  return {
    heading: (text) => line(`\n${colors.bold(text)}`),
    done: (text) => line(`  ${colors.green('✓')} ${text}`),
    failed: (text) => line(`  ${colors.red('✗')} ${text}`),
    note: (text) => line(`    ${colors.dim(text)}`),
    progress: (total) => {
      if (!isTerminal) return { update: () => undefined, stop: () => undefined }
      const bar = new SingleBar({ format: '    {bar} {value}/{total} records', stream: output, clearOnComplete: true })
      bar.start(total, 0)
      return { update: (value) => bar.update(value), stop: () => bar.stop() }
    },
    table: (results) => {
      const table = new Table({
        head: ['provider', 'contacts', 'companies', 'changes', 'call id', 'API calls', 'seconds'],
        style: { head: [], border: [] },
      })
      for (const { provider, contacts, companies, changes, callId, apiCalls, seconds } of results) {
        table.push([provider, contacts, companies, changes, callId, apiCalls, seconds.toFixed(1)])
      }
      line(`\n${table.toString()}`)
    },
  }
}
