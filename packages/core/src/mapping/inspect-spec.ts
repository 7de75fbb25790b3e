import type { Fault } from '../errors.ts'
import { CANONICAL, OBJECT_TYPES } from './canonical.ts'
import { type EffectiveSpec, effectiveSpec } from './effective-spec.ts'
import { canonicalNames, inspectRule } from './inspect-rule.ts'
import { outlineLogic } from './logic-outline.ts'
import { suggestion } from './nearest.ts'
import { readRule } from './rule.ts'
import type { MappingSpec } from './types.ts'

const rules = (spec: EffectiveSpec): readonly Fault[] =>
  [...spec.fields].flatMap(([canonical, placed]) => {
    const reading = readRule(spec, canonical, placed)
    if (reading === undefined) return []
    return 'faults' in reading ? reading.faults : inspectRule(reading.rule, spec)
  })

const keys = (spec: EffectiveSpec): readonly Fault[] =>
  (spec.key?.value ?? []).flatMap((name) => {
    const placed = spec.fields.get(name)
    const rule = placed === undefined ? undefined : placed.value
    if (rule === undefined || rule === null) {
      const mapped = [...spec.fields].flatMap(([field, { value }]) => (value === null ? [] : [field]))
      return [
        {
          pointer: spec.key?.pointer ?? '',
          message: `The key "${name}" is no mapped field`,
          remedy: suggestion(name, mapped),
        },
      ]
    }
    if (typeof rule === 'string' || rule.from !== undefined) return []
    const remedy = 'Choose a field that is read "from" one remote field.'
    return [
      { pointer: spec.key?.pointer ?? '', message: `The key "${name}" has no remote field to be found by`, remedy },
    ]
  })

const names = (spec: EffectiveSpec): readonly Fault[] => {
  const known = canonicalNames(spec)
  const owned = [...spec.ownership].flatMap(([name, { pointer }]) =>
    name === '*' || known.includes(name)
      ? []
      : [{ pointer, message: `A ${spec.type} has no field "${name}"`, remedy: suggestion(name, known) }],
  )
  const own = [...spec.custom].flatMap(([name, { pointer }]) =>
    Object.hasOwn(CANONICAL[spec.type], name)
      ? [{ pointer, message: `"${name}" is a field of the canonical model already`, remedy: 'Choose another name.' }]
      : [],
  )
  return [...owned, ...own]
}

/** What is wrong with the part of a spec that holds for one remote object. */
export const inspectObject = (spec: EffectiveSpec): readonly Fault[] => [
  ...rules(spec),
  ...keys(spec),
  ...names(spec),
  ...(spec.when === undefined ? [] : outlineLogic(spec.when.value, spec.when.pointer).faults),
]

/** What a JSON Schema cannot say of a spec: rules, keys, names and expressions, of every type and every kind. */
export const inspectSpec = (spec: MappingSpec): readonly Fault[] => {
  const faults = new Map<string, Fault>()
  for (const type of OBJECT_TYPES) {
    const whole = spec.objects[type]
    if (whole === undefined) continue
    const kinds = Object.keys(whole.kinds ?? {})
    for (const kind of kinds.length === 0 ? [undefined] : kinds) {
      for (const fault of inspectObject(effectiveSpec(spec, type, kind))) {
        const identity = `${fault.pointer} ${fault.message}`
        if (!faults.has(identity)) faults.set(identity, fault)
      }
    }
  }
  return [...faults.values()]
}
