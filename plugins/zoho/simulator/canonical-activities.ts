import type { Fields, Json } from '@raccordo/core/plugin'
import type { StoredRecord } from './table.ts'
import { renderInstant } from './times.ts'
import { secondsOf, type Values } from './values.ts'

const MINUTE_SECONDS = 60

/** What a call came to, by the result that users choose from. */
const RESULTS: Readonly<Record<string, string>> = {
  Interested: 'connected',
  'Not interested': 'connected',
  'Requested more info': 'connected',
  'Requested call back': 'connected',
  'No response/Busy': 'no_answer',
  'Invalid number': 'wrong_number',
}

const orNull = (value: unknown): Json => (value === undefined || value === '' ? null : (value as Json))
const instant = (value: unknown): Json => (typeof value === 'number' ? new Date(value).toISOString() : null)
const written = (value: Json | undefined): unknown =>
  typeof value === 'string' ? renderInstant(Date.parse(value), 0) : value

const copied = (data: Fields, names: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([from, to]) => (data[from] === undefined ? [] : [[to, data[from]]])),
  )

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
  if (outcome !== undefined)
    values['Call_Result'] = Object.keys(RESULTS).find((result) => RESULTS[result] === outcome) ?? null
  if (outcome === 'canceled' && values['Call_Type'] === 'Outbound') values['Outgoing_Call_Status'] = 'Cancelled'
  const seconds = data['duration_seconds']
  if (!isMissed && (before === undefined || seconds !== undefined))
    values['Call_Duration'] = duration(Number(seconds ?? 1))
  return values
}

const duration = (seconds: number): string => {
  const whole = Math.max(1, Math.round(seconds))
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(Math.floor(whole / MINUTE_SECONDS))}:${two(whole % MINUTE_SECONDS)}`
}

export const callData = ({ values }: StoredRecord): Fields => ({
  kind: 'call',
  direction: values['Call_Type'] === 'Outbound' ? 'outbound' : 'inbound',
  started_at: instant(values['Call_Start_Time']),
  duration_seconds: secondsOf(values['Call_Duration']),
  outcome: RESULTS[String(values['Call_Result'])] ?? null,
  subject: orNull(values['Subject']),
  body: orNull(values['Description']),
  recording_url: orNull(values['Voice_Recording__s']),
  from_e164: orNull(values['Caller_ID']),
  to_e164: orNull(values['Dialled_Number']),
})

export const taskValues = (data: Fields): Values => copied(data, { subject: 'Subject', body: 'Description' })

export const taskData = ({ values }: StoredRecord): Fields => ({
  kind: 'task',
  subject: orNull(values['Subject']),
  body: orNull(values['Description']),
})

/** A meeting as a user enters it: it ends after its duration, or after half an hour. */
export const meetingValues = (data: Fields, before?: StoredRecord): Values => {
  const values = copied(data, { subject: 'Event_Title', body: 'Description' })
  const startMs =
    typeof data['started_at'] === 'string' ? Date.parse(data['started_at']) : Number(before?.values['Start_DateTime'])
  const seconds = data['duration_seconds'] ?? 1_800
  if (Number.isNaN(startMs)) return values
  return {
    ...values,
    Start_DateTime: renderInstant(startMs, 0),
    End_DateTime: renderInstant(startMs + Number(seconds) * 1_000, 0),
  }
}

export const meetingData = ({ values }: StoredRecord): Fields => ({
  kind: 'meeting',
  started_at: instant(values['Start_DateTime']),
  duration_seconds: Math.round((Number(values['End_DateTime']) - Number(values['Start_DateTime'])) / 1_000),
  subject: orNull(values['Event_Title']),
  body: orNull(values['Description']),
})

export const noteValues = (data: Fields): Values => copied(data, { subject: 'Note_Title', body: 'Note_Content' })

export const noteData = ({ values }: StoredRecord): Fields => ({
  kind: 'note',
  subject: orNull(values['Note_Title']),
  body: orNull(values['Note_Content']),
})
