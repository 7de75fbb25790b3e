import type { Fields, Json, Link, ObjectType } from '../contract.ts'
import type { Binding } from './bind.ts'
import { compileLogic } from './logic.ts'
import { splitName } from './name-parts.ts'
import { idOf, isEmpty, readerOf, textOf } from './remote-value.ts'
import type { Scope, Transform } from './transforms/transform.ts'
import type { CanonicalResult, Resolver } from './types.ts'

type Read = (fields: Fields, scope: Scope) => Json

/** Reads one canonical field from a remote record. */
export interface PullRule {
  readonly canonical: string
  readonly read: Read
}

/** Reads the remote id of one reference; undefined where the record says nothing of it. */
export interface PullReference {
  readonly canonical: string
  readonly read: (fields: Fields, links: readonly Link[] | undefined) => string | null | undefined
}

const NO_WARNINGS: readonly string[] = []

class PullScope implements Scope {
  readonly resolve: Resolver
  readonly data: Record<string, Json>
  field = ''
  warnings: string[] | undefined

  constructor(resolve: Resolver, data: Record<string, Json>) {
    this.resolve = resolve
    this.data = data
  }

  canonical(field: string): Json | undefined {
    return this.data[field]
  }

  warn(message: string): void {
    this.warnings ??= []
    this.warnings.push(`${this.field}: the CRM's value ${message}`)
  }

  refuse(message: string): void {
    this.warn(message)
  }
}

const through = (chain: readonly Transform[]): ((value: Json, scope: Scope) => Json) => {
  const [first, ...rest] = chain
  if (first === undefined) return (value) => value
  if (rest.length === 0) return (value, scope) => first.pull(value, scope)
  return (value, scope) => {
    let current = first.pull(value, scope)
    for (const step of rest) {
      if (current === null || current === '') return null
      current = step.pull(current, scope)
    }
    return current
  }
}

/** The reading of a bound rule. */
export const pullRule = (binding: Binding): PullRule => {
  const { canonical, options } = binding.rule
  const computed = options.pull === undefined ? undefined : compileLogic(options.pull, binding.variables)
  const read = readOf(binding, computed)
  const { fallback } = binding
  return { canonical, read: fallback === undefined ? read : (fields, scope) => read(fields, scope) ?? fallback }
}

const readOf = (binding: Binding, computed: ((fields: Fields) => unknown) | undefined): Read => {
  const { rule, remote, chain, keepsFalse } = binding
  const { constant } = rule.options
  if (constant !== undefined) return () => constant
  const convert = through(chain)
  if (computed !== undefined) return computedRead(computed, convert, keepsFalse)
  if (remote === undefined) return () => null
  const { part } = remote
  const get = readerOf(remote.remote, remote.nested)
  if (part !== undefined) {
    return (fields) => {
      const value = get(fields)
      return isEmpty(value) ? null : splitName(textOf(value) ?? '')[part]
    }
  }
  if (keepsFalse) {
    return (fields, scope) => {
      const value = get(fields)
      return value === false ? convert(false, scope) : isEmpty(value) ? null : convert(value, scope)
    }
  }
  return (fields, scope) => {
    const value = get(fields)
    return isEmpty(value) ? null : convert(value, scope)
  }
}

const computedRead = (
  computed: (fields: Fields) => unknown,
  convert: (value: Json, scope: Scope) => Json,
  keepsFalse: boolean,
): Read => {
  return (fields, scope) => {
    let value: Json | undefined
    try {
      value = computed(fields) as Json | undefined
    } catch {
      scope.warn('could not be computed')
      return null
    }
    if (typeof value === 'function' || (typeof value === 'number' && !Number.isFinite(value))) return null
    if (value === false && keepsFalse) return convert(false, scope)
    return isEmpty(value) ? null : convert(value, scope)
  }
}

/** The reading of a bound reference: from its expression, its field, or the record's links. */
export const pullReference = (binding: Binding): PullReference => {
  const { rule, remote, variables } = binding
  const { canonical, target, options } = rule
  const take = (value: Json | undefined): string | null => (isEmpty(value) ? null : (idOf(value) ?? null))
  if (options.pull !== undefined) {
    const computed = compileLogic(options.pull, variables)
    return { canonical, read: (fields) => take(computed(fields) as Json | undefined) }
  }
  if (remote === undefined) return { canonical, read: (_, links) => linkOf(links, target) }
  const get = readerOf(remote.remote, remote.nested)
  return { canonical, read: (fields) => take(get(fields)) }
}

const linkOf = (links: readonly Link[] | undefined, target: ObjectType | undefined): string | null | undefined =>
  links === undefined ? undefined : (links.find(({ type }) => type === target)?.remoteId ?? null)

export interface PullPlan {
  readonly rules: readonly PullRule[]
  readonly references: readonly PullReference[]
  readonly wanted: ((fields: Fields) => unknown) | undefined
  readonly wantedPointer: string
}

/** Puts the readings together into the mapping's `toCanonical`. */
export const pullWith = (plan: PullPlan) => {
  const { rules, references, wanted, wantedPointer } = plan
  return (
    record: { readonly fields: Fields; readonly links?: readonly Link[] },
    resolve: Resolver,
  ): CanonicalResult => {
    const { fields, links } = record
    const data: Record<string, Json> = {}
    const scope = new PullScope(resolve, data)
    for (const { canonical, read } of rules) {
      scope.field = canonical
      data[canonical] = read(fields, scope)
    }
    const remoteIds: Record<string, string | null> = {}
    for (const { canonical, read } of references) {
      data[canonical] = null
      const id = read(fields, links)
      if (id !== undefined) remoteIds[canonical] = id
    }
    let filtered = false
    if (wanted !== undefined) {
      try {
        filtered = !truthy(wanted(fields))
      } catch (cause) {
        const message = `The condition could not be computed: ${cause instanceof Error ? cause.message : String(cause)}`
        return { ok: false, faults: [{ pointer: wantedPointer, message, remedy: 'Correct the expression "when".' }] }
      }
    }
    return { ok: true, data, references: remoteIds, filtered, warnings: scope.warnings ?? NO_WARNINGS }
  }
}

/** Truth as json-logic has it: an empty list is false. */
const truthy = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value))
