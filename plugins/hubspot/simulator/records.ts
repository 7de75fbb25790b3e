import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { listParameter, recordBody, writtenBody } from './answers.ts'
import { typesBetween } from './association-store.ts'
import { notFound, refuse } from './failures.ts'
import { type Portal, survivorOf } from './portal.ts'
import { type ObjectName, SCHEMAS } from './schema.ts'
import type { StoredRecord } from './table.ts'
import {
  archiveRecord,
  createRecord,
  linksOf,
  liveRecord,
  mergeRecords,
  purgeRecord,
  requireObject,
  updateRecord,
} from './write.ts'

const DEFAULT_LIMIT = 10
const MOST_LIMIT = 100
/** Associations that come with one record of a list. */
const MOST_INLINE = 100

/** One record at a time, and the list. */
export const recordHandlers = (portal: Portal, options: { readonly mergeMakesNewId: boolean }) => {
  const list = (request: SimulatorRequest): SimulatorReply => {
    const object = requireObject(request.params['type'] ?? '')
    const limit = Number(request.query.get('limit') ?? DEFAULT_LIMIT)
    if (!(limit > 0 && limit <= MOST_LIMIT))
      throw refuse(400, 'VALIDATION_ERROR', `limit must be between 1 and ${MOST_LIMIT}`)
    const after = request.query.get('after') ?? '0'
    if (!/^\d+$/.test(after)) throw refuse(400, 'VALIDATION_ERROR', `Invalid cursor ${after}`)
    const which = request.query.get('archived') === 'true' ? 'archived' : 'live'
    const page = portal.tables[object].page(which, Number(after), limit)
    return {
      body: {
        results: page.records.map((record) => shown(object, record, request.query)),
        ...(page.next === undefined ? {} : { paging: { next: { after: String(page.next), link: '?after' } } }),
      },
    }
  }

  const shown = (object: ObjectName, record: StoredRecord, query: URLSearchParams): object => {
    const associations = inlineAssociations(portal, object, record.id, listParameter(query, 'associations'))
    return {
      ...recordBody(portal, object, record, listParameter(query, 'properties')),
      ...(associations === undefined ? {} : { associations }),
    }
  }

  const named = (request: SimulatorRequest): { object: ObjectName; id: number } => {
    const object = requireObject(request.params['type'] ?? '')
    const property = request.query.get('idProperty')
    const value = request.params['id'] ?? ''
    if (property === null || property === 'hs_object_id')
      return { object, id: survivorOf(portal, object, Number(value)) }
    const id = portal.tables[object].holder(property, value)
    if (id === undefined) throw notFound()
    return { object, id }
  }

  return {
    list,
    read: (request: SimulatorRequest): SimulatorReply => {
      const { object, id } = named(request)
      const record = portal.tables[object].get(id)
      const isWanted = (record?.archivedMs !== undefined) === (request.query.get('archived') === 'true')
      if (record === undefined || !isWanted) throw notFound()
      return { body: shown(object, record, request.query) }
    },
    create: (request: SimulatorRequest): SimulatorReply => {
      const object = requireObject(request.params['type'] ?? '')
      const body = request.json() ?? {}
      const properties = body.properties ?? {}
      const record = createRecord(portal, object, properties, linksOf(object, body.associations))
      return { status: 201, body: writtenBody(portal, object, record, properties) }
    },
    update: (request: SimulatorRequest): SimulatorReply => {
      const { object, id } = named(request)
      const properties = request.json()?.properties ?? {}
      return { body: writtenBody(portal, object, updateRecord(portal, object, id, properties), properties) }
    },
    archive: (request: SimulatorRequest): SimulatorReply => {
      const { object, id } = named(request)
      archiveRecord(portal, object, id)
      return { status: 204 }
    },
    merge: (request: SimulatorRequest): SimulatorReply => {
      const object = requireObject(request.params['type'] ?? '')
      const { primaryObjectId, objectIdToMerge } = request.json() ?? {}
      const record = mergeRecords(
        portal,
        object,
        Number(primaryObjectId),
        Number(objectIdToMerge),
        options.mergeMakesNewId,
      )
      return { body: recordBody(portal, object, record) }
    },
    forget: (request: SimulatorRequest): SimulatorReply => {
      const object = requireObject(request.params['type'] ?? '')
      const { objectId, idProperty } = request.json() ?? {}
      const id = idProperty === 'email' ? portal.tables[object].holder('email', String(objectId)) : Number(objectId)
      if (id !== undefined) purgeRecord(portal, object, id)
      return { status: 204 }
    },
  }
}

/** Related ids as a list shows them: a primary one under both its names, and no member at all where there are none. */
const inlineAssociations = (
  portal: Portal,
  object: ObjectName,
  id: number,
  wanted: readonly string[],
): object | undefined => {
  const related = wanted.flatMap((name) => {
    const to = requireObject(name)
    const type = `${SCHEMAS[object].singular}_to_${SCHEMAS[to].singular}`
    const hasPrimary = typesBetween(object, to)?.primary !== undefined
    const results = liveLinks(portal, object, id, to).flatMap((link) => {
      const plain = { id: String(link.id), type: hasPrimary ? `${type}_unlabeled` : type }
      return link.typeIds.length > 1 ? [plain, { id: String(link.id), type }] : [plain]
    })
    if (results.length === 0) return []
    const paging = results.length > MOST_INLINE ? { paging: { next: { after: String(MOST_INLINE) } } } : {}
    return [[to, { results: results.slice(0, MOST_INLINE), ...paging }] as const]
  })
  return related.length === 0 ? undefined : Object.fromEntries(related)
}

/** Links to records that are alive. */
export const liveLinks = (portal: Portal, object: ObjectName, id: number, to: ObjectName) =>
  portal.associations.of(object, id, to).filter((link) => liveRecord(portal, to, link.id) !== undefined)
