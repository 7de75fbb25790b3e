import { crmError } from '../errors.ts'
import type { HeldLease } from './ports.ts'

/** A lease that is prolonged for as long as this process lives and works. */
export interface Held {
  /** Throws kind 'locked', as not sent, where another process may have the lease by now. */
  check(): void
  end(): Promise<void>
}

/**
 * Keeps a lease that was asked for at `takenMs` (`performance.now`). Its times are real ones whatever clock the host has,
 * because a lease lives by the store's.
 */
export const hold = (lease: HeldLease, takenMs: number, leaseMs: number): Held => {
  let untilMs = takenMs + leaseMs
  let prolonging: Promise<void> | undefined
  const prolong = async (): Promise<void> => {
    const askedMs = performance.now()
    if (await lease.renew(leaseMs).catch(() => false)) untilMs = askedMs + leaseMs
  }
  const timer = setInterval(() => {
    prolonging = prolong()
  }, leaseMs / 3)
  return {
    check: () => {
      if (performance.now() < untilMs) return
      throw crmError('locked', 'Another process may be renewing the access token.', { notSent: true })
    },
    end: async () => {
      clearInterval(timer)
      // A renewal that came after the release would keep the lease for nobody.
      await prolonging
      await lease.release().catch(() => undefined)
    },
  }
}
