import { refuse } from './failures.ts'
import { type Org, userWithId } from './org.ts'
import { type ModuleName, moduleNamed } from './schema.ts'
import type { StoredRecord } from './table.ts'
import { comparableValue, isRelation, nameOf, rawValue, shownValue } from './values.ts'

/** A column of a query: what it shows, what comparisons see, and the type that says which comparisons there are. */
export interface Column {
  readonly name: string
  readonly type: string
  shown(record: StoredRecord): unknown
  compared(record: StoredRecord): unknown
}

export const invalidQuery = (reason: string, details: Readonly<Record<string, unknown>>): Error =>
  refuse(400, 'INVALID_QUERY', 'invalid query formed', { reason, ...details })

const UNSUPPORTED = ['participants', 'RRULE', 'ALARM']

/**
 * The column with this name: a field, a field of the record that a lookup leads to (`Account_Name.Account_Name`,
 * `Who_Id.id`), or of the record that a lookup into several modules leads to (`What_Id->Leads.Last_Name`).
 */
export const columnNamed = (org: Org, module: ModuleName, name: string, apiVersion: number): Column => {
  const [first = '', ...rest] = name.split(/\.|(?=->)/)
  const field = org.fields[module].get(first)
  const path = rest.map((part) => part.replace(/^->/, ''))
  if (field === undefined) throw unknownColumn(name)
  if (UNSUPPORTED.includes(field.type)) throw invalidQuery('unsupported data type', { column_name: name })
  const own = (record: StoredRecord) => comparableValue(org, module, record, first)
  if (path.length === 0)
    return {
      name,
      type: field.type,
      shown: (record) => shownInQuery(org, module, record, first, apiVersion),
      compared: own,
    }
  if (field.type === 'ownerlookup') return userColumn(org, name, path, own)
  if (field.type !== 'lookup' && field.type !== 'multi_module_lookup') throw unknownColumn(name)
  const relation = (record: StoredRecord) => {
    const value = rawValue(org, module, record, first)
    return isRelation(value) ? value : undefined
  }
  const joined = path.join('.')
  if (joined === 'id') return plain(name, 'bigint', (record) => relation(record)?.id ?? null)
  if (joined === 'module.api_name') return plain(name, 'text', (record) => relation(record)?.module ?? null)
  if (joined === 'name')
    return plain(name, 'text', (record) => {
      const to = relation(record)
      const other = to === undefined ? undefined : org.tables[to.module].get(to.id)
      return to === undefined || other === undefined ? null : nameOf(to.module, other)
    })
  const target = field.module ?? moduleNamed(path[0] ?? '')
  const inner = field.module === undefined ? path.slice(1).join('.') : joined
  if (target === undefined || inner === '') throw unknownColumn(name)
  const column = columnNamed(org, target, inner, apiVersion)
  const follow = (record: StoredRecord) => {
    const to = relation(record)
    return to?.module === target ? org.tables[target].get(to.id) : undefined
  }
  const through = (read: (record: StoredRecord) => unknown) => (record: StoredRecord) => {
    const other = follow(record)
    return other === undefined ? null : read(other)
  }
  return { name, type: column.type, shown: through(column.shown), compared: through(column.compared) }
}

const plain = (name: string, type: string, read: (record: StoredRecord) => unknown): Column => ({
  name,
  type,
  shown: read,
  compared: read,
})

const userColumn = (
  org: Org,
  name: string,
  path: readonly string[],
  idOf: (record: StoredRecord) => unknown,
): Column => {
  const readers: Readonly<Record<string, (id: string) => unknown>> = {
    id: (id) => id,
    email: (id) => userWithId(org, id)?.email ?? null,
    first_name: (id) => userWithId(org, id)?.firstName ?? null,
    last_name: (id) => userWithId(org, id)?.lastName ?? null,
  }
  const read = readers[path.join('.')]
  if (read === undefined) throw unknownColumn(name)
  return plain(name, path[0] === 'id' ? 'bigint' : 'text', (record) => read(String(idOf(record) ?? '')))
}

/** A relation shows its id, and from version 7 on its name too; the mail address of a user never comes with it. */
const shownInQuery = (
  org: Org,
  module: ModuleName,
  record: StoredRecord,
  name: string,
  apiVersion: number,
): unknown => {
  const value = shownValue(org, module, record, name)
  if (typeof value !== 'object' || value === null || !('id' in value)) return value
  return apiVersion >= 7 && 'name' in value ? { name: value.name, id: value.id } : { id: value.id }
}

const unknownColumn = (name: string): Error => invalidQuery('column given seems to be invalid', { column_name: name })
