import type { FieldInfo } from '../contract.ts'
import type { Alternate } from './shorthand.ts'

/** What is known of an object's fields. */
export interface Schema {
  readonly fields: readonly FieldInfo[] | undefined
  readonly aliases: Readonly<Record<string, string>>
}

/** A remote field that an alternate turned out to mean. */
export interface Resolved {
  readonly remote: string
  /** Steps into the field's value, where the author wrote a dotted path. */
  readonly nested: readonly string[]
  readonly part: 'first' | 'last' | undefined
  /** The live schema's word on the field, where there is one. */
  readonly info: FieldInfo | undefined
}

type Find = (name: string) => FieldInfo | undefined

/**
 * The first alternate that the object has: by exact name over all alternates, then without regard to case, then by
 * alias. Where no schema is known it is the first alternate, or its alias. `accepts` turns a field down by its type.
 */
export const resolveField = (
  alternates: readonly Alternate[],
  schema: Schema,
  accepts: (field: FieldInfo) => boolean = () => true,
): Resolved | undefined => {
  const { fields, aliases } = schema
  const aliasOf = (name: string) => (Object.hasOwn(aliases, name) ? aliases[name] : undefined)
  if (fields === undefined) {
    const [first] = alternates
    if (first === undefined) return undefined
    const [head = '', ...nested] = first.name.split('.')
    const whole = aliasOf(first.name)
    return {
      remote: whole ?? aliasOf(head) ?? head,
      nested: whole === undefined ? nested : [],
      part: first.part,
      info: undefined,
    }
  }
  const exact: Find = (name) => fields.find((field) => field.name === name)
  const folded: Find = (name) => fields.find((field) => field.name.toLowerCase() === name.toLowerCase())
  const aliased: Find = (name) => {
    const target = aliasOf(name)
    return target === undefined ? undefined : (exact(target) ?? folded(target))
  }
  for (const find of [exact, folded, aliased]) {
    for (const { name, part } of alternates) {
      const whole = find(name)
      if (whole !== undefined && accepts(whole)) return { remote: whole.name, nested: [], part, info: whole }
      const [head = '', ...nested] = name.split('.')
      const base = nested.length === 0 ? undefined : find(head)
      if (base !== undefined && accepts(base)) return { remote: base.name, nested, part, info: base }
    }
  }
  return undefined
}
