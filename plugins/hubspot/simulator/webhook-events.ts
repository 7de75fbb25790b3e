import { createHash } from 'node:crypto'
import type { DatedChange, PortalChange } from './changes.ts'
import { type ObjectName, SCHEMAS } from './schema.ts'

/** The app that subscribed to everything. */
const APP_ID = 54_321
/** So few that every one of them stands for many events: event ids are not unique. */
const EVENT_IDS = 50

/** An event as HubSpot words it, but for its number of attempts. */
export type EventBody = Readonly<Record<string, unknown>>

/** The event of a change; undefined where HubSpot has none for it. */
export const eventBody = (
  portalId: number,
  { change, source, atMs }: DatedChange,
  random: () => number,
): EventBody | undefined => {
  const subscriptionType = `${wordOf(change.object)}.${change.kind}`
  // Only people are forgotten; a company that goes for ever is deleted.
  if (change.kind === 'privacyDeletion' && change.object !== 'contacts') return undefined
  return {
    eventId: 100 + Math.floor(random() * EVENT_IDS),
    subscriptionId: subscriptionIdOf(subscriptionType, change),
    portalId,
    appId: APP_ID,
    occurredAt: atMs,
    subscriptionType,
    ...detailsOf(change),
    ...(wordOf(change.object) === 'object' ? { objectTypeId: SCHEMAS[change.object].typeId } : {}),
    changeSource: source,
    sourceId: source === 'INTEGRATION' ? String(APP_ID) : 'userId:9061',
  }
}

/** Contacts, companies and deals have kinds of event of their own, all else is an `object` with a type id. */
const wordOf = (object: ObjectName): string =>
  object === 'contacts' || object === 'companies' || object === 'deals' ? SCHEMAS[object].singular : 'object'

const detailsOf = (change: PortalChange): object => {
  switch (change.kind) {
    case 'creation':
      return { objectId: change.id, changeFlag: 'CREATED' }
    case 'propertyChange':
      return { objectId: change.id, propertyName: change.property, propertyValue: change.value }
    case 'merge':
      return {
        objectId: change.id,
        primaryObjectId: change.id,
        mergedObjectIds: change.mergedIds,
        newObjectId: change.survivorId,
        numberOfPropertiesMoved: change.mergedIds.length,
      }
    case 'associationChange':
      return {
        associationType: `${SCHEMAS[change.object].singular}_to_${SCHEMAS[change.to].singular}`.toUpperCase(),
        fromObjectId: change.id,
        toObjectId: change.toId,
        ...(wordOf(change.object) === 'object'
          ? { fromObjectTypeId: SCHEMAS[change.object].typeId, toObjectTypeId: SCHEMAS[change.to].typeId }
          : {}),
        associationRemoved: change.isRemoved,
        isPrimaryAssociation: change.isPrimary,
      }
    default:
      return { objectId: change.id }
  }
}

/** One subscription for each kind of event, and for each property. */
const subscriptionIdOf = (subscriptionType: string, change: PortalChange): number => {
  const property = change.kind === 'propertyChange' ? change.property : ''
  return createHash('sha256').update(`${subscriptionType}/${property}`).digest().readUInt32BE()
}
