import type { FieldInfo, Fields, Link, LookupRow, ObjectType } from '@raccordo/core/plugin'

/** What the kit uses of the engine's mapping layer. */
export interface MappingLayer {
  validateMapping(spec: unknown): readonly { readonly pointer?: string; readonly message: string }[]
  compileMapping(input: {
    readonly spec: object
    readonly object: {
      readonly type: ObjectType
      readonly name: string
      readonly aliases?: Readonly<Record<string, string>>
    }
    readonly fields: readonly FieldInfo[] | undefined
    readonly currency?: string
  }): Mapping
}

/** A compiled mapping, as far as the kit uses it. */
export interface Mapping {
  readonly remoteFields: readonly string[]
  readonly keys: readonly { readonly canonical: string; readonly remote: string }[]
  readonly lookupTables: readonly string[]
  readonly canonicalFields: readonly string[]
  readonly warnings: readonly { readonly pointer?: string; readonly message: string }[]
  toCanonical(
    record: { readonly fields: Fields; readonly links?: readonly Link[] },
    resolve: Resolver,
  ): { readonly ok: true; readonly data: Fields; readonly references: Fields } | Refusal
  toRemote(
    patch: Fields,
    resolve: Resolver,
    base?: Fields,
  ):
    | {
        readonly ok: true
        readonly fields: Fields
        readonly links: readonly { readonly type: ObjectType; readonly localId: string; readonly field?: string }[]
      }
    | Refusal
}

export interface Resolver {
  lookup(table: string, by: { readonly id: string } | { readonly key: string }): LookupRow | undefined
}

interface Refusal {
  readonly ok: false
  readonly faults: readonly { readonly pointer?: string; readonly message: string }[]
}

/** Loads the mapping layer from beside the authors' door, which does not offer it: a plugin has no use for it. */
export const mappingLayer = async (): Promise<MappingLayer> => {
  const door = import.meta.resolve('@raccordo/core/plugin')
  return import(door.replace(/plugin(\.[jt]s)$/, 'mapping/index$1'))
}
