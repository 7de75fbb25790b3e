import type { RunProgress } from './follow_run.ts'
import type { Terminal } from './terminal.ts'

/** Shows how far a run is. */
export interface RunView {
  update(progress: RunProgress): void
  close(): void
}

const LINE_EVERY_MS = 5_000

const countWords = ({ records, total }: RunProgress): string =>
  total === undefined || total < records ? `${records} records` : `${records} of ${total} records`

const secondsWords = ({ secondsLeft }: RunProgress): string =>
  secondsLeft === 0 ? '' : `, about ${Math.ceil(secondsLeft)} s left`

/** Plain lines, for a file or a pipe: one when something changed, not more often than every five seconds. */
const lines = ({ stderr }: Terminal): RunView => {
  let last = ''
  let at = 0
  return {
    update: (progress) => {
      const line = `${countWords(progress)}${secondsWords(progress)}`
      if (line === last || Date.now() - at < LINE_EVERY_MS) return
      stderr.write(`${line}\n`)
      last = line
      at = Date.now()
    },
    close: () => undefined,
  }
}

const bar = async ({ stderr }: Terminal): Promise<RunView> => {
  const { default: progress } = await import('cli-progress')
  const view = new progress.SingleBar(
    {
      stream: stderr as NodeJS.WritableStream,
      hideCursor: true,
      clearOnComplete: true,
      format: '{bar} {words}',
      formatBar: (filled, options) => {
        const size = options.barsize ?? 40
        return '█'.repeat(Math.round(filled * size)).padEnd(size, '░')
      },
    },
    progress.Presets.shades_classic,
  )
  view.start(1, 0, { words: 'starting' })
  return {
    update: (state) => {
      view.setTotal(Math.max(state.total ?? state.records * 2, state.records, 1))
      view.update(state.records, { words: `${countWords(state)}${secondsWords(state)}` })
    },
    close: () => view.stop(),
  }
}

/** A progress bar at a terminal, plain lines elsewhere, nothing with `--json`. All on standard error. */
export const runView = async (terminal: Terminal, json: boolean | undefined): Promise<RunView> => {
  if (json === true) return { update: () => undefined, close: () => undefined }
  return terminal.stdout.isTTY === true ? bar(terminal) : lines(terminal)
}
