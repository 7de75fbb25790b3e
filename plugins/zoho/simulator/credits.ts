import { rollingWindow, type SimulatorReply, type SimulatorRequest } from '@raccordo/testkit/simulator'
import { refuse } from './failures.ts'
import { EDITIONS } from './options.ts'
import type { Org } from './org.ts'
import { moduleNamed } from './schema.ts'

const DAY_MS = 86_400_000
/** All heavy calls of an organisation share ten places, whatever its edition. */
const HEAVY_PLACES = 10

/** Credits of a rolling day, and calls at once. Kept only while the limits are on. */
export const makeLimits = (org: Org) => {
  const edition = EDITIONS[org.chosen.edition]
  const credits = org.chosen.dailyCredits ?? Math.min(edition.cap, edition.base + edition.perUser * org.chosen.licences)
  const ledger = rollingWindow({ requests: credits, perMs: DAY_MS, now: org.now })
  const running = { all: 0, heavy: 0 }
  return {
    /** Takes a place and the call's credits, or refuses; the answer gives the place back. */
    enter: (request: SimulatorRequest): (() => void) => {
      if (!org.knobs.rateLimits) return () => undefined
      const isHeavy = isHeavyCall(request)
      // Which of the three limits was hit cannot be told from the answer.
      if (running.all >= edition.parallel || (isHeavy && running.heavy >= HEAVY_PLACES)) throw tooMany()
      if (!ledger.take('org', costOf(request))) throw tooMany()
      running.all += 1
      if (isHeavy) running.heavy += 1
      return () => {
        running.all -= 1
        if (isHeavy) running.heavy -= 1
      }
    },
    /** Zoho is silent about what is left until half of the day's credits are gone. */
    tell: (reply: SimulatorReply): SimulatorReply => {
      const used = org.knobs.rateLimits ? ledger.used('org') : 0
      if (used * 2 < credits) return reply
      return { ...reply, headers: { ...reply.headers, 'X-API-CREDITS-REMAINING': String(Math.max(0, credits - used)) } }
    },
    used: () => ledger.used('org'),
    /** Other applications of the organisation use up credits. */
    spend: (amount: number): void => {
      ledger.take('org', amount)
    },
  }
}
export type Limits = ReturnType<typeof makeLimits>

const tooMany = (): Error => refuse(429, 'TOO_MANY_REQUESTS', 'too many requests. please try again after some time')

/** Writes of more than ten records, conversions, queries, searches, and lists that are sorted or follow a view. */
const isHeavyCall = (request: SimulatorRequest): boolean => {
  const [first = '', second = '', third = '', fourth = ''] = request.path.split('/').slice(3)
  if (first === 'coql' || second === 'search' || (third === 'actions' && fourth === 'convert')) return true
  if (request.method === 'GET') return request.query.has('cvid') || request.query.has('sort_by')
  return moduleNamed(first) !== undefined && recordCount(request) > 10
}

const costOf = (request: SimulatorRequest): number => {
  const [first = '', second = '', third = '', fourth = ''] = request.path.split('/').slice(3)
  if (first === 'coql') return queryCost(request)
  if (second === 'deleted') return 2
  if (third === 'actions' && fourth === 'convert') return 5
  if (third === 'actions' && fourth === 'merge') return 50
  if (request.method === 'GET') return request.query.has('cvid') ? 3 : 1
  return Math.max(1, Math.ceil(recordCount(request) / 10))
}

/** By the rows that are asked for, not by those that come. */
const queryCost = (request: SimulatorRequest): number => {
  const match = /\blimit\s+(\d+)(?:\s*,\s*(\d+))?/i.exec(String(request.json()?.select_query ?? ''))
  const limit = Number(match?.[2] ?? match?.[1] ?? 200)
  if (limit <= 200) return 1
  return limit <= 1_000 ? 2 : 3
}

const recordCount = (request: SimulatorRequest): number => {
  const data: unknown = request.json()?.data
  if (Array.isArray(data)) return data.length
  return request.query.get('ids')?.split(',').length ?? 1
}
