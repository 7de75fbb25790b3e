import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Range } from './run_seeds.ts'
import type { Line } from './worker.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** Runs a range in a process of its own and tells its lines as they come. Throws where the process fails. */
export const runInProcess = async (range: Range, onLine: (line: Line) => void): Promise<void> => {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(range)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  for await (const text of createInterface({ input: child.stdout })) onLine(JSON.parse(text) as Line)
  const [code] = (await ended) as [number | null]
  if (code !== 0)
    throw new Error(`The histories ${range.from} to ${range.from + range.count - 1} of ${range.provider} broke off.`)
}
