import type { ObjectType } from '../contract.ts'
import type { Fault } from '../errors.ts'
import { CANONICAL } from './canonical.ts'
import { checkOf } from './check-value.ts'
import type { EffectiveSpec } from './effective-spec.ts'
import { outlineLogic } from './logic-outline.ts'
import { suggestion } from './nearest.ts'
import { pointerTo } from './pointer.ts'
import type { Rule } from './rule.ts'
import { isCountry } from './transforms/countries.ts'
import { fits, TRANSFORMS } from './transforms/table.ts'
import { isZone } from './transforms/zone.ts'

type Inspection = (rule: Rule, spec: EffectiveSpec) => readonly Fault[]

const fault = (rule: Rule, member: string, message: string, remedy: string): readonly Fault[] => [
  { pointer: member === '' ? rule.pointer : rule.pointer + pointerTo(member), message, remedy },
]

const source: Inspection = (rule) => {
  const { from, pull, push, constant, reference, direction } = rule.options
  if (constant !== undefined && (pull !== undefined || push !== undefined)) {
    return fault(rule, 'constant', 'A constant is not computed as well', 'Keep either "constant" or the expressions.')
  }
  if (push !== undefined && from === undefined) {
    return fault(rule, 'push', '"push" does not say which field it writes', 'Name the remote field as "from".')
  }
  if (pull !== undefined && from !== undefined && push === undefined && direction !== 'pull') {
    return fault(
      rule,
      'pull',
      'With "pull", "from" only says where a push writes, and there is no "push"',
      'Add "push", or drop "from".',
    )
  }
  const isSourceless = [from, pull, constant, reference].every((one) => one === undefined)
  if (isSourceless && rule.type !== 'reference') {
    return fault(rule, '', 'The rule does not say where the value comes from', 'Add "from", "pull" or "constant".')
  }
  return []
}

const relation: Inspection = (rule) => {
  const { reference } = rule.options
  if (rule.type !== 'reference') {
    if (reference === undefined) return []
    return fault(
      rule,
      'reference',
      `"${rule.canonical}" is no reference`,
      'Only contact_id, company_id and deal_id are.',
    )
  }
  if (reference !== undefined && reference !== rule.target) {
    return fault(
      rule,
      'reference',
      `"${rule.canonical}" refers to a ${rule.target}`,
      `Write "reference": "${rule.target}".`,
    )
  }
  const member = (['transform', 'picklist', 'lookup'] as const).find((name) => rule.options[name] !== undefined)
  if (member === undefined && rule.transforms.length === 0) return []
  return fault(rule, member ?? 'from', 'A reference is an id and takes no transform', 'Leave the transform out.')
}

const parts: Inspection = (rule) => {
  const halves = rule.alternates.some(({ part }) => part !== undefined)
  const plain = rule.type === 'text' && rule.transforms.length === 0 && rule.options.picklist === undefined
  if (!halves || plain) return []
  return fault(
    rule,
    '',
    'Parts of a name are text and take no transform',
    'Leave out "(first part)", or the transform.',
  )
}

const transforms: Inspection = (rule) => {
  const { options, type } = rule
  if (type === 'money' && rule.transforms.includes('money') && (options.scale ?? 100) !== 100) {
    return fault(
      rule,
      '',
      `"*${options.scale}" does not fit money`,
      'Write *100: it means minor units, whatever the currency has.',
    )
  }
  const yielding = rule.transforms.findLast((name) => TRANSFORMS[name].yields !== undefined)
  const yields = yielding === undefined ? undefined : TRANSFORMS[yielding].yields
  if (yields !== undefined && options.picklist === undefined && type !== 'reference' && !fits(yields, type)) {
    return fault(
      rule,
      options.transform === undefined ? '' : 'transform',
      `"${yielding}" gives ${yields}, and "${rule.canonical}" is ${type}`,
      'Choose a transform that gives the type of the field.',
    )
  }
  if (options.as === undefined) return []
  const own = type in TRANSFORMS ? TRANSFORMS[type as keyof typeof TRANSFORMS].as : []
  const allowed = [...new Set([...rule.transforms.flatMap((name) => TRANSFORMS[name].as), ...own])]
  if (allowed.includes(options.as)) return []
  return fault(rule, 'as', `This rule cannot write as "${options.as}"`, suggestion(options.as, allowed))
}

const values: Inspection = (rule) => {
  const check = checkOf(rule.type === 'list' ? 'text' : rule.type, rule.values)
  const faults: Fault[] = []
  for (const [remote, canonical] of Object.entries(rule.options.picklist ?? {})) {
    if (canonical === null || (remote === '*' && canonical === '*')) continue
    const complaint = check(canonical)
    if (complaint !== undefined) faults.push({ pointer: rule.pointer + pointerTo('picklist', remote), ...complaint })
  }
  const { constant } = rule.options
  const complaint = constant === undefined || constant === null ? undefined : checkOf(rule.type, rule.values)(constant)
  if (complaint !== undefined) faults.push({ pointer: `${rule.pointer}/constant`, ...complaint })
  return faults
}

const expressions: Inspection = (rule, spec) => {
  const pull = rule.options.pull === undefined ? [] : outlineLogic(rule.options.pull, `${rule.pointer}/pull`).faults
  if (rule.options.push === undefined) return pull
  const push = outlineLogic(rule.options.push, `${rule.pointer}/push`)
  const known = canonicalNames(spec)
  const strangers = push.variables.filter((name) => !known.includes(name.split('.')[0] ?? ''))
  return [
    ...pull,
    ...push.faults,
    ...strangers.map((name) => ({
      pointer: `${rule.pointer}/push`,
      message: `A push expression reads canonical fields, and "${name}" is none`,
      remedy: suggestion(name, known),
    })),
  ]
}

const settings: Inspection = (rule, spec) => {
  const { zone, defaultCountry, country, currency } = rule.options
  const faults: Fault[] = []
  if (zone !== undefined && !isZone(zone)) {
    faults.push(...fault(rule, 'zone', `"${zone}" is no time zone`, 'Use an IANA name, such as Europe/Rome.'))
  }
  if (defaultCountry !== undefined && !isCountry(defaultCountry)) {
    faults.push(
      ...fault(rule, 'defaultCountry', `"${defaultCountry}" is no country`, 'Use an ISO 3166 code, such as IT.'),
    )
  }
  for (const [member, name] of Object.entries({ country, currency })) {
    if (name === undefined || spec.fields.has(name)) continue
    faults.push(...fault(rule, member, `"${name}" is no mapped field`, suggestion(name, [...spec.fields.keys()])))
  }
  return faults
}

/** Every canonical name that a mapping of this type may speak of: the model's and its own. */
export const canonicalNames = (spec: EffectiveSpec): readonly string[] => {
  const own = [...spec.custom.keys(), ...spec.fields.keys()]
  return [...new Set([...Object.keys(CANONICAL[spec.type as ObjectType]), ...own])]
}

const INSPECTIONS: readonly Inspection[] = [source, relation, parts, transforms, values, expressions, settings]

/** What is wrong with one rule, as far as that can be said without a tenant. The first kind of fault found is told. */
export const inspectRule: Inspection = (rule, spec) => {
  for (const inspect of INSPECTIONS) {
    const faults = inspect(rule, spec)
    if (faults.length > 0) return faults
  }
  return []
}
