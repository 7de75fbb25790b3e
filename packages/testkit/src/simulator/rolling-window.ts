/** A vendor's rate limit: at most `requests` in any `perMs`, for each key by itself. */
export interface RollingWindow {
  /** Takes `cost` from the key's budget where there is room. What is refused costs nothing. */
  take(key: string, cost?: number): boolean
  /** What the key has taken inside the window that ends now. */
  used(key: string): number
}

/** Counts takes as they age, without slots, as the strictest vendors do. A take is forgotten when it is `perMs` old. */
export const rollingWindow = (limit: {
  readonly requests: number
  readonly perMs: number
  readonly now: () => Date
}): RollingWindow => {
  const takes = new Map<string, { atMs: number; cost: number }[]>()
  const recent = (key: string) => {
    const oldestMs = limit.now().getTime() - limit.perMs
    const kept = (takes.get(key) ?? []).filter((take) => take.atMs > oldestMs)
    takes.set(key, kept)
    return kept
  }
  const used = (key: string): number => recent(key).reduce((sum, take) => sum + take.cost, 0)
  return {
    used,
    take: (key, cost = 1) => {
      if (used(key) + cost > limit.requests) return false
      takes.get(key)?.push({ atMs: limit.now().getTime(), cost })
      return true
    },
  }
}
