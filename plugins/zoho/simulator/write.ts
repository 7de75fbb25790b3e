import { invalidData, mandatoryMissing, type Place, refuse, unknownId } from './failures.ts'
import { applyModuleRules } from './module-rules.ts'
import type { Change, Org } from './org.ts'
import { isActivity, type ModuleName, moduleNamed } from './schema.ts'
import type { StoredRecord } from './table.ts'
import { toSecond } from './times.ts'
import { refuseDoubles } from './unique.ts'
import { storedValue } from './validate.ts'
import { isRelation, nameOf, type Values } from './values.ts'

/** Who writes: a client of the API, whose answer says that it is done, or a user, whose work may take its time. */
export interface Writer {
  readonly place: Place
  readonly userId: string
  /** How long readers do not see it yet, in ms. */
  readonly hiddenMs: number
  /** When it began: the stamp that the record gets. */
  readonly startedMs: number
}

export const apiWriter = (org: Org, index = 0): Writer => ({
  place: { index },
  userId: org.me.id,
  hiddenMs: 0,
  startedMs: org.now().getTime(),
})

/** Somebody who works in the CRM itself, without HTTP. */
export const userWriter = (org: Org): Writer => ({
  place: { index: 0 },
  userId: (org.users[1] ?? org.me).id,
  hiddenMs: org.knobs.commitDelayMs === 0 ? 0 : Math.round(org.knobs.commitDelayMs * (0.5 + org.random() / 2)),
  startedMs: org.now().getTime(),
})

/** Adds a record, or refuses. */
export const createRecord = (org: Org, module: ModuleName, given: Values, writer: Writer): StoredRecord => {
  const stampMs = toSecond(writer.startedMs)
  const { values, ownerId } = draftOf(org, module, given, undefined, writer)
  const record: StoredRecord = {
    id: org.nextId(),
    values,
    createdMs: stampMs,
    modifiedMs: stampMs,
    createdBy: writer.userId,
    modifiedBy: writer.userId,
    ownerId,
    offsetMinutes: org.nextOffset(),
  }
  return commit(org, module, record, writer, 'insert', Object.keys(given))
}

/** Changes a live record, or refuses. */
export const updateRecord = (org: Org, module: ModuleName, id: string, given: Values, writer: Writer): StoredRecord => {
  const before = org.tables[module].get(id)
  if (before === undefined) throw unknownId(writer.place)
  refuseHeld(org, id, given, before, writer.place)
  const { values, ownerId } = draftOf(org, module, given, before, writer)
  const fields = Object.keys(given).filter((name) => values[name] !== before.values[name])
  const modifiedMs = Math.max(before.modifiedMs, toSecond(writer.startedMs))
  const record = { ...before, values, ownerId, modifiedMs, modifiedBy: writer.userId }
  return commit(org, module, record, writer, 'update', fields)
}

/** Moves a record to the recycle bin, or deletes it for ever. */
export const deleteRecord = (org: Org, module: ModuleName, id: string, writer: Writer, isPermanent = false): void => {
  const table = org.tables[module]
  const record = table.get(id)
  if (record === undefined) throw unknownId(writer.place)
  if (org.holds.get(id) === 'RECORD_LOCKED') throw held('RECORD_LOCKED')
  table.deleted.set(id, {
    record,
    name: nameOf(module, record),
    deletedMs: toSecond(writer.startedMs),
    deletedBy: writer.userId,
    isPermanent,
    visibleMs: writer.startedMs + writer.hiddenMs,
  })
  table.drop(id, { reads: writer.hiddenMs, index: indexDelayMs(org) })
  note(org, { module, id, operation: 'delete', fields: [], hiddenMs: writer.hiddenMs })
}

/** Takes a record out of the recycle bin again: a change like any other. */
export const restoreRecord = (org: Org, module: ModuleName, id: string, writer: Writer): StoredRecord => {
  const bin = org.tables[module].deleted.get(id)
  if (bin === undefined || bin.isPermanent) throw unknownId(writer.place)
  org.tables[module].deleted.delete(id)
  const record = { ...bin.record, modifiedMs: toSecond(writer.startedMs), modifiedBy: writer.userId }
  return commit(org, module, record, writer, 'insert', [])
}

/** Puts a record where readers will find it. A logged activity touches who it is about, but not their stamp. */
export const commit = (
  org: Org,
  module: ModuleName,
  record: StoredRecord,
  writer: Writer,
  operation: Change['operation'],
  fields: readonly string[],
): StoredRecord => {
  put(org, module, record, writer.hiddenMs)
  const known = fields.filter((name) => org.fields[module].has(name))
  note(org, { module, id: record.id, operation, fields: known, hiddenMs: writer.hiddenMs })
  if (isActivity(module) || module === 'Notes')
    for (const name of ['Who_Id', 'What_Id', 'Parent_Id']) {
      const about = record.values[name]
      const other = isRelation(about) ? org.tables[about.module].get(about.id) : undefined
      if (!isRelation(about) || other === undefined || !org.fields[about.module].has('Last_Activity_Time')) continue
      const values = { ...other.values, Last_Activity_Time: record.modifiedMs }
      put(org, about.module, { ...other, values }, writer.hiddenMs)
    }
  return record
}

const put = (org: Org, module: ModuleName, record: StoredRecord, hiddenMs: number): void =>
  org.tables[module].put(record, { reads: hiddenMs, index: indexDelayMs(org) })

const note = (org: Org, change: Change): void => {
  org.changes.push(change)
}

/** A change hides for half of the lag at least, and changes come into the index in any order. */
const indexDelayMs = (org: Org): number =>
  org.knobs.indexLagMs === 0 ? 0 : Math.round(org.knobs.indexLagMs * (0.5 + org.random() / 2))

const draftOf = (
  org: Org,
  module: ModuleName,
  given: Values,
  before: StoredRecord | undefined,
  writer: Writer,
): { readonly values: Values; readonly ownerId: string } => {
  const { place } = writer
  const relatedModule = relatedModuleOf(given, place)
  const stored: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const result = storedValue(org, module, name, value, { place, relatedModule })
    if (result !== undefined) stored[name] = result
  }
  const merged: Record<string, unknown> = { ...before?.values, ...stored }
  for (const [name, field] of org.fields[module])
    if (field.required === true && (merged[name] ?? null) === null) throw mandatoryMissing(place, name)
  const set = applyModuleRules(module, { org, place, values: merged, given: stored, before })
  const { Owner: ownerId = before?.ownerId ?? org.me.id, ...values } = { ...merged, ...set }
  refuseDoubles(org, module, values, before?.id, place)
  return { values, ownerId: String(ownerId ?? before?.ownerId ?? org.me.id) }
}

const relatedModuleOf = (given: Values, place: Place): ModuleName | undefined => {
  const name = given['$se_module']
  if (name === undefined || name === null) return undefined
  const module = moduleNamed(String(name))
  if (module === undefined) throw invalidData(place, '$se_module', 'the module name given seems to be invalid')
  return module
}

const refuseHeld = (org: Org, id: string, given: Values, before: StoredRecord, place: Place): void => {
  const hold = org.holds.get(id)
  if (hold === undefined) return
  if (hold !== 'RECORD_IN_BLUEPRINT') throw held(hold)
  if (given['Stage'] !== undefined && given['Stage'] !== before.values['Stage'])
    throw refuse(400, hold, 'the record is in a blueprint', {
      api_name: 'Stage',
      json_path: `$.data[${place.index}].Stage`,
    })
}

const held = (code: string): Error =>
  refuse(400, code, code === 'RECORD_LOCKED' ? 'record is locked' : 'the record is not approved')
