import type { ObjectType } from '../contract.ts'
import { OBJECT_TYPES } from './canonical.ts'
import { pointerTo } from './pointer.ts'
import type { MappingSpec, ObjectSpec, TypeSpec } from './types.ts'

export interface Layer {
  /** Name of the layer, as it is shown: `plugin`, `workspace`, `connection`. */
  readonly origin: string
  readonly spec: MappingSpec
}

export interface Merged {
  readonly spec: MappingSpec
  /** Origin of each rule, key, condition, owner and type, by JSON pointer into `spec`. */
  readonly origins: Readonly<Record<string, string>>
}

type Mutable = Record<string, unknown>

const SINGLE = ['key', 'when'] as const
const BY_NAME = ['fields', 'ownership', 'custom'] as const

const child = (parent: Mutable, name: string): Mutable => {
  if (!Object.hasOwn(parent, name)) define(parent, name, {})
  return parent[name] as Mutable
}

/** Own property whatever the name: a field called `__proto__` must not reach the prototype. */
const define = (target: Mutable, name: string, value: unknown): void => {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

const mergeObject = (target: Mutable, layer: ObjectSpec, pointer: string, note: (pointer: string) => void): void => {
  for (const member of SINGLE) {
    if (layer[member] === undefined) continue
    target[member] = layer[member]
    note(pointer + pointerTo(member))
  }
  for (const member of BY_NAME) {
    for (const [name, value] of Object.entries(layer[member] ?? {})) {
      define(child(target, member), name, value)
      note(pointer + pointerTo(member, name))
    }
  }
}

const mergeType = (target: Mutable, layer: TypeSpec, type: ObjectType, note: (pointer: string) => void): void => {
  mergeObject(target, layer, pointerTo('objects', type), note)
  for (const [name, kind] of Object.entries(layer.kinds ?? {})) {
    mergeObject(child(child(target, 'kinds'), name), kind, pointerTo('objects', type, 'kinds', name), note)
  }
}

/**
 * Lays specs over each other, the later ones winning field by field: a rule, a key, a condition, an owner or a type is
 * replaced as a whole. null switches an inherited rule off. Changes none of its arguments.
 */
export const mergeMappings = (layers: readonly Layer[]): Merged => {
  const objects: Mutable = {}
  const origins: Record<string, string> = {}
  for (const { origin, spec } of layers) {
    for (const type of OBJECT_TYPES) {
      const layer = spec.objects[type]
      if (layer === undefined) continue
      mergeType(child(objects, type), layer, type, (pointer) => {
        origins[pointer] = origin
      })
    }
  }
  return { spec: { version: 1, objects }, origins }
}
