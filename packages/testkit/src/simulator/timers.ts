/** The open timers of one simulator, so that none outlives it. */
export const timerSet = () => {
  const open = new Set<NodeJS.Timeout>()
  const after = (ms: number, run: () => unknown): void => {
    const timer = setTimeout(() => {
      open.delete(timer)
      run()
    }, ms)
    open.add(timer)
  }
  return {
    /** Runs something after `ms`, unless `clear` comes first. */
    after,
    /** Ends after `ms`, or never where `clear` comes first: whoever waits belongs to a request that is gone. */
    wait: (ms: number): Promise<void> => new Promise((resolve) => after(ms, resolve)),
    clear: (): void => {
      for (const timer of open) clearTimeout(timer)
      open.clear()
    },
  }
}
