import type { SimulatedChange, SimulatedWebhooks } from '@raccordo/testkit/simulator'
import { shuffled } from './answers.ts'
import type { DatedChange, PortalChange } from './changes.ts'
import type { Portal } from './portal.ts'
import { type ObjectName, SCHEMAS } from './schema.ts'
import { delivery, MOST_EVENTS } from './webhook-delivery.ts'
import { type EventBody, eventBody } from './webhook-events.ts'
import { makeWebhookSender, type SenderOptions } from './webhook-sender.ts'

/** The app's subscriptions: everything that happens in the portal is told, once somebody is to be told. */
export const makeWebhooks = (
  portal: Portal,
  options: SenderOptions & { readonly objectOf: (change: SimulatedChange) => ObjectName },
) => {
  const { random } = options
  const sender = makeWebhookSender(options)
  const bodies = (dated: readonly DatedChange[]): readonly EventBody[] =>
    dated.map((each) => eventBody(portal.id, each, random)).filter((event) => event !== undefined)
  portal.changes.listen((dated) => {
    for (const event of bodies([dated])) sender.push(event)
  })

  const webhooks: Required<SimulatedWebhooks> = {
    deliveries: ({ url, secret, at, changes }) => {
      const dated = changes.flatMap((change) =>
        portalChanges(portal, options.objectOf(change), change, random).map(
          (each): DatedChange => ({ change: each, source: 'CRM_UI', atMs: at.getTime() }),
        ),
      )
      const events = bodies(dated)
      const starts = Array.from({ length: Math.ceil(events.length / MOST_EVENTS) }, (_, index) => index * MOST_EVENTS)
      return starts.map((start) =>
        delivery({ url, secret, at, attempt: 0, events: events.slice(start, start + MOST_EVENTS) }),
      )
    },
    tell: sender.tell,
  }
  return { ...sender, webhooks }
}

/** What must have happened in the portal for a change to be told of. */
const portalChanges = (
  portal: Portal,
  object: ObjectName,
  change: SimulatedChange,
  random: () => number,
): readonly PortalChange[] => {
  const id = Number(change.id)
  if (change.op === 'upsert') return [edited(portal, object, id)]
  if (change.op === 'delete' && change.mergedInto !== undefined) {
    const survivorId = Number(change.mergedInto)
    return [{ kind: 'merge', object, id: survivorId, mergedIds: [id], survivorId }]
  }
  const deletion: PortalChange = { kind: 'deletion', object, id }
  return change.op === 'delete' || object !== 'contacts'
    ? [deletion]
    : shuffled([deletion, { kind: 'privacyDeletion', object, id }], random)
}

/** A change of a property that the record has; a record without any is a new one. */
const edited = (portal: Portal, object: ObjectName, id: number): PortalChange => {
  const properties = portal.tables[object].get(id)?.properties ?? {}
  const property = SCHEMAS[object].properties.find(({ name, readOnly }) => readOnly !== true && properties[name])
  if (property === undefined) return { kind: 'creation', object, id }
  return { kind: 'propertyChange', object, id, property: property.name, value: properties[property.name] ?? '' }
}
