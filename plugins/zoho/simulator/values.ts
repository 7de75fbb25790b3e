import { type Org, userWithId } from './org.ts'
import { isActivity, MODULES, type ModuleName, PIPELINES } from './schema.ts'
import type { StoredRecord } from './table.ts'
import { renderInstant } from './times.ts'

/** Values by field: instants as epoch ms, relations as `Relation`, the rest as Zoho writes them in JSON. */
export type Values = Readonly<Record<string, unknown>>

/** A record that another one points at. */
export interface Relation {
  readonly module: ModuleName
  readonly id: string
}

export const isRelation = (value: unknown): value is Relation =>
  typeof value === 'object' && value !== null && 'module' in value && 'id' in value

/** What a record is called wherever another one points at it. */
export const nameOf = (module: ModuleName, record: StoredRecord): string =>
  module === 'Contacts' || module === 'Leads'
    ? fullName(record.values)
    : String(record.values[MODULES[module].nameField] ?? '')

const fullName = (values: Values): string =>
  [values['First_Name'], values['Last_Name']].filter((part) => typeof part === 'string' && part !== '').join(' ')

/** A value as comparisons need it: instants in ms, relations and users as their id. */
export const comparableValue = (org: Org, module: ModuleName, record: StoredRecord, name: string): unknown => {
  const value = rawValue(org, module, record, name)
  return isRelation(value) ? value.id : value
}

/** A value as an answer shows it. */
export const shownValue = (org: Org, module: ModuleName, record: StoredRecord, name: string): unknown => {
  const type = org.fields[module].get(name)?.type
  const value = rawValue(org, module, record, name)
  if (value === null || value === undefined) return null
  if (type === 'datetime') return renderInstant(Number(value), record.offsetMinutes)
  if (type === 'ownerlookup') return shownUser(org, String(value))
  if (isRelation(value)) return shownRelation(org, name, value)
  return value
}

/** A value before it is dressed up; what Zoho computes is computed here. */
export const rawValue = (org: Org, module: ModuleName, record: StoredRecord, name: string): unknown => {
  const { values } = record
  const computed = COMPUTED[name]?.(record, org)
  if (computed !== undefined) return computed
  const value = values[name] ?? null
  if (isRelation(value)) return liveRelation(org, value)
  if (value === null && org.fields[module].get(name)?.type === 'boolean') return false
  return value
}

/** A relation to a record that was deleted shows as none. */
const liveRelation = (org: Org, { module, id }: Relation): Relation | null =>
  org.tables[module].get(id) === undefined ? null : { module, id }

const COMPUTED: Readonly<Record<string, (record: StoredRecord, org: Org) => unknown>> = {
  id: ({ id }) => id,
  Owner: ({ ownerId }) => ownerId,
  Created_By: ({ createdBy }) => createdBy,
  Modified_By: ({ modifiedBy }) => modifiedBy,
  Created_Time: ({ createdMs }) => createdMs,
  Modified_Time: ({ modifiedMs }) => modifiedMs,
  Full_Name: ({ values }) => fullName(values),
  Record_Status__s: () => 'Available',
  Locked__s: ({ id }, org) => org.holds.get(id) === 'RECORD_LOCKED',
  Call_Duration_in_seconds: ({ values }) => secondsOf(values['Call_Duration']),
  Probability: ({ values }) => values['Probability'] ?? chanceOf(values),
  Expected_Revenue: ({ values }) => {
    const amount = values['Amount']
    if (typeof amount !== 'number') return null
    return (amount * Number(values['Probability'] ?? chanceOf(values) ?? 0)) / 100
  },
}

/** Seconds of a call's `mm:ss`. */
export const secondsOf = (duration: unknown): number | null => {
  const match = typeof duration === 'string' ? /^(\d+):([0-5]\d)$/.exec(duration) : null
  return match === null ? null : Number(match[1]) * 60 + Number(match[2])
}

const chanceOf = (values: Values): number | null =>
  Object.values(PIPELINES)
    .flat()
    .find(([stage]) => stage === values['Stage'])?.[2] ?? null

export const shownUser = (org: Org, id: string): object | null => {
  const user = userWithId(org, id)
  return user === undefined ? null : { name: `${user.firstName} ${user.lastName}`, id: user.id, email: user.email }
}

const shownRelation = (org: Org, name: string, { module, id }: Relation): object => {
  const record = org.tables[module].get(id)
  const shown = { name: record === undefined ? null : nameOf(module, record), id }
  return name === 'Parent_Id' ? { module: { api_name: module, id: moduleId(module) }, ...shown } : shown
}

/** The id that metadata knows a module by. */
export const moduleId = (module: ModuleName): string =>
  String(5_725_767_000_000_002_175n + BigInt(Object.keys(MODULES).indexOf(module) * 2))

const LONGEST_RICH_TEXT = 500

/** A record as a list shows it: formatted texts are cut. */
export const listedBody = (
  org: Org,
  module: ModuleName,
  record: StoredRecord,
  names: readonly string[],
): Record<string, unknown> => {
  const body = recordBody(org, module, record, names)
  for (const name of names) {
    const text = body[name]
    if (typeof text === 'string' && org.fields[module].get(name)?.rich === true)
      body[name] = text.slice(0, LONGEST_RICH_TEXT)
  }
  return body
}

/** A whole record, or some of its fields: `$se_module`, which says what `What_Id` leads to, is one of them. */
export const recordBody = (
  org: Org,
  module: ModuleName,
  record: StoredRecord,
  names?: readonly string[],
): Record<string, unknown> => {
  const body: Record<string, unknown> = {}
  for (const name of names ?? org.fields[module].keys())
    if (org.fields[module].has(name)) body[name] = shownValue(org, module, record, name)
  body['id'] = record.id
  const about = rawValue(org, module, record, 'What_Id')
  if (isActivity(module) && names?.includes('$se_module') !== false)
    body['$se_module'] = isRelation(about) ? about.module : null
  if (names === undefined) {
    body['$approval_state'] = 'approved'
    body['$currency_symbol'] = '€'
    body['$editable'] = true
  }
  return body
}
