import { performance } from 'node:perf_hooks'

/** A clock that stands still until somebody lets time pass; a day takes as long as what happens in it. */
export interface VirtualTime {
  nowMs(): number
  now(): Date
  /** Runs something when that time has come; answers how to call it off. */
  schedule(ms: number, run: () => void): () => void
  /** A clock for a host; `aheadMs` makes it a wrong one. */
  clock(aheadMs?: () => number): VirtualClock
  /** Lets that much time pass at once, for what takes time by itself (a call on its way). */
  elapse(ms: number): Promise<void>
  /** Lets time pass up to an instant, timer by timer. */
  passTo(ms: number): Promise<void>
  /** Lets time pass whenever everything that goes on is waiting for time, until `work` is over. */
  whileWorking<T>(work: Promise<T>): Promise<T>
}

export interface VirtualClock {
  wallMs(): number
  monotonicMs(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

const BREATH_MS = 2
/** Breaths in a row without work after which everything is taken to wait for time. */
const IDLE_BREATHS = 2
/** Share of a breath that this process may work in and still be idle. */
const IDLE_SHARE = 0.5

/**
 * Makes a virtual time. `onMove` is told of every new instant and waited for (a database has to learn it too);
 * `isBusy` says whether something is under way that needs no time but the machine's.
 */
export const createVirtualTime = (options: {
  readonly startMs: number
  readonly onMove?: (nowMs: number) => Promise<void>
  readonly isBusy?: () => boolean
}): VirtualTime => {
  let nowMs = options.startMs
  const timers = new Set<Timer>()

  const move = async (toMs: number): Promise<void> => {
    if (toMs <= nowMs) return
    nowMs = toMs
    await options.onMove?.(nowMs)
  }
  const next = (): Timer | undefined => [...timers].sort((one, other) => one.atMs - other.atMs)[0]
  const fire = async (timer: Timer): Promise<void> => {
    timers.delete(timer)
    await move(timer.atMs)
    timer.run()
  }
  const breathe = () => new Promise<void>((resolve) => setTimeout(resolve, BREATH_MS))
  /** True where nothing was under way for a while: time must not pass while the machine is merely slow. */
  const isIdle = async (): Promise<boolean> => {
    for (let breath = 0; breath < IDLE_BREATHS; breath += 1) {
      const before = performance.eventLoopUtilization()
      await breathe()
      const { utilization } = performance.eventLoopUtilization(before)
      if (utilization > IDLE_SHARE || options.isBusy?.() === true) return false
    }
    return true
  }

  const schedule: VirtualTime['schedule'] = (ms, run) => {
    const timer = { atMs: nowMs + Math.max(0, ms), run }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const fireDue = async (): Promise<void> => {
    for (let due = next(); due !== undefined && due.atMs <= nowMs; due = next()) await fire(due)
  }

  return {
    nowMs: () => nowMs,
    now: () => new Date(nowMs),
    schedule,
    clock: (aheadMs = () => 0) => ({
      wallMs: () => nowMs + aheadMs(),
      monotonicMs: () => nowMs,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted === true) return reject(signal.reason)
          const stop = () => {
            callOff()
            reject(signal?.reason)
          }
          const callOff = schedule(ms, () => {
            signal?.removeEventListener('abort', stop)
            resolve()
          })
          signal?.addEventListener('abort', stop, { once: true })
        }),
    }),
    elapse: async (ms) => {
      await move(nowMs + ms)
      await fireDue()
    },
    passTo: async (toMs) => {
      for (let due = next(); due !== undefined && due.atMs <= toMs; due = next()) {
        await fire(due)
        await breathe()
      }
      await move(toMs)
    },
    whileWorking: async (work) => {
      let isOver = false
      const ended = work.finally(() => {
        isOver = true
      })
      ended.catch(() => undefined)
      while (!isOver) {
        const mayPass = await Promise.race([ended.then(undefined, () => undefined).then(() => false), isIdle()])
        if (isOver || !mayPass) continue
        const due = next()
        if (due !== undefined) await fire(due)
      }
      return ended
    },
  }
}
