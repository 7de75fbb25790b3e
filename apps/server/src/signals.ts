const STOP_LIMIT_MS = 10_000

/**
 * Runs until SIGTERM or SIGINT, then stops: gracefully the first time, at once the second. Answers the exit code.
 */
export const untilStopped = (stop: () => Promise<void>): Promise<number> =>
  new Promise((resolve) => {
    let isStopping = false
    const onSignal = (): void => {
      if (isStopping) process.exit(1)
      isStopping = true
      // What does not end in time is cut: the database holds everything that is needed to go on.
      setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
      stop().then(
        () => resolve(0),
        () => resolve(1),
      )
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
