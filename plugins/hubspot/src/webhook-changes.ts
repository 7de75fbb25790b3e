import type { RemoteEvent } from '@raccordo/core/plugin'
import type { VendorEvent } from './vendor-event.ts'
import { objectOfEvent, objectOfWord, objectsOfAssociation } from './webhook-objects.ts'

type Change = Pick<RemoteEvent, 'object' | 'remoteId' | 'op' | 'mergedInto'>

/**
 * What an event says of which records. Nothing for what is not moved (tickets, line items, conversations) and for kinds
 * that HubSpot may add: the same URL serves every subscription of the app, and an error would have them all sent again.
 */
export const changesOf = (event: VendorEvent): readonly Change[] => {
  const [word = '', kind = ''] = String(event.subscriptionType ?? event.eventType ?? '').split('.')
  if (kind === 'associationChange') return associationChanges(event, word)
  const object = objectOfEvent(event, word)
  if (object === undefined) return []
  if (kind === 'merge') return mergeChanges(event, object)
  const op = OPERATIONS.get(kind)
  const remoteId = idOf(event.objectId)
  return op === undefined || remoteId === undefined ? [] : [{ object, remoteId, op }]
}

const OPERATIONS: ReadonlyMap<string, RemoteEvent['op']> = new Map([
  ['creation', 'upsert'],
  ['propertyChange', 'upsert'],
  ['restore', 'upsert'],
  ['deletion', 'delete'],
  ['privacyDeletion', 'erase'],
])

/** Every id but the survivor's is gone into it. Where the survivor has a new id, the primary's own is gone too. */
const mergeChanges = (event: VendorEvent, object: string): readonly Change[] => {
  const primary = idOf(event.primaryObjectId) ?? idOf(event.objectId)
  const survivor = idOf(event.newObjectId) ?? primary
  if (survivor === undefined) return []
  const merged = (Array.isArray(event.mergedObjectIds) ? event.mergedObjectIds : []).flatMap((id) => idOf(id) ?? [])
  const gone = [...new Set([...merged, ...(primary === undefined ? [] : [primary])])].filter((id) => id !== survivor)
  return [
    ...gone.map((remoteId): Change => ({ object, remoteId, op: 'delete', mergedInto: survivor })),
    { object, remoteId: survivor, op: 'upsert' },
  ]
}

/** A link made or taken away moves the last change of neither record, so both are read again. */
const associationChanges = (event: VendorEvent, word: string): readonly Change[] => {
  const { from, to } = objectsOfAssociation(event)
  const ends = [
    { object: from ?? objectOfWord(word), remoteId: idOf(event.fromObjectId) },
    { object: to, remoteId: idOf(event.toObjectId) },
  ]
  return ends.flatMap(({ object, remoteId }) =>
    object === undefined || remoteId === undefined ? [] : [{ object, remoteId, op: 'upsert' as const }],
  )
}

/** Ids of records are numbers, now and then in quotes; -1 and 0 stand for none. */
const idOf = (value: unknown): string | undefined => {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  return /^[1-9]\d*$/.test(text) ? text : undefined
}
