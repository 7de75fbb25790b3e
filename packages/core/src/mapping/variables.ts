import { outlineLogic } from './logic-outline.ts'
import { resolveField, type Schema } from './resolve-field.ts'
import { parseShorthand } from './shorthand.ts'
import type { Logic } from './types.ts'

export interface BoundVariables {
  /** Remote field, with its path, of each variable. */
  readonly names: ReadonlyMap<string, string>
  /** The first variable that the object has no field for. */
  readonly missing: string | undefined
}

/** Finds the remote fields that an expression reads. A variable may list alternates, as a rule's `from` does. */
export const bindVariables = (logic: Logic | undefined, schema: Schema): BoundVariables => {
  const names = new Map<string, string>()
  for (const variable of logic === undefined ? [] : outlineLogic(logic, '').variables) {
    const parsed = parseShorthand(variable)
    const alternates = parsed.ok ? parsed.shorthand.alternates : [{ name: variable }]
    const found = resolveField(alternates, schema)
    if (found === undefined) return { names, missing: variable }
    names.set(variable, [found.remote, ...found.nested].join('.'))
  }
  return { names, missing: undefined }
}

/** The fields to ask for, of names with paths. */
export const headsOf = (names: Iterable<string>): readonly string[] =>
  [...names].map((name) => name.split('.')[0] ?? '')
