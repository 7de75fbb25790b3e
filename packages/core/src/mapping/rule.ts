import type { ObjectType } from '../contract.ts'
import type { Fault } from '../errors.ts'
import { CANONICAL, type CanonicalField } from './canonical.ts'
import type { EffectiveSpec, Placed } from './effective-spec.ts'
import { suggestion } from './nearest.ts'
import { type Alternate, parseShorthand } from './shorthand.ts'
import type { FieldRule, FieldType, RuleObject, TransformName } from './types.ts'

/** A rule of a spec, read: shorthand taken apart, type known. Nothing of a tenant is in it yet. */
export interface Rule {
  readonly canonical: string
  readonly pointer: string
  readonly options: RuleObject
  /** Empty where the rule reads no field. */
  readonly alternates: readonly Alternate[]
  readonly type: FieldType
  readonly values: readonly string[] | undefined
  /** What a reference points to. */
  readonly target: ObjectType | undefined
  /** Transforms that the author named, the shorthand's scale included, in the order of a pull. */
  readonly transforms: readonly TransformName[]
}

export type RuleReading = { readonly rule: Rule } | { readonly faults: readonly Fault[] }

const FIELD_NAME = /^[a-z][a-z0-9_]*$/

const canonicalField = (type: ObjectType, name: string): CanonicalField | undefined =>
  Object.hasOwn(CANONICAL[type], name) ? CANONICAL[type][name] : undefined

const namedTransforms = (options: RuleObject, scale: number | undefined, type: FieldType): readonly TransformName[] => {
  const named = options.transform === undefined ? [] : [options.transform].flat()
  if (scale === undefined || named.includes('scale')) return named
  if (type !== 'money') return ['scale', ...named]
  return named.includes('money') ? named : ['money', ...named]
}

/** Takes one rule apart, as far as that needs no tenant. Undefined where the rule is switched off. */
export const readRule = (
  spec: EffectiveSpec,
  canonical: string,
  placed: Placed<FieldRule>,
): RuleReading | undefined => {
  const { value, pointer } = placed
  if (value === null) return undefined
  const written: RuleObject = typeof value === 'string' ? { from: value } : value
  const known = canonicalField(spec.type, canonical)
  const type = known?.type ?? written.type ?? spec.custom.get(canonical)?.value
  if (type === undefined) {
    const names = [...Object.keys(CANONICAL[spec.type]), ...spec.custom.keys()]
    const remedy = `${suggestion(canonical, names)} A field of your own needs a "type".`
    return { faults: [{ pointer, message: `A ${spec.type} has no field "${canonical}"`, remedy }] }
  }
  if (known !== undefined && written.type !== undefined && written.type !== known.type) {
    const message = `"${canonical}" is ${known.type} in the canonical model`
    return {
      faults: [{ pointer: `${pointer}/type`, message, remedy: 'Leave "type" out, or name a field of your own.' }],
    }
  }
  if (known === undefined && !FIELD_NAME.test(canonical)) {
    const remedy = 'Use lower-case letters, digits and underscores, a letter first.'
    return { faults: [{ pointer, message: `"${canonical}" is no name for a field`, remedy }] }
  }
  const at = typeof value === 'string' ? pointer : `${pointer}/from`
  const parsed = written.from === undefined ? undefined : parseShorthand(written.from)
  if (parsed?.ok === false) {
    return { faults: [{ pointer: at, message: parsed.message, remedy: parsed.remedy }] }
  }
  const scale = parsed?.shorthand.scale ?? written.scale
  const options = scale === undefined ? written : { ...written, scale }
  return {
    rule: {
      canonical,
      pointer,
      options,
      alternates: parsed?.shorthand.alternates ?? [],
      type,
      values: known?.values,
      target: known?.target,
      transforms: namedTransforms(options, scale, type),
    },
  }
}
