import { type Boundary, createHost, type Provider } from '@raccordo/core'
import { seededRandom } from '../simulator/random.ts'
import type { FromWorker, ToWorker } from './crash_world.ts'
import type { VirtualClock } from './time.ts'
import { hostOptions, quietLog } from './world.ts'

/** A worker of a crash world: a host that drains when it is told to, and dies without a word when it is told so. */
const run = async (databaseUrl: string, providerUrl: string, seed: number): Promise<void> => {
  const { provider } = (await import(providerUrl)) as { provider: Provider }
  const say = (word: FromWorker): void => void process.send?.(word)
  const sleepers = new Map<number, () => void>()
  let nowMs = 0
  let sleeps = 0
  let death: { readonly boundary: Boundary; left: number } | undefined
  const clock: VirtualClock = {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason)
        sleeps += 1
        const sleep = sleeps
        const stop = () => {
          sleepers.delete(sleep)
          say({ say: 'awake', sleep })
          reject(signal?.reason)
        }
        sleepers.set(sleep, () => {
          sleepers.delete(sleep)
          signal?.removeEventListener('abort', stop)
          resolve()
        })
        signal?.addEventListener('abort', stop, { once: true })
        say({ say: 'sleep', sleep, ms })
      }),
  }
  const host = await createHost({
    databaseUrl,
    ...hostOptions({
      provider,
      clock,
      random: seededRandom(seed),
      log: quietLog((operation) => say({ say: 'called', operation })),
    }),
    onBoundary: (boundary) => {
      if (death?.boundary !== boundary) return
      if (death.left === 0) process.kill(process.pid, 'SIGKILL')
      death.left -= 1
    },
  })
  let isStarted: Promise<void> | undefined
  process.on('message', (word: ToWorker) => {
    if (word.say === 'time') nowMs = Math.max(nowMs, word.nowMs)
    if (word.say === 'wake') sleepers.get(word.sleep)?.()
    if (word.say === 'die') death = { boundary: word.boundary, left: word.after }
    if (word.say !== 'drain') return
    isStarted ??= host.start()
    void isStarted
      .then(() => host.drain())
      .then(({ nextAt }) => say({ say: 'drained', nextAt: nextAt?.getTime() }))
      .catch((error: unknown) => {
        console.error(error)
        process.exit(1)
      })
  })
  say({ say: 'ready' })
}

const [databaseUrl = '', providerUrl = '', seed = '1'] = process.argv.slice(2)
await run(databaseUrl, providerUrl, Number(seed))
