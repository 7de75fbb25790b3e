import type { Fields, Json } from '@raccordo/core/plugin'
import type { StoredRecord } from './table.ts'
import { renderInstant } from './times.ts'
import { secondsOf, type Values } from './values.ts'

const MINUTE_SECONDS = 60
const INDIA_MINUTES = 330

/** What a call came to, by the result that users choose from. */
const RESULTS: Readonly<Record<string, string>> = {
  Interested: 'connected',
  'Not interested': 'connected',
  'Requested more info': 'connected',
  'Requested call back': 'connected',
  'No response/Busy': 'no_answer',
  'Invalid number': 'wrong_number',
}
/** The result that a user finds closest where there is none for an outcome. */
const CLOSEST: Readonly<Record<string, string>> = { busy: 'No response/Busy', left_voicemail: 'No response/Busy' }
/** Results that cover several outcomes, so that a more exact word beside them counts. */
const VAGUE: Json[] = ['No response/Busy', 'Invalid number']
/** Outcomes of a call that somebody took. */
const TAKEN: Json[] = ['connected', 'left_message', 'wrong_number', null]

const orNull = (value: unknown): Json => (value === undefined || value === '' ? null : (value as Json))
const instant = (value: unknown): Json => (typeof value === 'number' ? new Date(value).toISOString() : null)
const written = (value: Json | undefined): unknown =>
  typeof value === 'string' ? renderInstant(Date.parse(value), 0) : value

const copied = (data: Fields, names: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([from, to]) => (data[from] === undefined ? [] : [[to, data[from]]])),
  )

/**
 * Lines that an integration leaves in a text, because Zoho has no field for them: its reference, and right above it
 * what came of a call and when something took place.
 */
const MARKED = /(?:\r?\n)?((?:(?:Outcome|Time): .*\r?\n)*)Ref: \S+[ \t]*/

const wordsOf = (value: unknown): Json => {
  const text = String(value ?? '').replace(MARKED, '')
  return text.trim() === '' ? null : text
}
const noted = (value: unknown, label: 'Outcome' | 'Time'): string | undefined =>
  new RegExp(`^${label}: (.*)$`, 'm').exec(MARKED.exec(String(value ?? ''))?.[1] ?? '')?.[1]?.trim()

/** A call as a user enters it: one that nobody took has no duration, any other has some. */
export const callValues = (data: Fields, before?: StoredRecord): Values => {
  const values = copied(data, {
    subject: 'Subject',
    body: 'Description',
    recording_url: 'Voice_Recording__s',
    from_e164: 'Caller_ID',
    to_e164: 'Dialled_Number',
  })
  const { outcome, direction } = data
  const isMissed = before === undefined && direction === 'inbound' && outcome === 'no_answer'
  if (before === undefined) values['Call_Type'] = isMissed ? 'Missed' : direction === 'inbound' ? 'Inbound' : 'Outbound'
  if (before === undefined || data['started_at'] !== undefined)
    values['Call_Start_Time'] = written(data['started_at'] ?? new Date().toISOString())
  if (outcome !== undefined) {
    const word = String(outcome)
    values['Call_Result'] = Object.keys(RESULTS).find((result) => RESULTS[result] === word) ?? CLOSEST[word] ?? null
    values['Call_Agenda'] = null
  }
  if (outcome === 'canceled' && values['Call_Type'] === 'Outbound') values['Outgoing_Call_Status'] = 'Cancelled'
  const seconds = data['duration_seconds']
  if (!isMissed && (before === undefined || seconds !== undefined))
    values['Call_Duration'] = clock(Number(seconds ?? 1))
  return values
}

const clock = (seconds: number): string => {
  const whole = Math.max(1, Math.round(seconds))
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(Math.floor(whole / MINUTE_SECONDS))}:${two(whole % MINUTE_SECONDS)}`
}

export const callData = ({ values }: StoredRecord): Fields => {
  const outcome = outcomeOf(values)
  return {
    kind: 'call',
    direction: values['Call_Type'] === 'Outbound' ? 'outbound' : 'inbound',
    started_at: instant(values['Call_Start_Time']),
    duration_seconds: lengthOf(values, outcome),
    outcome,
    subject: orNull(values['Subject']),
    body: wordsOf(values['Description']),
    recording_url: orNull(values['Voice_Recording__s']),
    from_e164: orNull(values['Caller_ID']),
    to_e164: orNull(values['Dialled_Number']),
  }
}

/** The result that was chosen, or a more exact word in the agenda. Of a call without either its length tells. */
const outcomeOf = (values: Values): Json => {
  const result = orNull(values['Call_Result'])
  const words = noted(values['Call_Agenda'], 'Outcome')
  if (words !== undefined && (result === null || VAGUE.includes(result)))
    return words.toLowerCase().replaceAll(' ', '_')
  if (result !== null) return RESULTS[String(result)] ?? null
  if (values['Call_Type'] === 'Missed') return 'no_answer'
  if (values['Outgoing_Call_Status'] === 'Cancelled') return 'canceled'
  return (secondsOf(values['Call_Duration']) ?? 0) > 1 ? 'connected' : null
}

/** A call that nobody took lasted no time, though one second is the least that can be entered. */
const lengthOf = (values: Values, outcome: Json): Json => {
  const seconds = secondsOf(values['Call_Duration'])
  const isTaken = values['Call_Type'] !== 'Missed' && TAKEN.includes(outcome)
  return !isTaken && (seconds ?? 0) <= 1 ? 0 : seconds
}

/** A task as a user enters it: due on a day, where a time was given on the day that it falls on there. */
export const taskValues = (data: Fields): Values => {
  const values = copied(data, { subject: 'Subject', body: 'Description' })
  const due = data['started_at']
  if (due === undefined) return values
  return {
    ...values,
    Due_Date: due === null ? null : renderInstant(Date.parse(String(due)), INDIA_MINUTES).slice(0, 10),
  }
}

/** A day without a time has no canonical form, so that the truth is silent about it. */
export const taskData = ({ values }: StoredRecord): Fields => {
  const time = noted(values['Description'], 'Time')
  const isDue = orNull(values['Due_Date']) !== null
  return {
    kind: 'task',
    subject: orNull(values['Subject']),
    body: wordsOf(values['Description']),
    ...(isDue && time === undefined ? {} : { started_at: isDue ? orNull(time) : null }),
  }
}

/** A meeting as a user enters it: it ends after its duration, or after half an hour. */
export const meetingValues = (data: Fields, before?: StoredRecord): Values => {
  const values = copied(data, { subject: 'Event_Title', body: 'Description' })
  if (before !== undefined && data['started_at'] === undefined && data['duration_seconds'] === undefined) return values
  const known = before === undefined ? undefined : meetingData(before)['duration_seconds']
  const startMs = Date.parse(String(data['started_at'] ?? instant(before?.values['Start_DateTime'])))
  if (Number.isNaN(startMs)) return values
  return {
    ...values,
    Start_DateTime: renderInstant(startMs, 0),
    End_DateTime: renderInstant(startMs + Number(data['duration_seconds'] ?? known ?? 1_800) * 1_000, 0),
  }
}

export const meetingData = ({ values }: StoredRecord): Fields => ({
  kind: 'meeting',
  started_at: instant(values['Start_DateTime']),
  duration_seconds: Math.round((Number(values['End_DateTime']) - Number(values['Start_DateTime'])) / 1_000),
  subject: orNull(values['Event_Title']),
  body: wordsOf(values['Description']),
})

export const noteValues = (data: Fields): Values => copied(data, { subject: 'Note_Title', body: 'Note_Content' })

/** A note took place when it was written, unless it says otherwise. */
export const noteData = ({ values, createdMs }: StoredRecord): Fields => ({
  kind: 'note',
  started_at: noted(values['Note_Content'], 'Time') ?? instant(createdMs),
  subject: orNull(values['Note_Title']),
  body: wordsOf(values['Note_Content']),
})
