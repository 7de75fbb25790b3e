import { describe, expect, it } from 'vitest'
import { rollingWindow } from '../src/simulator/index.ts'

describe('rolling window', () => {
  const at = (start: number) => {
    let timeMs = start
    return { now: () => new Date(timeMs), pass: (ms: number) => (timeMs += ms) }
  }

  it('holds at most its requests in any span, for each key by itself', () => {
    const clock = at(0)
    const limit = rollingWindow({ requests: 3, perMs: 1_000, now: clock.now })
    expect([limit.take('a'), limit.take('a', 2), limit.take('a'), limit.take('b')]).toEqual([true, true, false, true])
    clock.pass(999)
    expect([limit.used('a'), limit.take('a')]).toEqual([3, false])
    clock.pass(1)
    expect([limit.used('a'), limit.take('a')]).toEqual([0, true])
  })

  it('charges nothing for what it refuses', () => {
    const limit = rollingWindow({ requests: 3, perMs: 1_000, now: at(0).now })
    expect([limit.take('a', 4), limit.used('a'), limit.take('a', 3)]).toEqual([false, 0, true])
  })

  it('lets takes age one by one and not in slots', () => {
    const clock = at(0)
    const limit = rollingWindow({ requests: 2, perMs: 1_000, now: clock.now })
    limit.take('a')
    clock.pass(600)
    limit.take('a')
    clock.pass(500)
    expect([limit.used('a'), limit.take('a'), limit.take('a')]).toEqual([1, true, false])
  })
})
