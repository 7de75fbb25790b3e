import { performance } from 'node:perf_hooks'
import type { Account, Api, BaseSettings, Fields, Limits, Provider } from '../../src/contract.ts'
import { type CallContext, type HttpDeps, systemClock } from '../../src/http/context.ts'
import { createGate } from '../../src/http/gate.ts'
import { createLimiter } from '../../src/http/limiter.ts'
import type { BucketStore, CallReport, CredentialSource } from '../../src/http/ports.ts'
import { createRedactor } from '../../src/http/redact.ts'
import { chargeTokens, EMPTY_BUCKET, takeTokens } from '../../src/http/slots.ts'
import { createTransport } from '../../src/http/transport.ts'

/** Counters in memory on the given clock: the reference arithmetic and nothing else. */
export const memoryBuckets = (
  now: () => number = () => performance.now(),
): BucketStore & { readonly takes: number } => {
  const buckets = new Map<string, typeof EMPTY_BUCKET>()
  const of = (key: string) => buckets.get(key) ?? EMPTY_BUCKET
  let takes = 0
  return {
    get takes() {
      return takes
    },
    take: async (key, budget, ask) => {
      takes += 1
      const { state, answer } = takeTokens(of(key), now(), budget, ask)
      buckets.set(key, state)
      return answer
    },
    charge: async (key, budget, charge) => void buckets.set(key, chargeTokens(of(key), now(), budget, charge)),
    giveBack: async (key, slot, count) => {
      const state = of(key)
      buckets.set(key, { ...state, used: { ...state.used, [slot]: Math.max(0, (state.used[slot] ?? 0) - count) } })
    },
    block: async (key, forMs) => {
      const state = of(key)
      buckets.set(key, { ...state, blockedUntilMs: Math.max(state.blockedUntilMs, now() + forMs) })
    },
  }
}

const NO_LIMITS: Limits = { rates: [], parallel: [], page: 100, read: 100, write: 100 }

/** A provider of a plain REST CRM. */
export const plainProvider = (api: Partial<Api<Record<string, unknown>>> = {}): Provider => ({
  contract: 1,
  id: 'acme',
  title: 'Acme',
  settings: { type: 'object' },
  auth: { apiKey: {} },
  api: { baseUrl: 'https://crm.invalid', limits: NO_LIMITS, settleMs: 0, ...api },
  probe: async () => ({ id: '1' }),
  objects: [],
  mapping: {},
})

/** Credentials that nothing renews. */
export const fixedCredentials = (secret = 'key-0123456789'): CredentialSource => ({
  session: {},
  redactor: createRedactor({ secret }),
  sign: async () => ({ headers: { authorization: `Bearer ${secret}` }, generation: '1' }),
  renew: async () => 'refused',
})

export interface Bench {
  readonly deps: HttpDeps
  readonly reports: CallReport[]
  readonly skews: number[]
  context(url: string, more?: Partial<CallContext<Record<string, unknown>>>): CallContext<Record<string, unknown>>
}

/** Everything that a context needs, with real time and real HTTP, private addresses allowed. */
export const createBench = (more: Partial<HttpDeps> = {}): Bench => {
  const reports: CallReport[] = []
  const skews: number[] = []
  const deps: HttpDeps = {
    transport: createTransport({ allowPrivate: true }).send,
    limiter: createLimiter(memoryBuckets(), systemClock),
    gate: createGate(),
    telemetry: { onCall: (report) => reports.push(report), onClock: (_, skewMs) => skews.push(skewMs) },
    clock: systemClock,
    // The shortest back-off, so that tests of retries take no time.
    random: () => 0,
    ...more,
  }
  return {
    deps,
    reports,
    skews,
    context: (url, given = {}) => ({
      provider: plainProvider(),
      connectionId: 'connection-1',
      workspaceId: 'workspace-1',
      settings: { apiBaseUrl: url } as Fields & BaseSettings,
      credentials: fixedCredentials(),
      account: undefined as Account | undefined,
      operation: 'test',
      priority: 'delta',
      signal: new AbortController().signal,
      correlationId: 'correlation-1',
      lookup: async () => undefined,
      ...given,
    }),
  }
}
