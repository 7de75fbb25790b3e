import { inspect } from 'node:util'
import progress from 'cli-progress'
import { createColors } from 'picocolors'
import type { Failure } from './checks.ts'

/** Where the demo writes: a terminal gets colours and a bar, anything else plain lines. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

export interface Printer {
  readonly isTerminal: boolean
  line(text?: string): void
  title(text: string, aside: string): void
  done(step: string, told: string): void
  failed(step: string, failures: readonly Failure[]): void
  fault(text: string): void
  /** A bar that goes with the work; told in no other way, because the step's own line says how it ended. */
  bar(label: string): Bar
}

export interface Bar {
  update(done: number, total: number | undefined): void
  close(): void
}

const STEP_WIDTH = 11
const MOST_SHOWN = 4
const NO_BAR: Bar = { update: () => undefined, close: () => undefined }

const shown = (value: unknown): string => {
  const short = Array.isArray(value) && value.length > MOST_SHOWN
  const text = inspect(short ? value.slice(0, MOST_SHOWN) : value, { depth: 5, breakLength: 110, compact: true })
  return short ? `${text} and ${value.length - MOST_SHOWN} more` : text
}

const barOn = (output: Output, label: string): Bar => {
  const view = new progress.SingleBar(
    {
      stream: output,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 30,
      format: `  … ${label.padEnd(STEP_WIDTH)} {bar} {words}`,
    },
    progress.Presets.shades_classic,
  )
  view.start(1, 0, { words: 'starting' })
  return {
    update: (done, total) => {
      view.setTotal(Math.max(total ?? done * 2, done, 1))
      view.update(done, { words: total === undefined ? `${done} records` : `${done} of ${total} records` })
    },
    close: () => view.stop(),
  }
}

export const printerOn = (output: Output): Printer => {
  const isTerminal = output.isTTY === true
  const { bold, dim, green, red } = createColors(isTerminal && process.env['NO_COLOR'] === undefined)
  const line = (text = ''): void => void output.write(`${text}\n`)
  return {
    isTerminal,
    line,
    title: (text, aside) => line(`\n${bold(text)}  ${dim(aside)}`),
    done: (step, told) => line(`  ${green('✓')} ${step.padEnd(STEP_WIDTH)} ${told}`),
    failed: (step, failures) => {
      line(`  ${red('✗')} ${step.padEnd(STEP_WIDTH)} ${red(failures.length === 1 ? 'failed' : 'failed checks:')}`)
      for (const { what, expected, came } of failures) {
        line(`      ${bold(what)}`)
        line(`        expected ${shown(expected)}`)
        line(`        came     ${shown(came)}`)
      }
    },
    fault: (text) => line(red(text)),
    bar: (label) => (isTerminal ? barOn(output, label) : NO_BAR),
  }
}
