import type { PortalChange } from './changes.ts'
import { OBJECTS, type ObjectName } from './schema.ts'

/** HubSpot's own types: what each is called from either side, and whether it marks the primary record. */
const PAIRS: readonly {
  readonly from: ObjectName
  readonly to: ObjectName
  readonly there: number
  readonly back: number
  readonly primary?: { readonly there: number; readonly back: number }
}[] = [
  { from: 'contacts', to: 'companies', there: 279, back: 280, primary: { there: 1, back: 2 } },
  { from: 'deals', to: 'companies', there: 341, back: 342, primary: { there: 5, back: 6 } },
  { from: 'deals', to: 'contacts', there: 3, back: 4 },
  { from: 'calls', to: 'contacts', there: 194, back: 193 },
  { from: 'calls', to: 'companies', there: 182, back: 181 },
  { from: 'calls', to: 'deals', there: 206, back: 205 },
  { from: 'tasks', to: 'contacts', there: 204, back: 203 },
  { from: 'tasks', to: 'companies', there: 192, back: 191 },
  { from: 'tasks', to: 'deals', there: 216, back: 215 },
  { from: 'notes', to: 'contacts', there: 202, back: 201 },
  { from: 'notes', to: 'companies', there: 190, back: 189 },
  { from: 'notes', to: 'deals', there: 214, back: 213 },
  { from: 'meetings', to: 'contacts', there: 200, back: 199 },
  { from: 'meetings', to: 'companies', there: 188, back: 187 },
  { from: 'meetings', to: 'deals', there: 212, back: 211 },
  { from: 'emails', to: 'contacts', there: 198, back: 197 },
  { from: 'emails', to: 'companies', there: 186, back: 185 },
  { from: 'emails', to: 'deals', there: 210, back: 209 },
  { from: 'contacts', to: 'contacts', there: 449, back: 449 },
  { from: 'companies', to: 'companies', there: 450, back: 450 },
  { from: 'deals', to: 'deals', there: 451, back: 451 },
]

/** The plain type from one object to another, and the primary one where there is one. */
export const typesBetween = (from: ObjectName, to: ObjectName): { plain: number; primary?: number } | undefined => {
  for (const pair of PAIRS) {
    if (pair.from === from && pair.to === to)
      return { plain: pair.there, ...(pair.primary === undefined ? {} : { primary: pair.primary.there }) }
    if (pair.from === to && pair.to === from)
      return { plain: pair.back, ...(pair.primary === undefined ? {} : { primary: pair.primary.back }) }
  }
  return undefined
}

export interface AssociationStore {
  /** Links two records both ways; a primary one takes that mark from any other. */
  add(from: ObjectName, id: number, to: ObjectName, toId: number, typeId: number): void
  remove(from: ObjectName, id: number, to: ObjectName, toId: number): void
  /** Linked ids in the order of ids, each with its types. */
  of(
    from: ObjectName,
    id: number,
    to: ObjectName,
  ): readonly { readonly id: number; readonly typeIds: readonly number[] }[]
  /** Gives all links of a record to another record of the same object. */
  move(object: ObjectName, fromId: number, toId: number): void
}

/** `tell` is given every link that is made or taken away, from both sides; a primary one is told of twice. */
export const makeAssociations = (tell: (change: PortalChange) => void): AssociationStore => {
  const links = new Map<string, Map<number, Set<number>>>()
  const side = (from: ObjectName, id: number, to: ObjectName): Map<number, Set<number>> => {
    const key = `${from}/${id}/${to}`
    const found = links.get(key) ?? new Map<number, Set<number>>()
    links.set(key, found)
    return found
  }
  const addSide = (from: ObjectName, id: number, to: ObjectName, toId: number, typeIds: readonly number[]): void => {
    const targets = side(from, id, to)
    targets.set(toId, new Set([...(targets.get(toId) ?? []), ...typeIds]))
  }
  const tellBoth = (
    from: ObjectName,
    id: number,
    to: ObjectName,
    toId: number,
    how: { readonly isRemoved: boolean; readonly isPrimary: boolean },
  ): void => {
    tell({ kind: 'associationChange', object: from, id, to, toId, ...how })
    tell({ kind: 'associationChange', object: to, id: toId, to: from, toId: id, ...how })
  }
  const add: AssociationStore['add'] = (from, id, to, toId, typeId) => {
    const there = typesBetween(from, to)
    const back = typesBetween(to, from)
    if (there === undefined || back === undefined) return
    const isPrimary = typeId === there.primary
    const known = side(from, id, to).get(toId)
    const wasPrimary = there.primary !== undefined && known?.has(there.primary) === true
    if (isPrimary && there.primary !== undefined && back.primary !== undefined)
      for (const [otherId, types] of side(from, id, to)) {
        const lost = types.delete(there.primary)
        side(to, otherId, from).get(id)?.delete(back.primary)
        if (lost && otherId !== toId) tellBoth(from, id, to, otherId, { isRemoved: true, isPrimary: true })
      }
    addSide(from, id, to, toId, [there.plain, ...(isPrimary && there.primary !== undefined ? [there.primary] : [])])
    addSide(to, toId, from, id, [back.plain, ...(isPrimary && back.primary !== undefined ? [back.primary] : [])])
    if (known === undefined) tellBoth(from, id, to, toId, { isRemoved: false, isPrimary: false })
    if (isPrimary && !wasPrimary) tellBoth(from, id, to, toId, { isRemoved: false, isPrimary: true })
  }
  const remove: AssociationStore['remove'] = (from, id, to, toId) => {
    const types = side(from, id, to).get(toId)
    side(from, id, to).delete(toId)
    side(to, toId, from).delete(id)
    if (types === undefined) return
    tellBoth(from, id, to, toId, { isRemoved: true, isPrimary: false })
    const primary = typesBetween(from, to)?.primary
    if (primary !== undefined && types.has(primary)) tellBoth(from, id, to, toId, { isRemoved: true, isPrimary: true })
  }
  const of: AssociationStore['of'] = (from, id, to) => {
    const targets = links.get(`${from}/${id}/${to}`)
    if (targets === undefined) return []
    return [...targets]
      .map(([targetId, types]) => ({ id: targetId, typeIds: [...types] }))
      .sort((left, right) => left.id - right.id)
  }
  return {
    add,
    remove,
    of,
    move: (object, fromId, toId) => {
      for (const to of OBJECTS)
        for (const target of of(object, fromId, to)) {
          remove(object, fromId, to, target.id)
          for (const typeId of target.typeIds) add(object, toId, to, target.id, typeId)
        }
    },
  }
}
