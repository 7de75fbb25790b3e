/** Lets at most so many callers in at once; the most urgent waits least. In one process. */
export interface Gate {
  /** Resolves to what lets the next one in. Rejects with the signal's reason. */
  enter(key: string, max: number, priority: number, signal: AbortSignal): Promise<() => void>
}

interface Waiter {
  readonly priority: number
  readonly max: number
  readonly admit: () => void
}

/**
 * Makes the gate of one process. Several processes have one each: where a vendor counts calls at once over all of
 * them, its refusals (429) make up the difference.
 */
export const createGate = (): Gate => {
  const rooms = new Map<string, { inside: number; readonly queue: Waiter[] }>()

  const admitNext = (key: string): void => {
    const room = rooms.get(key)
    const [first] = room?.queue ?? []
    if (room === undefined) return
    if (first === undefined) {
      if (room.inside === 0) rooms.delete(key)
    } else if (room.inside < first.max) {
      room.queue.shift()
      room.inside += 1
      first.admit()
      admitNext(key)
    }
  }

  return {
    enter: (key, max, priority, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const room = rooms.get(key) ?? { inside: 0, queue: [] }
        rooms.set(key, room)
        const abandon = () => {
          room.queue.splice(room.queue.indexOf(waiter), 1)
          reject(signal.reason)
        }
        const leave = () => {
          room.inside -= 1
          admitNext(key)
        }
        const admit = () => {
          signal.removeEventListener('abort', abandon)
          resolve(leave)
        }
        const waiter: Waiter = { priority, max, admit }
        signal.addEventListener('abort', abandon, { once: true })
        const at = room.queue.findIndex((other) => other.priority > priority)
        room.queue.splice(at < 0 ? room.queue.length : at, 0, waiter)
        admitNext(key)
      }),
  }
}
