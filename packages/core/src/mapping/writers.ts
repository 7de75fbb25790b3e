import type { Fields, Json } from '../contract.ts'
import type { Binding } from './bind.ts'
import { checkOf } from './check-value.ts'
import { compileLogic } from './logic.ts'
import { outlineLogic } from './logic-outline.ts'
import { joinName, splitName } from './name-parts.ts'
import type { PushScope } from './push.ts'
import type { Transform } from './transforms/transform.ts'

type Write = (value: Json, scope: PushScope) => void
type WriteAfterwards = (scope: PushScope) => void

/** What a binding does on a push: with its own field, and after all fields. */
export interface Writer {
  readonly write: Write
  readonly afterwards?: WriteAfterwards
  /** True where `afterwards` only goes along with something else that is written. */
  readonly alongOnly?: boolean
}

const leaveOut =
  (why: string): Write =>
  (_, scope) =>
    scope.warn(`${why} and was left out`)

const checked = (binding: Binding, then: Write): Write => {
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
const constant = (only: Json, where: string): Write => {
  return (value, scope) => {
    if (value === only) return
    const message = `This object only holds ${JSON.stringify(only)}`
    scope.refuse(message, `Send ${JSON.stringify(only)}, or leave the field out${where}.`)
  }
}

const isAnythingWritten = (scope: PushScope): boolean => Object.keys(scope.fields).length > 0 || scope.links.length > 0

const constantWriter = (binding: Binding, value: Json): Writer => {
  const write = constant(value, '')
  const target = binding.remote?.remote
  if (target === undefined || binding.rule.options.direction === 'pull') return { write }
  return {
    write,
    alongOnly: true,
    afterwards: (scope) => {
      if (isAnythingWritten(scope)) scope.fields[target] = value
    },
  }
}

const computedWriter = (binding: Binding, logic: Json): Writer => {
  const { rule, remote } = binding
  const { variables } = outlineLogic(logic, '')
  if (remote === undefined) return { write: leaveOut('has no field in the CRM') }
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
      scope.fields[remote.remote] = value ?? null
    } catch (cause) {
      const message = `The expression "push" failed: ${cause instanceof Error ? cause.message : String(cause)}`
      scope.refuse(message, 'Correct the expression in the mapping.')
    }
  }
  return { write: checked(binding, () => undefined), afterwards, alongOnly: variables.length === 0 }
}

/** How a bound rule is written. */
export const writerOf = (binding: Binding): Writer => {
  const { rule, remote } = binding
  const { options } = rule
  if (options.constant !== undefined) return constantWriter(binding, options.constant)
  if (options.direction === 'pull') return { write: leaveOut('is only read from the CRM') }
  if (remote?.info?.readOnly === true) return { write: leaveOut('is read-only in the CRM') }
  if (options.push !== undefined) return computedWriter(binding, options.push)
  if (rule.type === 'reference') return { write: checked(binding, reference(binding)) }
  if (remote === undefined) return { write: leaveOut('is computed from the CRM') }
  if (remote.nested.length > 0) return { write: leaveOut('is read by a path') }
  return { write: checked(binding, field(binding, remote.remote)) }
}

/** Both halves of a full name, written as one remote field. */
export interface NameHalves {
  readonly remote: string
  readonly first: Binding
  readonly last: Binding
}

/**
 * Joins the halves of a name whenever one of them is pushed; the other comes from what is known of the record. A name
 * is never cleared: CRMs that keep one field for it require it.
 */
export const nameWriters = ({ remote, first, last }: NameHalves): ReadonlyMap<string, Writer> => {
  const halfOf = (binding: Binding, scope: PushScope): string | null => {
    const value = scope.canonical(binding.rule.canonical)
    return typeof value === 'string' ? value : null
  }
  const afterwards: WriteAfterwards = (scope) => {
    const pushed = [first, last].find(({ rule }) => scope.isPushed(rule.canonical))
    if (pushed === undefined) return
    scope.field = pushed.rule.canonical
    const halves = { first: halfOf(first, scope), last: halfOf(last, scope) }
    const name = joinName(halves.first, halves.last)
    if (name === '') {
      scope.warn('would leave the record without a name and was left out')
      return
    }
    const read = splitName(name)
    if (read.first !== halves.first || read.last !== halves.last) {
      scope.warn('will be read back split at the first blank, as the CRM keeps one field for the whole name')
    }
    scope.fields[remote] = name
  }
  const none: Write = () => undefined
  return new Map([
    [first.rule.canonical, { write: checked(first, none), afterwards }],
    [last.rule.canonical, { write: checked(last, none) }],
  ])
}

/** A half that stands alone: writing it would lose the rest of the name. */
export const loneHalf: Writer = { write: leaveOut('is only a part of the remote field, whose rest is not mapped,') }
