import { type Binding, bindRule, noteLimits, type Surroundings } from './bind.ts'
import type { EffectiveSpec } from './effective-spec.ts'
import { type Rule, readRule } from './rule.ts'
import { headsOf } from './variables.ts'

/** Binds every rule that a spec has for an object, leaving out what does not apply to it. */
export const bindObject = (spec: EffectiveSpec, around: Surroundings): readonly Binding[] => {
  const bindings = [...spec.fields].flatMap(([canonical, placed]) => {
    const reading = readRule(spec, canonical, placed)
    const binding = reading === undefined || 'faults' in reading ? undefined : bindRule(reading.rule, around)
    return binding ?? []
  })
  for (const binding of bindings) noteLimits(binding, around)
  noteCollisions(bindings, around)
  return withCurrency(bindings, around)
}

/** Two canonical fields that write one remote field would overwrite each other. */
const noteCollisions = (bindings: readonly Binding[], around: Surroundings): void => {
  const writers = new Map<string, Rule>()
  for (const { rule, remote, unwritable } of bindings) {
    if (remote === undefined || remote.part !== undefined || unwritable !== undefined) continue
    const other = writers.get(remote.remote)
    if (other === undefined) writers.set(remote.remote, rule)
    else
      around.note(
        rule,
        `"${remote.remote}" is also written by "${other.canonical}"`,
        'Give one of them "direction": "pull".',
      )
  }
}

/**
 * An amount in minor units says nothing without its currency: where a record names none, it is the account's. Without a
 * field for it, the currency is a constant, so that pushing another one is refused.
 */
const withCurrency = (bindings: readonly Binding[], around: Surroundings): readonly Binding[] => {
  const { accountCurrency } = around
  const amount = bindings.find(({ rule }) => rule.canonical === 'amount_cents')
  if (accountCurrency === undefined || amount === undefined) return bindings
  if (bindings.some(({ rule }) => rule.canonical === 'currency')) {
    return bindings.map((one) => (one.rule.canonical === 'currency' ? { ...one, fallback: accountCurrency } : one))
  }
  const rule: Rule = {
    canonical: 'currency',
    pointer: amount.rule.pointer,
    options: { constant: accountCurrency },
    alternates: [],
    type: 'currency',
    values: undefined,
    target: undefined,
    transforms: [],
  }
  return [
    ...bindings,
    { rule, remote: undefined, chain: [], keepsFalse: false, variables: new Map(), unwritable: undefined },
  ]
}

const isRead = ({ rule }: Binding): boolean => rule.options.direction !== 'push'

/** The bindings that a pull uses: plain values first, then those that look at other canonical fields. */
export const readOrder = (bindings: readonly Binding[]): readonly Binding[] => {
  const read = bindings.filter(isRead)
  const looksAround = ({ rule }: Binding) =>
    rule.type === 'phone' || rule.transforms.includes('phone') || rule.transforms.includes('money')
  return [...read.filter((one) => !looksAround(one)), ...read.filter(looksAround)]
}

/** Remote fields that a pull must ask for. */
export const remoteFieldsOf = (bindings: readonly Binding[]): readonly string[] =>
  bindings.filter(isRead).flatMap(({ rule, remote, variables }) => {
    const plain = rule.options.constant === undefined && rule.options.pull === undefined
    return [...headsOf(variables.values()), ...(plain && remote !== undefined ? [remote.remote] : [])]
  })

/** Lookup tables that rules use. */
export const lookupTablesOf = (bindings: readonly Binding[]): readonly string[] => [
  ...new Set(bindings.flatMap(({ rule: { options } }) => [options.lookup ?? [], options.table ?? []].flat())),
]
