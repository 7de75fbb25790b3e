import type { Properties } from './properties.ts'

/** How long a meeting lasts, in ms: HubSpot keeps its two ends, a mapping its beginning and this. */
export const MEETING_DURATION = 'meeting_duration'

const START = 'hs_meeting_start_time'
const END = 'hs_meeting_end_time'
/** Place on the timeline: required of every activity, and the same as the start of a meeting. */
const PLACE = 'hs_timestamp'

/** The properties that beginning and duration are made of. */
export const MEETING_TIMES: readonly string[] = [PLACE, START, END]

/** A meeting as it is mapped. Other software may set the place on the timeline alone. */
export const meetingFields = (properties: Properties): Properties => {
  const start = properties[START] || properties[PLACE] || null
  const length = lengthMs(properties)
  return { ...properties, [START]: start, [MEETING_DURATION]: length === undefined ? null : String(length) }
}

/** A meeting as HubSpot keeps it. One that is moved keeps its length, and one that gets another length its beginning. */
export const meetingProperties = (properties: Properties, current: Properties): Properties => {
  const { [MEETING_DURATION]: duration, ...rest } = properties
  const start = rest[START] ?? rest[PLACE]
  const placed = start === undefined ? rest : { ...rest, [START]: start, [PLACE]: start }
  if (rest[END] !== undefined || (start === undefined && duration === undefined)) return placed
  const length = duration === undefined ? lengthMs(current) : duration === '' ? undefined : Number(duration)
  const startMs = instantMs(start ?? (current[START] || current[PLACE]))
  if (length === undefined || startMs === undefined || Number.isNaN(length))
    return duration === undefined ? placed : { ...placed, [END]: '' }
  return { ...placed, [END]: new Date(startMs + length).toISOString() }
}

/** What a change must know of the meeting: its times, where only one of beginning and duration is written. */
export const meetingNeeds = (properties: Properties): readonly string[] => {
  const movesStart = properties[START] !== undefined || properties[PLACE] !== undefined
  const isWhole = movesStart === (properties[MEETING_DURATION] !== undefined)
  return isWhole || properties[END] !== undefined ? [] : MEETING_TIMES
}

const lengthMs = (properties: Properties): number | undefined => {
  const [startMs, endMs] = [instantMs(properties[START] || properties[PLACE]), instantMs(properties[END])]
  return startMs === undefined || endMs === undefined ? undefined : Math.max(0, endMs - startMs)
}

const instantMs = (value: string | null | undefined): number | undefined => {
  if (value === null || value === undefined || value === '') return undefined
  const ms = /^-?\d+$/.test(value) ? Number(value) : Date.parse(value)
  return Number.isNaN(ms) ? undefined : ms
}
