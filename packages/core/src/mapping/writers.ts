import type { Fields, Json } from '../contract.ts'
import type { Binding } from './bind.ts'
import { checkOf } from './check-value.ts'
import { compileLogic } from './logic.ts'
import { outlineLogic } from './logic-outline.ts'
import type { PushScope } from './push.ts'
import type { Transform } from './transforms/transform.ts'

export type Write = (value: Json, scope: PushScope) => void
export type WriteAfterwards = (scope: PushScope) => void

/** What a binding does on a push: with its own field, and after all fields. */
export interface Writer {
  readonly write: Write
  readonly afterwards?: WriteAfterwards
  /** True where `afterwards` only goes along with something else that is written. */
  readonly alongOnly?: boolean
}

/** Writes nothing, and says why. */
export const leaveOut =
  (why: string): Write =>
  (_, scope) =>
    scope.warn(`${why} and was left out`)

/** Goes on with what has the type of the field; anything else is a fault. */
export const checked = (binding: Binding, then: Write): Write => {
  const check = checkOf(binding.rule.type, binding.rule.values)
  return (value, scope) => {
    const complaint = value === null ? undefined : check(value)
    if (complaint === undefined) then(value, scope)
    else scope.refuse(complaint.message, complaint.remedy)
  }
}

const inverse = (chain: readonly Transform[]): ((value: Json, scope: PushScope) => Json | undefined) => {
  const steps = [...chain].reverse()
  return (value, scope) => {
    let current: Json | undefined = value
    for (const step of steps) {
      if (current === undefined || current === null) return current
      current = step.push(current, scope)
    }
    return current
  }
}

const field = (binding: Binding, remote: string): Write => {
  const convert = inverse(binding.chain)
  const maxLength = binding.remote?.info?.maxLength
  return (value, scope) => {
    const written = value === null ? null : convert(value, scope)
    if (written === undefined) return
    if (maxLength !== undefined && typeof written === 'string' && written.length > maxLength) {
      scope.refuse(`The CRM takes at most ${maxLength} characters here, not ${written.length}`, 'Shorten the text.')
    } else scope.fields[remote] = written
  }
}

const reference = ({ rule, remote }: Binding): Write => {
  const { canonical, target } = rule
  const at = remote === undefined ? {} : { field: remote.remote }
  return (value, scope) => {
    if (target === undefined) return
    if (value !== null) scope.links.push({ type: target, localId: value as string, ...at })
    else {
      scope.cleared.push({ type: target, canonical, ...at })
      if (remote !== undefined) scope.fields[remote.remote] = null
    }
  }
}

/** A field that is always the same here: pushing anything else is a mistake, or meant for another object. */
const constant =
  (only: (scope: PushScope) => Json): Write =>
  (value, scope) => {
    const wanted = JSON.stringify(only(scope))
    if (JSON.stringify(value) === wanted) return
    if (value === null) scope.warn('cannot be cleared and was left out')
    else scope.refuse(`This object only holds ${wanted}`, `Send ${wanted}, or leave the field out.`)
  }

const isAnythingWritten = (scope: PushScope): boolean => Object.keys(scope.fields).length > 0 || scope.links.length > 0

const constantWriter = (binding: Binding, value: Json): Writer => {
  const write = constant(() => value)
  const target = binding.remote?.remote
  if (target === undefined || binding.unwritable !== undefined) return { write }
  return {
    write,
    alongOnly: true,
    afterwards: (scope) => {
      if (isAnythingWritten(scope)) scope.fields[target] = value
    },
  }
}

const computedWriter = (binding: Binding, logic: Json, target: string): Writer => {
  const { rule } = binding
  const { variables } = outlineLogic(logic, '')
  const run = compileLogic(logic, new Map())
  const heads = [rule.canonical, ...variables.map((name) => name.split('.')[0] ?? '')]
  const afterwards: WriteAfterwards = (scope) => {
    const due = heads.some((name) => scope.isPushed(name)) || (variables.length === 0 && isAnythingWritten(scope))
    if (!due) return
    scope.field = rule.canonical
    const known: Fields = { ...scope.base, ...scope.patch }
    try {
      const value = run(known) as Json | undefined
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('the result is no number')
      scope.fields[target] = value ?? null
    } catch (cause) {
      const message = `The expression "push" failed: ${cause instanceof Error ? cause.message : String(cause)}`
      scope.refuse(message, 'Correct the expression in the mapping.')
    }
  }
  return { write: checked(binding, () => undefined), afterwards, alongOnly: variables.length === 0 }
}

/**
 * How a bound rule is written. A currency that the CRM does not let us write is fixed: an amount in another one would be
 * taken for an amount in this.
 */
export const writerOf = (binding: Binding): Writer => {
  const { rule, remote, unwritable, fallback } = binding
  const { options, canonical } = rule
  if (options.constant !== undefined) return constantWriter(binding, options.constant)
  if (unwritable !== undefined && fallback !== undefined) {
    return { write: constant((scope) => scope.base[canonical] ?? fallback) }
  }
  if (unwritable !== undefined) return { write: leaveOut(unwritable) }
  if (rule.type === 'reference') return { write: checked(binding, reference(binding)) }
  if (remote === undefined) return { write: leaveOut('has no field in the CRM') }
  if (options.push !== undefined) return computedWriter(binding, options.push, remote.remote)
  return { write: checked(binding, field(binding, remote.remote)) }
}
