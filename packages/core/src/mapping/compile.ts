import { crmError, type Fault } from '../errors.ts'
import type { Binding, Surroundings } from './bind.ts'
import { bindObject, lookupTablesOf, readOrder, remoteFieldsOf } from './bind-object.ts'
import { DEFAULT_OWNERSHIP } from './canonical.ts'
import { type EffectiveSpec, effectiveSpec } from './effective-spec.ts'
import { canonicalNames } from './inspect-rule.ts'
import { inspectObject } from './inspect-spec.ts'
import { compileLogic } from './logic.ts'
import { planPush } from './plan-push.ts'
import { pullReference, pullRule, pullWith } from './pull.ts'
import { pushWith } from './push.ts'
import type { Schema } from './resolve-field.ts'
import type { CompiledMapping, CompileInput, Owner } from './types.ts'
import { validateMapping } from './validate.ts'
import { bindVariables, headsOf } from './variables.ts'

/**
 * Makes a mapping for one remote object of one tenant. Throws a `ValidationError` with all faults where the spec is
 * wrong or cannot work on this object; what merely does not apply here is left out and told in `warnings`.
 */
export const compileMapping = (input: CompileInput): CompiledMapping => {
  const { object } = input
  const spec = soundSpec(input)
  const warnings: Fault[] = []
  const schema: Schema = { fields: input.fields, aliases: object.aliases ?? {} }
  const around: Surroundings = {
    schema,
    accountCurrency: input.currency,
    has: (name) => (spec.fields.get(name)?.value ?? null) !== null,
    note: ({ pointer }, message, remedy) =>
      warnings.push({ pointer, message, ...(remedy === undefined ? {} : { remedy }) }),
  }
  const bindings = bindObject(spec, around)
  const keys = keysOf(spec, bindings)
  const condition = conditionOf(spec, schema)
  const read = readOrder(bindings)
  const isReference = ({ rule }: Binding) => rule.type === 'reference'
  const pushPlan = { ...planPush(bindings, around), known: canonicalNames(spec), type: object.type }

  return Object.freeze<CompiledMapping>({
    type: object.type,
    name: object.name,
    remoteFields: [...new Set([...remoteFieldsOf(bindings), ...condition.fields])],
    keys,
    lookupTables: lookupTablesOf(bindings),
    canonicalFields: bindings.filter((one) => read.includes(one)).map(({ rule }) => rule.canonical),
    warnings,
    ownership: ownershipOf(spec),
    toCanonical: pullWith({
      rules: read.filter((one) => !isReference(one)).map(pullRule),
      references: read.filter(isReference).map(pullReference),
      wanted: condition.wanted,
      wantedPointer: spec.when?.pointer ?? '',
    }),
    toRemote: pushWith(pushPlan),
  })
}

const refuse = (faults: readonly Fault[], name: string): never => {
  const [first] = faults
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  const place = first?.pointer === undefined ? '' : ` at ${first.pointer}`
  const message = `The mapping of "${name}" cannot work: ${first?.message}${place}${more}`
  throw crmError('invalid', message, { faults, ...(first?.pointer === undefined ? {} : { pointer: first.pointer }) })
}

const soundSpec = ({ spec, object }: CompileInput): EffectiveSpec => {
  const faults = validateMapping(spec)
  if (faults.length > 0) refuse(faults, object.name)
  const pointer = `/objects/${object.type}`
  if (spec.objects[object.type] === undefined) {
    refuse([{ pointer, message: `The spec maps no ${object.type}`, remedy: 'Add it under "objects".' }], object.name)
  }
  const effective = effectiveSpec(spec, object.type, object.name)
  const own = inspectObject(effective)
  if (own.length > 0) refuse(own, object.name)
  return effective
}

const keysOf = (spec: EffectiveSpec, bindings: readonly Binding[]): CompiledMapping['keys'] => {
  const wanted = spec.key?.value ?? []
  const keys = wanted.flatMap((canonical) => {
    const remote = bindings.find(({ rule }) => rule.canonical === canonical)?.remote
    const findable = remote !== undefined && remote.nested.length === 0 && remote.part === undefined
    return findable ? [{ canonical, remote: remote.remote }] : []
  })
  if (wanted.length > 0 && keys.length === 0) {
    const pointer = spec.key?.pointer ?? ''
    const message = `No key of ${wanted.map((name) => `"${name}"`).join(', ')} has a whole field of this object`
    refuse([{ pointer, message, remedy: 'Choose a key whose field the object has.' }], spec.type)
  }
  return keys
}

/** A condition on a field that is not there would drop, or keep, every record: that is refused and not guessed. */
const conditionOf = (spec: EffectiveSpec, schema: Schema) => {
  if (spec.when === undefined) return { wanted: undefined, fields: [] }
  const { names, missing } = bindVariables(spec.when.value, schema)
  if (missing !== undefined) {
    const message = `The condition reads "${missing}", which the object does not have`
    refuse(
      [{ pointer: spec.when.pointer, message, remedy: 'Name a field that it has, or set "when" to null.' }],
      spec.type,
    )
  }
  return { wanted: compileLogic(spec.when.value, names), fields: headsOf(names.values()) }
}

const ownershipOf = (spec: EffectiveSpec): CompiledMapping['ownership'] => {
  const defaults = DEFAULT_OWNERSHIP[spec.type]
  const owner = (field: string): Owner | undefined => spec.ownership.get(field)?.value
  const usual = (field: string): Owner | undefined => (Object.hasOwn(defaults, field) ? defaults[field] : undefined)
  return (field) => owner(field) ?? owner('*') ?? usual(field) ?? usual('*') ?? 'crm'
}
