import { type Callback, callbacksFor } from './callbacks.ts'
import type { Org } from './org.ts'
import type { Watch } from './watch.ts'

/** What may go wrong with callbacks on their way. */
export interface CallbackTroubles {
  /** Share of callbacks that never arrive, 0 to 1. */
  lose: number
  /** Share that arrives twice. */
  double: number
  /** How long they take, in ms of the simulator's own time; each up to twice as long where they are to overtake. */
  delayMs: number
  overtake: boolean
}

const POLL_MS = 20

/**
 * Sends callbacks over HTTP. Nothing is tried again: whether Zoho does is not known. What is late in the simulator's
 * time goes out once that time has come.
 */
export const makePostman = (org: Org, watch: Watch) => {
  const troubles: CallbackTroubles = { lose: 0, double: 0, delayMs: 0, overtake: false }
  const open = new Set<Promise<void>>()
  let waiting: { readonly callback: Callback; readonly dueMs: number }[] = []
  const stopping = new AbortController()

  const post = ({ url, body }: Callback): void => {
    const sending: Promise<void> = fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: stopping.signal,
    })
      .then((response) => response.arrayBuffer())
      .then(
        () => undefined,
        // Whoever cannot be reached misses the message.
        () => undefined,
      )
      .finally(() => open.delete(sending))
    open.add(sending)
  }
  const sendDue = (): void => {
    const nowMs = org.now().getTime()
    const due = waiting.filter(({ dueMs }) => dueMs <= nowMs)
    waiting = waiting.filter(({ dueMs }) => dueMs > nowMs)
    for (const { callback } of due) post(callback)
  }
  const clock = setInterval(sendDue, POLL_MS)
  clock.unref()

  return {
    troubles,
    /** Tells every channel of what has happened since it was called last. */
    tell: (): void => {
      const changes = org.changes.splice(0)
      const nowMs = org.now().getTime()
      const committedMs = Math.max(0, ...changes.map(({ hiddenMs }) => hiddenMs))
      if (changes.length > 0)
        for (const channel of watch.alive())
          for (const callback of callbacksFor(org, channel, changes, nowMs)) {
            if (org.random() < troubles.lose) continue
            const copies = org.random() < troubles.double ? 2 : 1
            for (let copy = 0; copy < copies; copy += 1) {
              const lateMs = troubles.delayMs * (troubles.overtake ? 1 + org.random() : 1)
              waiting.push({ callback, dueMs: nowMs + committedMs + lateMs })
            }
          }
      sendDue()
    },
    /** Sends what is due, and ends when every callback that is on its way has been answered. */
    settled: async (): Promise<void> => {
      sendDue()
      while (open.size > 0) await Promise.all(open)
    },
    stop: async (): Promise<void> => {
      clearInterval(clock)
      waiting = []
      stopping.abort()
      await Promise.all(open)
    },
  }
}
