import type { ObjectType } from '../contract.ts'
import { type Flag, type Switches, switchesOf } from '../store/flags.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Engine } from './engine.ts'

export type Direction = 'pull' | 'push'

/** What a flag may speak of: one object of a provider in one direction. */
export interface FlagTarget {
  readonly provider: string
  readonly type: ObjectType
  /** Name of the remote object; absent for a type as such. */
  readonly object?: string
  readonly direction: Direction
}

const objectRank = (flag: Flag, { type, object }: FlagTarget): number => {
  if (flag.object === object) return 2
  return flag.object === type ? 1 : 0
}

/** The more specific of two flags counts: first by provider, then by object (its name before its type), then by direction. */
const rankOf = (flag: Flag, target: FlagTarget): number =>
  (flag.provider === '*' ? 0 : 6) + 2 * objectRank(flag, target) + (flag.direction === '*' ? 0 : 1)

/** The flag that decides over a target; undefined where none speaks of it, and all is on. */
export const decidingFlag = <F extends Flag>(flags: readonly F[], target: FlagTarget): F | undefined => {
  const speaks = ({ provider, object, direction }: F): boolean =>
    (provider === '*' || provider === target.provider) &&
    (object === '*' || object === target.type || object === target.object) &&
    (direction === '*' || direction === target.direction)
  return flags.filter(speaks).sort((a, b) => rankOf(b, target) - rankOf(a, target))[0]
}

/** Why a target is switched off, in words for an operator; undefined where it is on. */
export const reasonOff = (flags: readonly Flag[], target: FlagTarget): string | undefined => {
  const flag = decidingFlag(flags, target)
  if (flag === undefined || flag.enabled) return undefined
  return `A flag of the workspace switches it off: provider ${flag.provider}, object ${flag.object}, direction ${flag.direction}.`
}

/** The same for an object of an opened connection. */
export const pausedReason = (
  crm: Pick<Crm, 'provider' | 'flags'>,
  { type, name }: AnyObject,
  direction: Direction,
): string | undefined => reasonOff(crm.flags, { provider: crm.provider.id, type, object: name, direction })

/** Why nothing of a type may be pushed at a connection; undefined where something of it may. */
export const pausedTypeReason = (
  crm: Pick<Crm, 'provider' | 'flags' | 'objects'>,
  type: ObjectType,
): string | undefined => {
  const objects = crm.objects.filter((object) => object.type === type)
  if (objects.length === 0) return reasonOff(crm.flags, { provider: crm.provider.id, type, direction: 'push' })
  const reasons = objects.map((object) => pausedReason(crm, object, 'push'))
  return reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined
}

/** The switches as they are now, where the connection may work at all. */
export const workingSwitches = async (engine: Engine, connectionId: string): Promise<Switches | undefined> => {
  const switches = await switchesOf(engine.database, connectionId)
  return switches?.enabled === true && switches.status === 'active' ? switches : undefined
}

/** Whether an object may still be read: asked between two pages, so that switching off stops what is under way. */
export const mayPull = async (engine: Engine, crm: Crm, object: AnyObject): Promise<boolean> => {
  const switches = await workingSwitches(engine, crm.connection.id)
  return switches !== undefined && pausedReason({ ...crm, flags: switches.flags }, object, 'pull') === undefined
}
