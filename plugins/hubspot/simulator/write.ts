import { typesBetween } from './association-store.ts'
import { conflict, invalidProperty, notFound, refuse } from './failures.ts'
import { type Portal, survivorOf } from './portal.ts'
import { ACTIVITIES, OBJECTS, type ObjectName, objectNamed, SCHEMAS } from './schema.ts'
import type { StoredRecord } from './table.ts'
import { checkedValues } from './validate.ts'

/** A link that a new record is made with. */
export interface NewLink {
  readonly to: ObjectName
  readonly id: number
  readonly typeId: number
}

/** Adds a record, or refuses. */
export const createRecord = (
  portal: Portal,
  object: ObjectName,
  given: Readonly<Record<string, unknown>>,
  links: readonly NewLink[] = [],
): StoredRecord => {
  const values = checkedValues(portal, object, given)
  refuseDoubles(portal, object, values, undefined)
  for (const link of links) linkTarget(portal, object, link)
  const nowMs = portal.now().getTime()
  const id = portal.tables[object].nextId()
  const record: StoredRecord = { id, properties: {}, createdMs: nowMs, updatedMs: nowMs }
  const stored = store(portal, object, record, values)
  portal.changes.tell({ kind: 'creation', object, id })
  tellValues(portal, object, record, values)
  for (const link of links) {
    portal.associations.add(object, id, link.to, linkTarget(portal, object, link), link.typeId)
    if (isActivity(object)) noteActivity(portal, link.to, linkTarget(portal, object, link))
  }
  return stored
}

/** Changes a live record, or refuses. The id of a merged record reaches the one that took it in. */
export const updateRecord = (
  portal: Portal,
  object: ObjectName,
  id: number,
  given: Readonly<Record<string, unknown>>,
): StoredRecord => {
  const record = liveRecord(portal, object, survivorOf(portal, object, id))
  if (record === undefined) throw notFound()
  const values = checkedValues(portal, object, given, record.properties)
  refuseDoubles(portal, object, values, record.id)
  tellValues(portal, object, record, values)
  return store(portal, object, record, values)
}

/** Moves a record to the recycle bin. Its last change stays what it was. */
export const archiveRecord = (portal: Portal, object: ObjectName, id: number): void => {
  const record = liveRecord(portal, object, id)
  if (record === undefined) throw notFound()
  portal.tables[object].put({ ...record, archivedMs: portal.now().getTime() })
  portal.indexes[object].drop(id, portal.indexDelayMs())
  portal.changes.tell({ kind: 'deletion', object, id })
}

/** Takes a record out of the recycle bin. Its last change stays what it was, as when it went there. */
export const restoreRecord = (portal: Portal, object: ObjectName, id: number): void => {
  const record = portal.tables[object].get(id)
  if (record?.archivedMs === undefined) throw notFound()
  refuseDoubles(portal, object, record.properties, id)
  const { archivedMs: _, ...live } = record
  portal.tables[object].put(live)
  portal.indexes[object].take(live, portal.indexDelayMs())
  portal.changes.tell({ kind: 'restore', object, id })
}

/** Forgets a record: neither the list of archived ones nor anything else shows it again. */
export const purgeRecord = (portal: Portal, object: ObjectName, id: number): void => {
  const wasLive = liveRecord(portal, object, id) !== undefined
  portal.tables[object].purge(id)
  portal.indexes[object].drop(id, portal.indexDelayMs())
  // Two events, in this order or the other.
  const isDeletionFirst = id % 2 === 0
  if (wasLive && isDeletionFirst) portal.changes.tell({ kind: 'deletion', object, id })
  portal.changes.tell({ kind: 'privacyDeletion', object, id })
  if (wasLive && !isDeletionFirst) portal.changes.tell({ kind: 'deletion', object, id })
}

/**
 * Merges one record into another. The survivor keeps its id, or both go up in a record with a new one (portals differ);
 * values that it lacks come from the other, and a second e-mail address becomes an additional one.
 */
export const mergeRecords = (
  portal: Portal,
  object: ObjectName,
  keptId: number,
  mergedId: number,
  makesNewId: boolean,
): StoredRecord => {
  const kept = liveRecord(portal, object, keptId)
  const merged = liveRecord(portal, object, mergedId)
  if (kept === undefined || merged === undefined || keptId === mergedId) throw notFound()
  const table = portal.tables[object]
  const id = makesNewId ? table.nextId() : keptId
  const gone = makesNewId ? [keptId, mergedId] : [mergedId]
  const oldIds = [kept, merged].flatMap((record) => record.properties['hs_merged_object_ids']?.split(';') ?? [])
  const emails = [
    merged.properties['email'] ?? '',
    ...[kept, merged].flatMap((record) => (record.properties['hs_additional_emails'] ?? '').split(';')),
  ]
  const additional = [...new Set(emails)].filter((email) => email !== '' && email !== kept.properties['email'])
  for (const old of gone) {
    table.purge(old)
    portal.indexes[object].drop(old, portal.indexDelayMs())
    portal.merged[object].set(old, id)
    portal.associations.move(object, old, id)
  }
  portal.changes.tell({ kind: 'merge', object, id: keptId, mergedIds: [mergedId], survivorId: id })
  return store(
    portal,
    object,
    { ...kept, id },
    {
      ...merged.properties,
      ...kept.properties,
      hs_merged_object_ids: [...new Set([...oldIds, ...gone.map(String)])].join(';'),
      ...(additional.length === 0 ? {} : { hs_additional_emails: additional.join(';') }),
    },
  )
}

export const liveRecord = (portal: Portal, object: ObjectName, id: number): StoredRecord | undefined => {
  const record = portal.tables[object].get(id)
  return record?.archivedMs === undefined ? record : undefined
}

/** Links as a request names them. */
// biome-ignore lint/suspicious/noExplicitAny: a simulator takes whatever a client sends
export const linksOf = (object: ObjectName, given: any): readonly NewLink[] =>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  (Array.isArray(given) ? given : []).flatMap((association: any) =>
    // biome-ignore lint/suspicious/noExplicitAny: as above
    (association?.types ?? []).map((type: any) => {
      const to = objectOfType(object, Number(type?.associationTypeId))
      if (to === undefined || type?.associationCategory !== 'HUBSPOT_DEFINED')
        throw refuse(400, 'VALIDATION_ERROR', `Invalid association type ${type?.associationTypeId} for ${object}`)
      return { to, id: Number(association?.to?.id), typeId: Number(type.associationTypeId) }
    }),
  )

const objectOfType = (from: ObjectName, typeId: number): ObjectName | undefined =>
  OBJECTS.find((to) => {
    const types = typesBetween(from, to)
    return types?.plain === typeId || (types?.primary !== undefined && types.primary === typeId)
  })

/** The live record that a link leads to, or a refusal. */
export const linkTarget = (
  portal: Portal,
  from: ObjectName,
  link: { readonly to: ObjectName; readonly id: number },
): number => {
  const id = survivorOf(portal, link.to, link.id)
  if (liveRecord(portal, link.to, id) !== undefined) return id
  const message = `Invalid identifiers: no ${SCHEMAS[link.to].singular} ${link.id} to associate the ${SCHEMAS[from].singular} with`
  throw refuse(400, 'VALIDATION_ERROR', message, { subCategory: 'crm.associations.INVALID_IDENTIFIER' })
}

export const requireObject = (name: string): ObjectName => {
  const object = objectNamed(name)
  if (object === undefined) throw refuse(400, 'VALIDATION_ERROR', `Unable to infer object type from: ${name}`)
  return object
}

const refuseDoubles = (
  portal: Portal,
  object: ObjectName,
  values: Readonly<Record<string, string>>,
  ownId: number | undefined,
): void => {
  for (const [name, value] of Object.entries(values)) {
    const holder = value === '' ? undefined : portal.tables[object].holder(name, value)
    if (holder === undefined || holder === ownId) continue
    if (name === 'email') throw conflict(holder)
    throw invalidProperty(name, 'CONFLICTING_UNIQUE_VALUE', `Cannot set "${name}": ${holder} already has that value`)
  }
}

const tellValues = (
  portal: Portal,
  object: ObjectName,
  record: StoredRecord,
  values: Readonly<Record<string, string>>,
): void => {
  for (const [property, value] of Object.entries(values))
    if (value !== (record.properties[property] ?? ''))
      portal.changes.tell({ kind: 'propertyChange', object, id: record.id, property, value })
}

/** Puts the values into a record and stamps it. */
const store = (
  portal: Portal,
  object: ObjectName,
  record: StoredRecord,
  values: Readonly<Record<string, string>>,
): StoredRecord => {
  const { changedField, createdField } = SCHEMAS[object]
  const nowMs = portal.now().getTime()
  const properties: Record<string, string> = {
    ...record.properties,
    ...values,
    hs_object_id: String(record.id),
    [createdField]: new Date(record.createdMs).toISOString(),
    [changedField]: new Date(nowMs).toISOString(),
  }
  const stored = { ...record, properties, updatedMs: nowMs }
  portal.tables[object].put(stored)
  portal.indexes[object].take(stored, portal.indexDelayMs())
  return stored
}

const isActivity = (object: ObjectName): boolean => ACTIVITIES.some((activity) => activity === object)

/** A logged activity touches what it is linked with: hidden properties change, and with them the last change. */
const noteActivity = (portal: Portal, object: ObjectName, id: number): void => {
  const record = liveRecord(portal, object, id)
  if (record !== undefined) store(portal, object, record, { notes_last_updated: portal.now().toISOString() })
}
