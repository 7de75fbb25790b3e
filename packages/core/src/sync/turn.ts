import { acquireLease, type Lease, leaseLost, releaseLease, renewLease } from '../store/leases.ts'
import type { Engine } from './engine.ts'

/** A stretch of work under a lease: it ends with the lease, with the host or with its time. */
export interface Turn {
  readonly lease: Lease
  /** Aborted where the host breaks off or the lease is lost. */
  readonly signal: AbortSignal
  /** Whether there is time to begin another page or batch. */
  goesOn(): boolean
}

/** How a host ends: `soon` begins nothing new, `now` breaks off what is under way. */
export interface StopSignals {
  readonly soon: AbortSignal
  readonly now: AbortSignal
}

const RENEW_EVERY_MS = 5_000

/**
 * Runs `work` while holding the lease `key`; answers undefined at once where another worker holds it. The lease is
 * renewed meanwhile without a connection being held, and given back at the end.
 */
export const takeTurn = async <T>(
  engine: Engine,
  key: string,
  stop: StopSignals,
  work: (turn: Turn) => Promise<T>,
): Promise<T | undefined> => {
  const lease = await acquireLease(engine.database, key, engine.owner)
  if (lease === undefined) return undefined
  const lost = new AbortController()
  const over = new AbortController()
  void keepLease(engine, lease, over.signal, () => lost.abort(leaseLost(key)))
  const endsAt = engine.clock.monotonicMs() + engine.timing.turnMs
  const signal = AbortSignal.any([stop.now, lost.signal])
  try {
    return await work({
      lease,
      signal,
      goesOn: () => !signal.aborted && !stop.soon.aborted && engine.clock.monotonicMs() < endsAt,
    })
  } finally {
    over.abort()
    await releaseLease(engine.database, lease).catch(() => undefined)
  }
}

const keepLease = async (engine: Engine, lease: Lease, over: AbortSignal, onLost: () => void): Promise<void> => {
  for (;;) {
    await engine.clock.sleep(RENEW_EVERY_MS, over).catch(() => undefined)
    if (over.aborted) return
    // Where the database is out of reach, the next commit will tell, and the fence protects it.
    if (!(await renewLease(engine.database, lease).catch(() => true))) return onLost()
  }
}
