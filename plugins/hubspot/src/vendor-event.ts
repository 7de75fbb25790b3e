/** An event of HubSpot's webhooks, as far as this plugin reads it. Every member may be missing, or of another type. */
export interface VendorEvent {
  /** Not unique: HubSpot says so. */
  readonly eventId?: unknown
  readonly subscriptionId?: unknown
  readonly portalId?: unknown
  /** Epoch ms. */
  readonly occurredAt?: unknown
  /** `contact.creation`; HubSpot's tables call it `eventType`, its payloads `subscriptionType`. */
  readonly subscriptionType?: unknown
  readonly eventType?: unknown
  readonly objectId?: unknown
  /** With `object.*`: '0-48' for a call. */
  readonly objectTypeId?: unknown
  readonly propertyName?: unknown
  readonly primaryObjectId?: unknown
  readonly mergedObjectIds?: unknown
  readonly newObjectId?: unknown
  readonly associationType?: unknown
  readonly fromObjectId?: unknown
  readonly toObjectId?: unknown
  readonly fromObjectTypeId?: unknown
  readonly toObjectTypeId?: unknown
  readonly associationRemoved?: unknown
  readonly isPrimaryAssociation?: unknown
}
