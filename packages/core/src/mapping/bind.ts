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
  /** Why the rule is never written, in words that go on "…: the field is not written"; undefined where it is. */
  readonly unwritable: string | undefined
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
  const leaveOut = (names: string): undefined => {
    const remedy = 'Name a field that it has, or write null for the rule.'
    around.note(rule, `The object has no field ${names}: the rule is left out`, remedy)
  }
  if (alternates.length > 0 && remote === undefined && rule.type !== 'reference') {
    return leaveOut(alternates.map(({ name }) => `"${name}"`).join(', '))
  }
  const { names: variables, missing } = bindVariables(options.pull, around.schema)
  if (missing !== undefined) return leaveOut(`"${missing}"`)
  const chain = rule.type === 'reference' ? [] : chainOf(rule, remote?.info, around)
  const boolish = rule.type === 'boolean' || remote?.info?.type === 'boolean'
  const keepsFalse = boolish || Object.hasOwn(options.picklist ?? {}, 'false')
  return { rule, remote, chain, keepsFalse, variables, unwritable: whyUnwritable(rule, remote) }
}

const whyUnwritable = (rule: Rule, remote: Resolved | undefined): string | undefined => {
  const { direction, pull, push, constant, lookup: table, picklist: list } = rule.options
  if (direction === 'pull') return 'is only read from the CRM'
  if (remote === undefined)
    return pull !== undefined && rule.type !== 'reference' ? 'is computed from the CRM' : undefined
  if (remote.info?.readOnly === true) return 'is read-only in the CRM'
  if (push !== undefined || constant !== undefined || rule.type === 'reference') return undefined
  if (remote.nested.length > 0) return 'is read by a path'
  const isLabel =
    remote.info?.type === 'reference' && rule.type !== 'country' && table === undefined && list === undefined
  return isLabel ? 'is the label of a relation' : undefined
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
export const noteLimits = ({ rule, remote, unwritable }: Binding, around: Surroundings): void => {
  const { direction, pull, picklist: list } = rule.options
  const isMeant = direction === 'pull' || pull !== undefined
  if (unwritable !== undefined && !isMeant)
    around.note(rule, `"${remote?.remote}" ${unwritable}: the field is not written`)
  if (list === undefined || Object.hasOwn(list, '*')) return
  const isOpen = (name: string) => !Object.hasOwn(list, name)
  const open = (remote?.info?.options ?? []).filter(({ value, label }) => isOpen(value) && isOpen(label))
  if (open.length === 0) return
  const names = open.map(({ value }) => `"${value}"`).join(', ')
  around.note(rule, `The picklist does not cover ${names}`, 'Add them, or "*" for all others.')
}
