import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CrmError } from '../../src/errors.ts'
import { createLimiter } from '../../src/http/limiter.ts'
import type { BucketStore, HttpClock, Priority } from '../../src/http/ports.ts'
import type { Draw } from '../../src/http/rates.ts'
import { memoryBuckets } from './bench.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_700_000_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

const pause = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })

/** A process's clock: real seconds, from a start of its own. */
const clockFrom = (startMs: number): HttpClock => ({
  monotonicMs: () => Date.now() - startMs,
  wallMs: () => Date.now() + startMs / 7,
  sleep: pause,
})

const slowly = (store: BucketStore, latencyMs: () => number): BucketStore => ({
  ...store,
  take: async (...given) => {
    await pause(latencyMs())
    const answer = await store.take(...given)
    await pause(latencyMs())
    return answer
  },
})

const seeded = (seed: number) => {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

const drawOf = (requests: number, perMs: number): Draw => ({
  key: `bucket:${perMs}`,
  budget: { requests, perMs },
  cost: 1,
  isOwn: false,
})

const patience = { maxWaitMs: 20_000, signal: new AbortController().signal }

interface Scene {
  readonly draws: readonly Draw[]
  readonly processes: number
  readonly workers: number
  readonly priority?: Priority
  /** Longest time that a store's answer, the way to the wire and the work itself take. */
  readonly storeMs: number
  readonly wireMs: number
  readonly workMs: number
  readonly idleMs?: number
  readonly forMs: number
  readonly seed: number
}

/** Runs workers in several processes and tells when the CRM received each call. */
const play = async (scene: Scene): Promise<readonly number[]> => {
  const random = seeded(scene.seed)
  const store = memoryBuckets(() => Date.now())
  const received: number[] = []
  const endMs = Date.now() + scene.forMs
  const work = async (limiter: ReturnType<typeof createLimiter>, clock: HttpClock) => {
    while (Date.now() < endMs) {
      const permit = await limiter.acquire('c', scene.draws, scene.priority ?? 'backfill', patience)
      if (!permit.isValid()) {
        permit.giveBack()
        continue
      }
      await pause(random() * scene.wireMs)
      received.push(Date.now())
      permit.sent(clock.monotonicMs())
      await pause(random() * scene.workMs)
      if (scene.idleMs !== undefined) await pause(random() * scene.idleMs)
    }
  }
  const running = Array.from({ length: scene.processes }, (_, index) => {
    const clock = clockFrom(index * 100_000)
    const limiter = createLimiter(
      slowly(store, () => random() * scene.storeMs),
      clock,
    )
    return Array.from({ length: scene.workers }, () => work(limiter, clock))
  }).flat()
  const all = Promise.all(running)
  await vi.advanceTimersByTimeAsync(scene.forMs + 25_000)
  await all
  return received
}

const most = (atMs: readonly number[], perMs: number): number => {
  const sorted = [...atMs].sort((left, right) => left - right)
  let start = 0
  return sorted.reduce((largest, at, end) => {
    while (at - (sorted[start] ?? 0) >= perMs) start += 1
    return Math.max(largest, end - start + 1)
  }, 0)
}

const BUSY = { processes: 3, workers: 12, storeMs: 4, wireMs: 3, workMs: 150 }

describe('the limiter', () => {
  it.each([
    ['110 in 10 s', drawOf(110, 10_000), 100_000],
    ['5 in 1 s', drawOf(5, 1_000), 40_000],
  ])('uses at least 95 %% of %s and never more, with three busy processes', async (_, draw, forMs) => {
    const received = await play({ ...BUSY, draws: [draw], forMs, seed: 7 })
    expect(most(received, draw.budget.perMs)).toBeLessThanOrEqual(draw.budget.requests)
    const inTime = received.filter((atMs) => atMs < (received[0] ?? 0) + forMs)
    expect(inTime.length / ((draw.budget.requests * forMs) / draw.budget.perMs)).toBeGreaterThan(0.95)
  })

  it('keeps to the budget whatever arrivals, latencies and processes there are', async () => {
    const scenes = fc.record({
      draws: fc.constantFrom([drawOf(5, 1_000)], [drawOf(20, 2_000)], [drawOf(30, 5_000), drawOf(8, 1_000)]),
      processes: fc.integer({ min: 1, max: 4 }),
      workers: fc.integer({ min: 1, max: 8 }),
      storeMs: fc.constantFrom(0, 5, 60),
      wireMs: fc.constantFrom(0, 10),
      workMs: fc.constantFrom(5, 400),
      idleMs: fc.constantFrom(0, 900),
      forMs: fc.constant(8_000),
      seed: fc.integer({ min: 1, max: 1_000_000 }),
    })
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const received = await play(scene)
        expect(received.length).toBeGreaterThan(0)
        for (const { budget } of scene.draws) expect(most(received, budget.perMs)).toBeLessThanOrEqual(budget.requests)
      }),
      { numRuns: 30 },
    )
  })

  it('goes on where the store answers more slowly than a token lives', async () => {
    const received = await play({ ...BUSY, draws: [drawOf(5, 1_000)], storeMs: 120, forMs: 20_000, seed: 3 })
    expect(most(received, 1_000)).toBeLessThanOrEqual(5)
    expect(received.length).toBeGreaterThan(60)
  })

  it('serves the more urgent first', async () => {
    const limiter = createLimiter(
      memoryBuckets(() => Date.now()),
      clockFrom(0),
    )
    const served: string[] = []
    const ask = async (priority: Priority) => {
      const permit = await limiter.acquire('c', [drawOf(2, 1_000)], priority, patience)
      served.push(priority)
      permit.sent(Date.now())
    }
    const asked = [ask('backfill'), ask('backfill'), ask('backfill'), ask('backfill'), ask('backfill')]
    await vi.advanceTimersByTimeAsync(50)
    asked.push(ask('push'), ask('delta'))
    await vi.advanceTimersByTimeAsync(15_000)
    await Promise.all(asked)
    expect(served.slice(0, 4)).toEqual(['backfill', 'backfill', 'push', 'delta'])
    expect(served).toHaveLength(7)
  })

  it('says at once how long a wait is that nobody can use', async () => {
    const limiter = createLimiter(
      memoryBuckets(() => Date.now()),
      clockFrom(0),
    )
    const day = drawOf(1, 86_400_000)
    await limiter.acquire('c', [day], 'delta', patience)
    const error: CrmError = await limiter.acquire('c', [day], 'delta', patience).catch((thrown) => thrown)
    expect(error.kind).toBe('quota')
    expect(error.retryAfterMs).toBeGreaterThan(86_000_000)
  })

  it('rests after a refusal, with a budget and without one', async () => {
    const limiter = createLimiter(
      memoryBuckets(() => Date.now()),
      clockFrom(0),
    )
    for (const draws of [[drawOf(5, 1_000)], []]) {
      const since = Date.now()
      limiter.heed('c', draws, { isRefusal: true, retryAfterMs: 3_000 })
      const permit = limiter.acquire('c', draws, 'push', patience)
      await vi.advanceTimersByTimeAsync(10_000)
      await permit
      limiter.heed('d', draws, { isRefusal: true, retryAfterMs: 3_600_000 })
      const error: CrmError = await limiter.acquire('d', draws, 'push', patience).catch((thrown) => thrown)
      expect(error.kind).toBe('rate_limited')
      expect(Date.now() - since).toBe(10_000)
    }
  })

  it('follows what the CRM says is left', async () => {
    const limiter = createLimiter(
      memoryBuckets(() => Date.now()),
      clockFrom(0),
    )
    const draws = [drawOf(100, 10_000)]
    await limiter.acquire('c', draws, 'delta', patience)
    limiter.heed('c', draws, { isRefusal: false, remaining: 1, perMs: 10_000 })
    await limiter.acquire('c', draws, 'delta', patience)
    const third = limiter.acquire('c', draws, 'delta', patience)
    let isServed = false
    void third.then(() => {
      isServed = true
    })
    await vi.advanceTimersByTimeAsync(9_000)
    expect(isServed).toBe(false)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(isServed).toBe(true)
  })

  it('lets a waiter go when its work is stopped', async () => {
    const limiter = createLimiter(
      memoryBuckets(() => Date.now()),
      clockFrom(0),
    )
    await limiter.acquire('c', [drawOf(1, 10_000)], 'delta', patience)
    const stop = new AbortController()
    const waiting = limiter.acquire('c', [drawOf(1, 10_000)], 'delta', { maxWaitMs: 20_000, signal: stop.signal })
    await Promise.all([expect(waiting).rejects.toThrow('stopped'), stop.abort(new Error('stopped'))])
  })
})
