import type { SimulatedDelivery, SimulatorOptions } from '@raccordo/testkit/simulator'
import { shuffled } from './answers.ts'
import { delivery, MOST_EVENTS } from './webhook-delivery.ts'
import type { EventBody } from './webhook-events.ts'

/** How the network between HubSpot and the app behaves; may be changed at any time. */
export interface WebhookWeather {
  /** Share of events that never come, and of those that come twice; 0 to 1. */
  loseShare: number
  doubleShare: number
  /** Whether events come in any order. */
  isReordered: boolean
}

/** One request that was made of the app. */
export interface SentWebhook {
  readonly at: Date
  readonly attempt: number
  readonly events: readonly EventBody[]
  /** What the app answered; 'failed' where no answer came in time. */
  readonly outcome: number | 'failed'
}

export interface SenderOptions {
  readonly secret: string
  /** Time from the first attempt to about the last, in ms of the portal's clock. */
  readonly retrySpanMs: number
  /** Real time within which the app must answer, in ms. */
  readonly answerWithinMs: number
  readonly now: () => Date
  readonly random: () => number
  /** Runs something after that many ms of the portal's clock; without it, real timers look at that clock again and again. */
  readonly schedule?: SimulatorOptions['schedule'] | undefined
}

interface Waiting {
  readonly events: readonly EventBody[]
  readonly attempt: number
  readonly dueMs: number
}

const MOST_AT_ONCE = 10
const MOST_RETRIES = 10
/** What happens within this time travels in one request. */
const GATHER_MS = 10
const LOOK_AGAIN_MS = 20
const MOST_SENT = 10_000

/** Sends events to the app's URL: in batches, ten at a time, again after anything but a 2xx in time. */
export const makeWebhookSender = (options: SenderOptions) => {
  const weather: WebhookWeather = { loseShare: 0, doubleShare: 0, isReordered: false }
  const sent: SentWebhook[] = []
  const active = new Set<Promise<void>>()
  const stopping = new AbortController()
  let url: string | undefined
  let gathered: EventBody[] = []
  let waiting: Waiting[] = []
  let callOff: (() => void) | undefined
  const later = options.schedule ?? realTimer

  const isDue = ({ dueMs }: Waiting): boolean => dueMs <= options.now().getTime()

  const untilNextMs = (): number => {
    if (options.schedule === undefined) return LOOK_AGAIN_MS
    return Math.max(0, Math.min(...waiting.map(({ dueMs }) => dueMs)) - options.now().getTime())
  }

  const pack = (): void => {
    const lasting = gathered.filter(() => options.random() >= weather.loseShare)
    const doubled = lasting.filter(() => options.random() < weather.doubleShare)
    gathered = []
    for (const list of [lasting, doubled]) {
      const events = weather.isReordered ? shuffled(list, options.random) : list
      for (let start = 0; start < events.length; start += MOST_EVENTS)
        waiting.push({ events: events.slice(start, start + MOST_EVENTS), attempt: 0, dueMs: options.now().getTime() })
    }
    if (weather.isReordered) waiting = shuffled(waiting, options.random)
  }

  const attempt = async ({ events, attempt: number }: Waiting, target: string): Promise<void> => {
    const at = options.now()
    const request = delivery({ url: target, secret: options.secret, at, attempt: number, events })
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(options.answerWithinMs)])
    const outcome = await post(request, signal)
    sent.push({ at, attempt: number, events, outcome })
    if (sent.length > MOST_SENT) sent.shift()
    const isTaken = outcome !== 'failed' && outcome >= 200 && outcome < 300
    if (isTaken || number >= MOST_RETRIES || url === undefined || stopping.signal.aborted) return
    const dueMs = options.now().getTime() + retryDelayMs(number, options)
    waiting.push({ events, attempt: number + 1, dueMs })
  }

  const work = (): void => {
    callOff = undefined
    pack()
    while (url !== undefined && active.size < MOST_AT_ONCE) {
      const index = waiting.findIndex(isDue)
      const [next] = index === -1 ? [] : waiting.splice(index, 1)
      if (next === undefined) break
      const running = attempt(next, url).finally(() => {
        active.delete(running)
        schedule(0)
      })
      active.add(running)
    }
    if (waiting.length > 0 && active.size < MOST_AT_ONCE) schedule(untilNextMs())
  }

  const schedule = (afterMs: number): void => {
    if (stopping.signal.aborted || callOff !== undefined) return
    callOff = later(afterMs, work)
  }

  return {
    weather,
    sent: sent as readonly SentWebhook[],
    /** Takes an event to be sent; of no effect while nobody is told. */
    push: (event: EventBody): void => {
      if (url === undefined) return
      gathered.push(event)
      schedule(GATHER_MS)
    },
    tell: (target: string | undefined): void => {
      url = target
      if (target !== undefined) return
      gathered = []
      waiting = []
    },
    /** Ends when all that is due has been sent and answered; what is to be repeated later waits for its hour. */
    settled: async (): Promise<void> => {
      while (!stopping.signal.aborted && (gathered.length > 0 || active.size > 0 || waiting.some(isDue)))
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
    },
    stop: async (): Promise<void> => {
      stopping.abort()
      callOff?.()
      await Promise.all(active)
    },
  }
}

/** Each pause about twice the one before; HubSpot publishes no steps, only their number, their span and that they vary. */
const retryDelayMs = (attempt: number, { retrySpanMs, random }: SenderOptions): number =>
  Math.round((retrySpanMs * 2 ** attempt * (0.75 + random() / 2)) / (2 ** MOST_RETRIES - 1))

const realTimer: NonNullable<SimulatorOptions['schedule']> = (ms, run) => {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

const post = async (
  { url, headers, body }: SimulatedDelivery,
  signal: AbortSignal,
): Promise<SentWebhook['outcome']> => {
  try {
    const response = await fetch(url, { method: 'POST', headers, body: Buffer.from(body), signal, redirect: 'manual' })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 'failed'
  }
}
