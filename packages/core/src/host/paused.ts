import type { PausedObject, PushStatus } from '../api.ts'
import type { StoredConnection } from '../store/connections.ts'
import type { Flag } from '../store/flags.ts'
import type { OutboxRow } from '../store/outbox.ts'
import { type Direction, pausedReason, pausedTypeReason } from '../sync/flags.ts'
import { objectsTaking } from '../sync/prepare.ts'
import type { HostDeps } from './deps.ts'

const DIRECTIONS: readonly Direction[] = ['pull', 'push']

/** What flags have switched off at a connection, of what is on there. */
export const pausedObjects = (
  { registry }: HostDeps,
  row: StoredConnection,
  flags: readonly Flag[],
): readonly PausedObject[] => {
  const { provider } = registry.get(row.provider)
  return provider.objects
    .filter(({ name }) => row.objects.includes(name))
    .flatMap((object) =>
      DIRECTIONS.flatMap((direction): PausedObject[] => {
        const reason = pausedReason({ provider, flags }, object, direction)
        return reason === undefined ? [] : [{ object: object.name, type: object.type, direction, reason }]
      }),
    )
}

/** Whether a push that is pending waits for a person, and for what; `linked` is the object of its remote record, if it has one. */
export const pauseOfPush = (
  { registry }: HostDeps,
  connection: StoredConnection,
  flags: readonly Flag[],
  row: OutboxRow,
  linked: string | undefined,
): Pick<PushStatus, 'paused' | 'pausedReason'> => {
  const paused = (pausedReason: string) => ({ paused: true, pausedReason })
  if (!connection.enabled) return paused('The connection is switched off.')
  if (connection.status !== 'active') {
    return paused(`The connection needs to be signed in again: ${connection.status_reason ?? ''}`)
  }
  const { provider } = registry.get(connection.provider)
  const isOn = ({ name }: { readonly name: string }): boolean =>
    connection.objects.includes(name) && connection.switched_off[name] === undefined
  const objects = provider.objects.filter(isOn)
  const reason = pausedPushReason({ provider, flags, objects }, row, linked)
  return reason === undefined ? {} : paused(reason)
}

const pausedPushReason = (
  crm: Parameters<typeof pausedTypeReason>[0],
  row: OutboxRow,
  linked: string | undefined,
): string | undefined => {
  const ofType = pausedTypeReason(crm, row.type)
  if (ofType !== undefined) return ofType
  const [object] = objectsTaking(crm.objects, row, linked)
  return object && pausedReason(crm, object, 'push')
}
