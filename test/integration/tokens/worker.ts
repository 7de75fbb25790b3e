import { flushCompileCache } from 'node:module'
import { createHost, type HostOptions, TOKENS } from '@raccordo/core'

/** What the parent sends: the time to live in, in ms ahead of the real one, and the call to make. */
export interface Order {
  readonly aheadMs: number
  readonly path: string
}
/** What comes back: statuses of the calls, or the kinds of their errors. */
export type Report = { readonly ready: true } | { readonly outcomes: readonly (number | string)[] }

export interface WorkerOptions {
  readonly host: HostOptions
  readonly connectionId: string
}

/** Calls at a time, so that a process meets its own single flight too. */
const CALLS = 2

let aheadMs = 0
const { host: options, connectionId } = JSON.parse(process.env['WORKER_OPTIONS'] ?? '') as WorkerOptions
const host = await createHost({
  ...options,
  configure: (parts) =>
    parts.provide(TOKENS.clock, () => ({
      wallMs: () => Date.now() + aheadMs,
      monotonicMs: () => performance.now(),
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(resolve, ms)
          signal?.addEventListener('abort', () => {
            clearTimeout(timer)
            reject(signal.reason)
          })
        }),
    })),
})
const report = (message: Report): void => void process.send?.(message)

process.on('message', (order: Order) => {
  aheadMs = order.aheadMs
  const calls = Array.from({ length: CALLS }, () => host.connections.request(connectionId, { path: order.path }))
  void Promise.allSettled(calls).then((ends) =>
    report({ outcomes: ends.map((end) => (end.status === 'fulfilled' ? end.value.status : String(end.reason))) }),
  )
})
process.on('disconnect', () => process.exit(0))
// The other workers start quicker with what this one has compiled.
flushCompileCache()
report({ ready: true })
