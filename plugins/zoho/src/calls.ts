import type { Failure, Fields, Json } from '@raccordo/core/plugin'
import type { WriteAround, Written } from './kinds.ts'
import { textOf } from './reference.ts'
import { idOf } from './relations.ts'
import { instantMs } from './times.ts'
import type { VendorRecord } from './vendor.ts'

/** Outcomes that a mapping may name beside the organisation's own results; where it lacks one, a line of text holds it. */
export const CALL_RESULTS = [
  'Connected',
  'No answer',
  'Busy',
  'Left voicemail',
  'Left message',
  'Wrong number',
  'Failed',
  'Canceled',
] as const

/** Zoho's usual result that comes closest, for those who read in Zoho. */
const STAND_IN: Readonly<Record<string, string>> = {
  'No answer': 'No response/Busy',
  Busy: 'No response/Busy',
  'Left voicemail': 'No response/Busy',
  'Wrong number': 'Invalid number',
}
/** Results of a call that nobody took. */
const NOT_TAKEN: ReadonlySet<string> = new Set([
  'No response/Busy',
  'No answer',
  'Busy',
  'Left voicemail',
  'Failed',
  'Canceled',
])

/** Names of one field: metadata and samples differ, and an organisation has one of them. */
const STATUS_FIELDS = ['Outgoing_Call_Status', 'Outbound_Call_Status'] as const
const STATUSES = ['Completed', 'Scheduled', 'Cancelled'] as const

export const CALL_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  Call_Result: [...CALL_RESULTS, ...Object.values(STAND_IN)],
  ...Object.fromEntries(STATUS_FIELDS.map((field) => [field, STATUSES])),
}

/**
 * A call as it is mapped. Its length comes from `Call_Duration_in_seconds`, which is the same whatever the text's format.
 * Zoho takes no call of 0 s, so one second of a call that nobody took is none. A result is not asked of its users: a
 * call that took time and has none did connect.
 */
export const callShown = (record: VendorRecord): Fields => {
  const outcome = outcomeOf(record)
  const seconds = secondsShown(record, outcome)
  return { Call_Result: outcome, Call_Duration: seconds === null ? null : clock(seconds) }
}

const outcomeOf = (record: VendorRecord): string | null => {
  const result = textValue(record['Call_Result'])
  const { outcome } = textOf(record['Call_Agenda']).reference
  const isOurs = outcome !== undefined && CALL_RESULTS.some((known) => known === outcome)
  // A result that somebody has chosen since is newer than the line.
  if (isOurs && (result === null || result === STAND_IN[outcome])) return outcome
  if (result !== null) return result
  if (record['Call_Type'] === 'Missed') return 'No answer'
  if (record['Outgoing_Call_Status'] === 'Cancelled') return 'Canceled'
  return isOver(record) && (secondsOf(record) ?? 0) > SHORTEST ? 'Connected' : null
}

const secondsShown = (record: VendorRecord, outcome: string | null): number | null => {
  const seconds = secondsOf(record)
  if (record['Call_Type'] === 'Missed' || (outcome !== null && NOT_TAKEN.has(outcome) && isOver(record)))
    return seconds === null || seconds <= SHORTEST ? 0 : seconds
  return seconds
}

/** The shortest call that Zoho takes, in seconds. */
const SHORTEST = 1

const secondsOf = (record: VendorRecord): number | null => {
  const seconds = record['Call_Duration_in_seconds']
  return typeof seconds === 'number' ? seconds : secondsIn(record['Call_Duration'])
}

const secondsIn = (value: unknown): number | null => {
  if (typeof value === 'number') return Math.round(value)
  const parts = typeof value === 'string' ? /^(?:(\d+):)?(\d+):(\d{1,2})$/.exec(value.trim()) : null
  if (parts !== null) return Number(parts[1] ?? 0) * 3_600 + Number(parts[2]) * 60 + Number(parts[3])
  return typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : null
}

/** `mm:ss`, with as many minutes as it takes. */
const clock = (seconds: number): string =>
  `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`

const isOver = (record: VendorRecord): boolean =>
  !['Scheduled', 'Overdue'].includes(String(record['Outgoing_Call_Status'] ?? ''))

const textValue = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value !== '-None-' ? value : null

/** A call as Zoho takes it: type, status and length depend on each other, and some of it cannot be changed. */
export const callWritten = (fields: Fields, around: WriteAround): Written => {
  const { current } = around
  const { reference, ...result } = resultWritten(fields, around)
  const plain: Record<string, Json | undefined> = { ...fields, ...result.fields }
  return {
    fields: current === undefined ? newCall(plain, fields, around) : changedCall(plain, fields, current, around),
    ...(reference === undefined ? {} : { reference }),
    ...(current === undefined ? {} : refusalOf(fields, current)),
  }
}

const resultWritten = (fields: Fields, { current, offers }: WriteAround): Written => {
  const outcome = fields['Call_Result']
  if (outcome === undefined) return { fields: {} }
  const isWord = CALL_RESULTS.some((known) => known === outcome)
  if (typeof outcome !== 'string' || !isWord || offers('Call_Result', outcome))
    return { fields: { Call_Result: outcome }, reference: { outcome: null } }
  const standIn = STAND_IN[outcome]
  const result = standIn !== undefined && offers('Call_Result', standIn) ? standIn : null
  const seconds = secondsIn(fields['Call_Duration']) ?? (current === undefined ? 0 : (secondsOf(current) ?? 0))
  const isImplied = outcome === 'Connected' && seconds > SHORTEST
  return { fields: { Call_Result: result }, reference: { outcome: isImplied ? null : outcome } }
}

const newCall = (plain: Fields, given: Fields, around: WriteAround): Fields => {
  const { Call_Duration: duration, ...rest } = plain
  const seconds = secondsIn(duration) ?? 0
  const outcome = textValue(given['Call_Result'])
  const isNotTaken = outcome !== null && NOT_TAKEN.has(outcome)
  if (rest['Call_Type'] === 'Missed') return rest
  if (rest['Call_Type'] === 'Inbound' && isNotTaken && seconds === 0) return { ...rest, Call_Type: 'Missed' }
  const isPlanned = (instantMs(given['Call_Start_Time']) ?? 0) > around.nowMs && seconds === 0
  const isCanceled = outcome === 'Canceled' && seconds === 0
  const status = isPlanned ? 'Scheduled' : isCanceled ? 'Cancelled' : 'Completed'
  const statusField = rest['Call_Type'] === 'Outbound' ? statusFieldFor(status, around) : undefined
  const withStatus = statusField === undefined || statusField in rest ? rest : { ...rest, [statusField]: status }
  const isWithoutLength = isPlanned || (isCanceled && statusField !== undefined)
  return isWithoutLength ? withStatus : { ...withStatus, Call_Duration: clock(Math.max(SHORTEST, seconds)) }
}

const statusFieldFor = (status: string, { offers }: WriteAround): string | undefined =>
  STATUS_FIELDS.find((field) => offers(field, status))

const changedCall = (plain: Fields, given: Fields, current: VendorRecord, around: WriteAround): Fields => {
  const { Call_Type: _type, Owner: owner, Call_Duration: duration, ...rest } = plain
  const kept = owner === undefined || isFixedOwner(owner, current) ? rest : { ...rest, Owner: owner }
  if (given['Call_Duration'] === undefined) return kept
  const seconds = secondsIn(duration) ?? 0
  if (current['Call_Type'] === 'Missed' && seconds === 0) return kept
  const isOpen = ['Scheduled', 'Overdue', 'Cancelled'].includes(String(current['Outgoing_Call_Status'] ?? ''))
  if (isOpen && seconds === 0) return kept
  const statusField = isOpen ? statusFieldFor('Completed', around) : undefined
  return {
    ...kept,
    Call_Duration: clock(Math.max(SHORTEST, seconds)),
    ...(statusField === undefined ? {} : { [statusField]: 'Completed' }),
  }
}

/** A call that is over keeps its owner; a write of the same one is refused too. */
const isFixedOwner = (owner: Json, current: VendorRecord): boolean =>
  isOver(current) || idOf(owner) === idOf(current['Owner'] ?? null)

/** What of a change Zoho will not take. A missed call is an inbound one. */
const refusalOf = (fields: Fields, current: VendorRecord): { readonly refusal?: Failure } => {
  const type = fields['Call_Type']
  const now = current['Call_Type'] === 'Missed' && type !== 'Missed' ? 'Inbound' : current['Call_Type']
  if (typeof type === 'string' && type !== now) {
    const message = `Zoho does not change the type of a call: this one stays ${current['Call_Type']}`
    return { refusal: { kind: 'invalid', message, field: 'Call_Type' } }
  }
  const owner = fields['Owner']
  if (owner === undefined || !isOver(current) || idOf(owner) === idOf(current['Owner'] ?? null)) return {}
  return {
    refusal: { kind: 'invalid', message: 'Zoho does not change the owner of a call that is over', field: 'Owner' },
  }
}
