import type { Ctx, Fields, Json, Link, Outcome, Row } from '@raccordo/core/plugin'
import { type CallFields, parseCall, renderNotes } from './call-body.ts'
import { keptLinks, linksToKeep, linksWith, withKeptLinks } from './kept-links.ts'
import { callFields } from './messages-write.ts'
import {
  createRecords,
  type LinkedRow,
  locateRecord,
  type Planned,
  updateRecords,
  type WrittenModel,
} from './model-write.ts'
import { allLinks, faultOfPlace, type Names, namedLinks, type Place, placeOf, readNames, readPlaces } from './places.ts'
import { majorOf } from './session.ts'
import type { OdooSettings } from './settings.ts'
import { type OdooRecord, searchRead, sessionOf } from './transport.ts'

export const TASK_FIELDS = 'task_fields'

const target: WrittenModel = {
  model: 'mail.activity',
  fieldTable: TASK_FIELDS,
  prefix: 'task',
  // Nobody is told by e-mail that a task was assigned to them: a sync is no person who assigns.
  context: { mail_activity_quick_update: true },
  isLoadOnly: true,
}

/** Fields that Odoo has no column for: they stand in the note, and the exact time besides the day. */
export const TASK_MADE = [
  'body',
  'started_at',
  'duration_seconds',
  'direction',
  'outcome',
  'from_e164',
  'to_e164',
  'recording_url',
] as const

/**
 * Makes activities by `load`, each once. Their document is named by the external id of its model, because plain users
 * may not look into `ir.model`.
 */
export const createTasks = async (ctx: Ctx<OdooSettings>, rows: readonly Row[]): Promise<readonly Outcome[]> => {
  const names = await readNames(ctx, allLinks(rows))
  const mayStandAlone = majorOf(sessionOf(ctx).version) >= 19
  const planned = rows.map((row): Planned => {
    const place = placeOf(row.links)
    const isAlone = place === undefined && mayStandAlone && row.fields['user_id'] != null
    const fault = isAlone ? undefined : faultOfPlace(place, names, 'task')
    if (fault !== undefined) return { failure: fault }
    const type = row.fields['activity_type_id'] === undefined ? { 'activity_type_id/id': TO_DO } : {}
    return { values: { ...valuesOf(row, undefined, [], names, place), ...columnsOf(place), ...type } }
  })
  return createRecords(ctx, target, rows, planned)
}

const TO_DO = 'mail.mail_activity_data_todo'

export const updateTasks = async (ctx: Ctx<OdooSettings>, rows: readonly LinkedRow[]): Promise<readonly Outcome[]> => {
  const domain = [['id', 'in', rows.map(({ remoteId }) => Number(remoteId))]]
  const fields = ['note', 'date_deadline', 'res_model', 'res_id']
  const records = await searchRead(ctx, target.model, { domain, fields })
  const found = new Map(records.map((record) => [String(record.id), record]))
  const told = await readPlaces(ctx, records, { model: 'res_model', id: 'res_id' })
  const kept = records.flatMap((record) => keptLinks(String(record['note'] || '')))
  const names = await readNames(ctx, [...allLinks(rows), ...records.flatMap(told), ...kept])
  const planned = rows.map((row): Planned => {
    const record = found.get(row.remoteId)
    if (record === undefined) return { failure: { kind: 'not_found', message: 'This activity is gone from Odoo.' } }
    const before = linksWith(keptLinks(String(record['note'] || '')), told(record))
    const links = [...(row.links ?? []), ...before.filter(({ type }) => !row.links?.some((link) => link.type === type))]
    const place = placeOf(links)
    const fault = row.links === undefined || place === undefined ? undefined : faultOfPlace(place, names, 'task')
    if (fault !== undefined) return { failure: fault }
    const moves = row.links === undefined ? {} : columnsOf(place)
    return { values: { ...valuesOf(row, record, links, names, place), ...moves } }
  })
  return updateRecords(ctx, target, rows, planned)
}

export const locateTask = (ctx: Ctx<OdooSettings>, row: Row): Promise<readonly string[]> =>
  locateRecord(ctx, target, row)

const columnsOf = (place: Place | undefined): Fields =>
  place === undefined
    ? {}
    : {
        'res_model_id/id': place.model === 'crm.lead' ? 'crm.model_crm_lead' : 'base.model_res_partner',
        res_id: String(place.id),
      }

const isMade = (name: string): boolean => name === 'kind' || TASK_MADE.some((made) => made === name)

const valuesOf = (
  row: Row,
  record: OdooRecord | undefined,
  links: readonly Link[],
  names: Names,
  place: Place | undefined,
): Fields => {
  const own = Object.fromEntries(Object.entries(row.fields).filter(([name]) => !isMade(name)))
  const note = String(record?.['note'] || '')
  const touchesNote = Object.keys(row.fields).some(isMade) || row.links !== undefined
  if (!touchesNote) return own
  const { subject: _, owner_email: __, ...said } = callFields(row.fields)
  const before: CallFields = record === undefined ? {} : { ...parseCall(note), started_at: startOf(record, note) }
  const after: CallFields = { ...before, ...said }
  const startedAt = instantOf(after.started_at)
  // The day has a column of its own; only a time of day must be kept besides it.
  const exact = startedAt === undefined || startedAt.endsWith('T00:00:00.000Z') ? null : startedAt
  const told = place === undefined ? [] : [place.link]
  const kept = namedLinks(linksToKeep(row.links ?? [], links, told), names)
  return {
    ...own,
    note: withKeptLinks(renderNotes({ ...after, started_at: exact }), kept, true),
    ...(startedAt === undefined ? {} : { date_deadline: startedAt.slice(0, 10) }),
  }
}

/** When a task is due: to the minute where the plugin wrote it and nobody has moved the day since. */
export const startOf = (record: OdooRecord, note: string): string | null => {
  const day = typeof record['date_deadline'] === 'string' ? record['date_deadline'] : undefined
  const exact = instantOf(parseCall(note).started_at)
  if (exact !== undefined && (day === undefined || exact.startsWith(day))) return exact
  return day === undefined ? null : `${day}T00:00:00.000Z`
}

const instantOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined
