import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Order, Report, WorkerOptions } from './worker.ts'

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Real processes that work at one connection. */
export interface Processes {
  /** Gives all the same order and answers what each of their calls came to. */
  all(order: Order): Promise<readonly (number | string)[]>
  /** Takes a process off the processor, and puts it back. */
  freeze(pid: number): void
  thaw(pid: number): void
  stop(): Promise<void>
}

const reportOf = async (child: ChildProcess): Promise<Report> => {
  const [report] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`A worker ended with ${code}.`)
    }),
  ])
  return report as Report
}

/** Starts that many processes and waits until each could make a call. */
export const startProcesses = async (count: number, options: WorkerOptions): Promise<Processes> => {
  const cache = await mkdtemp(join(tmpdir(), 'raccordo-workers-'))
  const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: cache, WORKER_OPTIONS: JSON.stringify(options) }
  const start = async () => {
    const child = fork(WORKER, { env })
    await reportOf(child)
    return child
  }
  // The first compiles for the others.
  const children = [await start()]
  children.push(...(await Promise.all(Array.from({ length: count - 1 }, start))))
  return {
    all: async (order) => {
      const reports = Promise.all(children.map(reportOf))
      for (const child of children) child.send(order)
      return (await reports).flatMap((report) => ('outcomes' in report ? report.outcomes : []))
    },
    freeze: (pid) => void process.kill(pid, 'SIGSTOP'),
    thaw: (pid) => void process.kill(pid, 'SIGCONT'),
    stop: async () => {
      const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      await Promise.all(
        running.map(async (child) => {
          const ended = once(child, 'exit')
          child.kill('SIGKILL')
          await ended
        }),
      )
      await rm(cache, { recursive: true, force: true })
    },
  }
}
