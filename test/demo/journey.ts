import type { ConnectionInfo } from '@raccordo/core'
import type { CrmDouble, Simulator } from '@raccordo/testkit/simulator'
import type { Api } from './api.ts'
import { type Checks, openChecks } from './checks.ts'
import type { InstalledCrm } from './installed.ts'
import { type Cast, inventCast } from './people.ts'
import type { Printer } from './print.ts'
import { apiCallsTo } from './runs.ts'
import { backfill } from './steps/backfill.ts'
import { logCall } from './steps/call.ts'
import { connect } from './steps/connect.ts'
import { pushDeal } from './steps/deal.ts'
import { followChanges } from './steps/delta.ts'
import { addOwnRule } from './steps/map.ts'
import { readBack } from './steps/read_back.ts'
import { addRecording } from './steps/recording.ts'
import { hearOfChange } from './steps/webhook.ts'

/** What every step is given, and what the earlier ones left for the later. */
export interface Journey {
  readonly api: Api
  readonly crm: InstalledCrm
  readonly double: CrmDouble
  readonly cast: Cast
  readonly print: Printer
  readonly patienceMs: number
  /** Ids in the CRM of what the demo added, in the order of the cast. */
  readonly companyIds: string[]
  readonly contactIds: string[]
  connection?: ConnectionInfo
  /** Places in the feed up to which the demo has read. */
  readonly readUpTo: Record<string, string>
  callId?: string
  dealId?: string
  readonly counts: { contacts: number; companies: number; changes: number }
}

/** One CRM's line in the table at the end. */
export interface Told {
  readonly title: string
  readonly mark: string
  readonly connectionId: string | undefined
  readonly counts: Journey['counts']
  readonly callId: string | undefined
  readonly dealId: string | undefined
  readonly apiCalls: number
  readonly seconds: number
  readonly isRight: boolean
}

/** Does one thing, checks it and answers a sentence on it. */
export type Step = (journey: Journey, checks: Checks) => Promise<string>

const STEPS: Readonly<Record<string, Step>> = {
  connect,
  map: addOwnRule,
  backfill,
  delta: followChanges,
  webhook: hearOfChange,
  call: logCall,
  recording: addRecording,
  deal: pushDeal,
  'read back': readBack,
}

const CONTACTS = 100
const COMPANIES = 20

const runStep = async (name: string, step: Step, journey: Journey): Promise<'right' | 'wrong' | 'broken'> => {
  const checks = openChecks()
  try {
    const told = await step(journey, checks)
    if (checks.failures.length === 0) journey.print.done(name, told)
    else journey.print.failed(name, checks.failures)
    return checks.failures.length === 0 ? 'right' : 'wrong'
  } catch (error) {
    const came = error instanceof Error ? error.message : String(error)
    journey.print.failed(name, [...checks.failures, { what: 'The step came to its end', expected: 'no error', came }])
    return 'broken'
  }
}

/** Goes through all steps with one CRM. A failed check does not end it; a step that breaks off does. */
export const travel = async (
  given: Pick<Journey, 'api' | 'crm' | 'double' | 'print' | 'patienceMs'>,
): Promise<Told> => {
  const startedAt = performance.now()
  const journey: Journey = {
    ...given,
    cast: inventCast({ contacts: CONTACTS, companies: COMPANIES }),
    companyIds: [],
    contactIds: [],
    readUpTo: {},
    counts: { contacts: 0, companies: 0, changes: 0 },
  }
  const { api, crm, print } = journey
  let isRight = true
  const left = Object.entries(STEPS)
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const ended = await runStep(next[0], next[1], journey)
    if (ended !== 'right') isRight = false
    if (ended === 'broken') break
  }
  if (left.length > 0) print.line(`    not reached: ${left.map(([name]) => name).join(', ')}`)
  return {
    title: crm.title,
    mark: journey.cast.mark,
    connectionId: journey.connection?.id,
    counts: journey.counts,
    callId: journey.callId,
    dealId: journey.dealId,
    apiCalls: await apiCallsTo(api, crm.id),
    seconds: (performance.now() - startedAt) / 1_000,
    isRight,
  }
}

/** The connection, which every step after the first has. */
export const connectionOf = ({ connection }: Journey): ConnectionInfo => {
  if (connection === undefined) throw new Error('There is no connection.')
  return connection
}

/** The simulator behind the handles; undefined where they lead to a real CRM. */
export const simulatedIn = (double: CrmDouble): Simulator | undefined =>
  'faults' in double ? (double as Simulator) : undefined
