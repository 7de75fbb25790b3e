import type { FieldInfo, Fields, Json, LookupRow } from '../../src/contract.ts'
import {
  type CompiledMapping,
  type CustomType,
  compileMapping,
  type Resolver,
  type RuleObject,
} from '../../src/mapping/index.ts'

/** A resolver over tables written as lists of rows. */
export const tables = (rows: Readonly<Record<string, readonly LookupRow[]>> = {}): Resolver => ({
  lookup: (table, by) => rows[table]?.find((row) => ('id' in by ? row.id === by.id : row.key === by.key)),
})

export const text = (name: string, more: Partial<FieldInfo> = {}): FieldInfo => ({
  name,
  label: name,
  type: 'text',
  ...more,
})

export interface OneRule {
  readonly mapping: CompiledMapping
  pull(remote: Json, others?: Fields): Json | undefined
  push(value: Json, base?: Fields): Json | undefined
}

/** A mapping with one custom field `x` read from the remote field `r`, and both directions of it. */
export const oneRule = (
  type: CustomType,
  rule: RuleObject,
  given: { readonly info?: Partial<FieldInfo>; readonly resolve?: Resolver; readonly currency?: string } = {},
): OneRule => {
  const { info, resolve = tables(), currency } = given
  const mapping = compileMapping({
    spec: {
      version: 1,
      objects: { deal: { custom: { x: type }, fields: { currency: 'cur', x: { from: 'r', ...rule } } } },
    },
    object: { type: 'deal', name: 'things' },
    fields: info === undefined ? undefined : [text('r', info), text('cur')],
    ...(currency === undefined ? {} : { currency }),
  })
  return {
    mapping,
    pull: (remote, others = {}) => {
      const result = mapping.toCanonical({ fields: { r: remote, ...others } }, resolve)
      if (!result.ok) throw new Error(JSON.stringify(result.faults))
      return result.data['x']
    },
    push: (value, base) => {
      const result = mapping.toRemote({ x: value }, resolve, base)
      if (!result.ok) throw new Error(JSON.stringify(result.faults))
      return result.fields['r']
    },
  }
}
