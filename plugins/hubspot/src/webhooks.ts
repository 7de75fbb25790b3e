import type { RawRequest, RemoteEvent, Webhooks } from '@raccordo/core/plugin'
import type { Settings } from './settings.ts'
import { isSignedByHubspot } from './signature.ts'
import type { VendorEvent } from './vendor-event.ts'
import { changesOf } from './webhook-changes.ts'

/**
 * One subscription list for each app, in the app's own settings, for all portals that installed it: nothing is
 * subscribed per connection, the app's client secret signs, and `portalId` tells whose event it is.
 */
export const webhooks: Webhooks<Settings> = {
  secret: 'client',
  verify: isSignedByHubspot,
  parse: (request) => vendorEvents(request.body).flatMap((event) => remoteEvents(event, request)),
}

/** An array of events, in whatever state each is; throws where the body is no JSON in UTF-8, or holds no event at all. */
const vendorEvents = (body: Uint8Array): readonly VendorEvent[] => {
  const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  if (typeof parsed !== 'object' || parsed === null) throw new Error('The body is no list of events')
  return (Array.isArray(parsed) ? parsed : [parsed]).filter((event) => typeof event === 'object' && event !== null)
}

const remoteEvents = (event: VendorEvent, request: RawRequest): readonly RemoteEvent[] => {
  const occurredMs = Number(event.occurredAt ?? Number.NaN)
  const isDated = Number.isFinite(occurredMs) && Math.abs(occurredMs) <= MOST_MS
  const at = new Date(isDated ? occurredMs : request.receivedAt.getTime()).toISOString()
  const account = event.portalId === undefined || event.portalId === null ? {} : { accountId: String(event.portalId) }
  const key = keyOf(event, isDated ? String(occurredMs) : at)
  return changesOf(event).map((change) => ({
    key: `${key}:${change.op}:${change.object}:${change.remoteId}`,
    ...change,
    at,
    ...account,
  }))
}

/**
 * What makes two deliveries the same. HubSpot repeats event ids for different events, and repeats an event under
 * another attempt number; a merge and an association are told apart by what they join.
 */
const keyOf = (event: VendorEvent, occurred: string): string =>
  [
    event.portalId,
    event.subscriptionId,
    event.subscriptionType ?? event.eventType,
    event.objectTypeId,
    event.objectId,
    event.propertyName,
    occurred,
    event.primaryObjectId,
    event.newObjectId,
    event.associationType,
    event.fromObjectId,
    event.toObjectId,
    event.associationRemoved,
    event.isPrimaryAssociation,
  ]
    .map((part) => (part === undefined || part === null ? '' : String(part)))
    .join('|')

/** The last instant that a Date can hold. */
const MOST_MS = 8.64e15
