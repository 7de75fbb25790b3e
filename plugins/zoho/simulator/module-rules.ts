import { dependentMismatch, invalidData, mandatoryMissing, type Place } from './failures.ts'
import type { Org } from './org.ts'
import { DEFAULT_PIPELINE, type ModuleName, PIPELINES } from './schema.ts'
import type { StoredRecord } from './table.ts'
import { secondsOf, type Values } from './values.ts'

/** What a rule sees: the values that are about to be stored, those among them that were given, the record before. */
export interface Draft {
  readonly org: Org
  readonly place: Place
  readonly values: Values
  readonly given: Values
  readonly before: StoredRecord | undefined
}

/** Rules that no single field can state. Each throws where Zoho refuses, and answers values that Zoho sets itself. */
export const applyModuleRules = (module: ModuleName, draft: Draft): Values => RULES[module]?.(draft) ?? {}

const deals = ({ place, values, given, before }: Draft): Values => {
  const pipeline = String(values['Pipeline'] ?? DEFAULT_PIPELINE)
  const stages = PIPELINES[pipeline]
  if (stages === undefined) throw invalidData(place, 'Pipeline', "Layout doesn't contain the Pipeline")
  if (!stages.some(([stage]) => stage === values['Stage']))
    throw invalidData(place, 'Stage', "Pipeline doesn't contain the Stage")
  const isMoved = given['Stage'] !== undefined && given['Stage'] !== before?.values['Stage']
  return { Pipeline: pipeline, ...(isMoved && given['Probability'] === undefined ? { Probability: null } : {}) }
}

const calls = (draft: Draft): Values => {
  const { org, place, values, given, before } = draft
  const type = values['Call_Type']
  if (before !== undefined && given['Call_Type'] !== undefined && given['Call_Type'] !== before.values['Call_Type'])
    throw invalidData(place, 'Call_Type', 'the call type cannot be changed')
  if (before !== undefined && isCompleted(org, before.values)) {
    if (given['Owner'] !== undefined && given['Owner'] !== before.ownerId)
      throw invalidData(place, 'Owner', 'the owner of a completed call cannot be changed')
    if (Number(values['Call_Start_Time']) > org.now().getTime())
      throw invalidData(place, 'Call_Start_Time', 'a completed call cannot start in the future')
  }
  const duration = values['Call_Duration'] ?? null
  if (duration !== null && secondsOf(duration) === null) throw invalidData(place, 'Call_Duration')
  if (type === 'Missed') {
    if (duration !== null) throw dependentMismatch(place, 'Call_Duration', 'a missed call has no duration')
  } else if (isCompleted(org, values)) {
    if (duration === null) throw mandatoryMissing(place, 'Call_Duration')
    if (secondsOf(duration) === 0) throw dependentMismatch(place, 'Call_Duration', 'Call Duration can not be zero')
  }
  relations(draft)
  if (type !== 'Outbound' || values['Outgoing_Call_Status'] !== undefined) return {}
  return { Outgoing_Call_Status: isCompleted(org, values) ? 'Completed' : 'Scheduled' }
}

/** Inbound calls have taken place; outbound ones have, unless they are planned or called off. */
const isCompleted = (org: Org, values: Values): boolean => {
  if (values['Call_Type'] === 'Missed') return false
  if (Number(values['Call_Start_Time']) > org.now().getTime()) return false
  return !['Scheduled', 'Overdue', 'Cancelled'].includes(String(values['Outgoing_Call_Status']))
}

const events = (draft: Draft): Values => {
  const { place, values } = draft
  if (Number(values['End_DateTime']) < Number(values['Start_DateTime']))
    throw invalidData(place, 'End_DateTime', 'the end time should be greater than the start time')
  relations(draft)
  return {}
}

const tasks = (draft: Draft): Values => {
  const { org, values, before } = draft
  relations(draft)
  const isDone = values['Status'] === 'Completed'
  if (!isDone) return { Closed_Time: null, Status: values['Status'] ?? 'Not Started' }
  return before?.values['Status'] === 'Completed' ? {} : { Closed_Time: Math.floor(org.now().getTime() / 1000) * 1000 }
}

/** A lead stands in `What_Id` alone. */
const relations = ({ place, values }: Draft): void => {
  const module = (values['What_Id'] as { module?: string } | null | undefined)?.module
  if (module === 'Leads' && (values['Who_Id'] ?? null) !== null)
    throw dependentMismatch(place, 'Who_Id', 'a lead cannot be combined with a contact')
}

const RULES: Partial<Readonly<Record<ModuleName, (draft: Draft) => Values>>> = {
  Deals: deals,
  Calls: calls,
  Events: events,
  Tasks: tasks,
}
