const STOP_LIMIT_MS = 10_000
const LEFTOVERS_LIMIT_MS = 1_000

/**
 * Runs until SIGTERM or SIGINT, then stops: gracefully the first time, at once the second. Answers the exit code.
 */
export const untilStopped = (stop: () => Promise<void>): Promise<number> =>
  new Promise((resolve) => {
    let isStopping = false
    const end = (code: number, limit: NodeJS.Timeout): void => {
      clearTimeout(limit)
      // A timer or socket that a library left behind must not hold a process that has stopped.
      setTimeout(() => process.exit(code), LEFTOVERS_LIMIT_MS).unref()
      resolve(code)
    }
    const onSignal = (): void => {
      if (isStopping) process.exit(1)
      isStopping = true
      // What does not end in time is cut: the database holds everything that is needed to go on.
      const limit = setTimeout(() => process.exit(1), STOP_LIMIT_MS)
      stop().then(
        () => end(0, limit),
        () => end(1, limit),
      )
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
