import type { FieldInfo } from '../contract.ts'
import { type Resolved, resolveField, type Schema } from './resolve-field.ts'
import type { Rule } from './rule.ts'
import { CODECS, oneOf } from './transforms/codecs.ts'
import { lookup } from './transforms/lookup.ts'
import { picklist } from './transforms/picklist.ts'
import { TRANSFORMS } from './transforms/table.ts'
import type { Making, Transform } from './transforms/transform.ts'
import { bindVariables } from './variables.ts'

/** A rule bound to a tenant: which remote field it takes, and the transforms between the two sides. */
export interface Binding {
  readonly rule: Rule
  /** Absent where the rule reads no field. */
  readonly remote: Resolved | undefined
  /** In the order of a pull. */
  readonly chain: readonly Transform[]
  /** True where a remote `false` is a value and not a vendor's way to say empty. */
  readonly keepsFalse: boolean
  /** Remote field, with its path, of each variable of the rule's `pull`. */
  readonly variables: ReadonlyMap<string, string>
  /** What a pull yields where the remote field is empty. */
  readonly fallback?: string
}

export interface Surroundings {
  readonly schema: Schema
  readonly accountCurrency: string | undefined
  /** Canonical fields that the spec maps. */
  has(canonicalField: string): boolean
  /** Notes a warning at a rule. */
  note(rule: Rule, message: string, remedy?: string): void
}

const REFERENCE_TYPES: ReadonlySet<FieldInfo['type']> = new Set(['reference', 'number'])

const accepts = (rule: Rule) => (field: FieldInfo) => rule.type !== 'reference' || REFERENCE_TYPES.has(field.type)

/**
 * Finds the rule's remote field. Undefined where none of its alternates is there: the rule is left out then, with a
 * warning, so that one default structure serves many CRMs. A reference falls back to the record's links.
 */
export const bindRule = (rule: Rule, around: Surroundings): Binding | undefined => {
  const { options, alternates } = rule
  const remote = resolveField(alternates, around.schema, accepts(rule))
  if (alternates.length > 0 && remote === undefined && rule.type !== 'reference') {
    const names = alternates.map(({ name }) => `"${name}"`).join(', ')
    around.note(
      rule,
      `The object has no field ${names}: the rule is left out`,
      'Name a field that it has, or map null.',
    )
    return undefined
  }
  const { names: variables, missing } = bindVariables(options.pull, around.schema)
  if (missing !== undefined) {
    around.note(
      rule,
      `The object has no field "${missing}": the rule is left out`,
      'Name a field that it has, or map null.',
    )
    return undefined
  }
  const chain = rule.type === 'reference' ? [] : chainOf(rule, remote?.info, around)
  const boolish = rule.type === 'boolean' || remote?.info?.type === 'boolean'
  return { rule, remote, chain, keepsFalse: boolish || Object.hasOwn(options.picklist ?? {}, 'false'), variables }
}

const chainOf = (rule: Rule, info: FieldInfo | undefined, around: Surroundings): readonly Transform[] => {
  const { options, type, values, transforms } = rule
  if (type === 'reference') return []
  const making: Making = {
    options,
    type,
    remoteType: info?.type,
    remoteOptions: info?.options ?? [],
    accountCurrency: around.accountCurrency,
    has: around.has,
    note: (message) => around.note(rule, message),
  }
  const chain: Transform[] = []
  if (options.lookup !== undefined) chain.push(lookup(making))
  if (info?.type === 'html' && type === 'text' && !transforms.includes('html')) chain.push(TRANSFORMS.html.make(making))
  for (const name of transforms) chain.push(TRANSFORMS[name].make(making))
  if (options.picklist !== undefined) chain.push(picklist(making))
  const last = options.picklist === undefined ? transforms.at(-1) : undefined
  const done = last !== undefined && TRANSFORMS[last].yields === type && values === undefined
  const scaled = last === 'scale' && (type === 'integer' || type === 'money')
  if (!done && !scaled) chain.push(values === undefined ? CODECS[type](making) : oneOf(values))
  return chain
}

/** Warnings about the live field that a rule takes: what cannot be written, and what a picklist does not cover. */
export const noteLimits = ({ rule, remote }: Binding, around: Surroundings): void => {
  const info = remote?.info
  if (remote === undefined || rule.options.direction === 'pull') return
  if (info?.readOnly === true) around.note(rule, `"${remote.remote}" is read-only in the CRM: the field is not written`)
  else if (remote.nested.length > 0 && rule.type !== 'reference') {
    around.note(rule, `"${remote.remote}" is read by a path: the field is not written`)
  }
  const list = rule.options.picklist
  if (list === undefined || Object.hasOwn(list, '*')) return
  const open = (info?.options ?? []).filter(
    ({ value, label }) => !Object.hasOwn(list, value) && !Object.hasOwn(list, label),
  )
  if (open.length === 0) return
  const names = open.map(({ value }) => `"${value}"`).join(', ')
  around.note(rule, `The picklist does not cover ${names}`, 'Add them, or "*" for all others.')
}
