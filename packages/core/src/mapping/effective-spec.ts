import type { ObjectType } from '../contract.ts'
import { pointerTo } from './pointer.ts'
import type { CustomType, FieldRule, Logic, MappingSpec, ObjectSpec, Owner } from './types.ts'

/** A piece of a spec and where it stands. */
export interface Placed<T> {
  readonly value: T
  readonly pointer: string
}

/** What a spec says of one remote object: its type's part with the part of its own name merged over it. */
export interface EffectiveSpec {
  readonly type: ObjectType
  /** Rules by canonical field; null where one is switched off. */
  readonly fields: ReadonlyMap<string, Placed<FieldRule>>
  readonly key: Placed<readonly string[]> | undefined
  readonly when: Placed<Logic> | undefined
  readonly ownership: ReadonlyMap<string, Placed<Owner>>
  readonly custom: ReadonlyMap<string, Placed<CustomType>>
}

const membersOf = <T>(
  pieces: readonly Placed<ObjectSpec>[],
  member: 'fields' | 'ownership' | 'custom',
): Map<string, Placed<T>> => {
  const all = new Map<string, Placed<T>>()
  for (const { value, pointer } of pieces) {
    for (const [name, one] of Object.entries(value[member] ?? {})) {
      all.set(name, { value: one as T, pointer: pointer + pointerTo(member, name) })
    }
  }
  return all
}

/** Merges what a spec says of a type with what it says of a remote object's name. */
export const effectiveSpec = (spec: MappingSpec, type: ObjectType, name?: string): EffectiveSpec => {
  const whole = spec.objects[type] ?? {}
  const pieces: Placed<ObjectSpec>[] = [{ value: whole, pointer: pointerTo('objects', type) }]
  const own = name !== undefined && Object.hasOwn(whole.kinds ?? {}, name) ? whole.kinds?.[name] : undefined
  if (own !== undefined) pieces.push({ value: own, pointer: pointerTo('objects', type, 'kinds', name ?? '') })
  let key: EffectiveSpec['key']
  let when: EffectiveSpec['when']
  for (const { value, pointer } of pieces) {
    if (value.key !== undefined) {
      key = { value: typeof value.key === 'string' ? [value.key] : value.key, pointer: `${pointer}/key` }
    }
    if (value.when !== undefined)
      when = value.when === null ? undefined : { value: value.when, pointer: `${pointer}/when` }
  }
  return {
    type,
    fields: membersOf(pieces, 'fields'),
    key,
    when,
    ownership: membersOf(pieces, 'ownership'),
    custom: membersOf(pieces, 'custom'),
  }
}
