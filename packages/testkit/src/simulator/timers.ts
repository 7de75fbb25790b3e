import type { SimulatorOptions } from './types.ts'

const realTimer: NonNullable<SimulatorOptions['schedule']> = (ms, run) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** The open timers of one simulator, so that none outlives it. */
export const timerSet = (schedule: SimulatorOptions['schedule'] = realTimer) => {
  const open = new Set<() => void>()
  const after = (ms: number, run: () => unknown): void => {
    const callOff = schedule(ms, () => {
      open.delete(callOff)
      run()
    })
    open.add(callOff)
  }
  return {
    /** Runs something after `ms`, unless `clear` comes first. */
    after,
    /** Ends after `ms`, or never where `clear` comes first: whoever waits belongs to a request that is gone. */
    wait: (ms: number): Promise<void> => new Promise((resolve) => after(ms, resolve)),
    clear: (): void => {
      for (const callOff of open) callOff()
      open.clear()
    },
  }
}
