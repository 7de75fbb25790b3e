/**
 * Waits with `patient`, but asks `brief` instead once the server closes, so that a long poll neither holds up a stop
 * nor ends in an error.
 */
export const untilClosing = async <T>(
  closing: AbortSignal,
  patient: () => Promise<T>,
  brief: () => Promise<T>,
): Promise<T> => {
  if (closing.aborted) return brief()
  const stop = new AbortController()
  const closed = new Promise<'closed'>((resolve) => {
    closing.addEventListener('abort', () => resolve('closed'), { once: true, signal: stop.signal })
  })
  const waited = patient().then((value) => ({ value }))
  // Whoever lost the race may still fail, after nobody listens any more.
  waited.catch(() => undefined)
  try {
    const first = await Promise.race([waited, closed])
    return first === 'closed' ? await brief() : first.value
  } finally {
    stop.abort()
  }
}
