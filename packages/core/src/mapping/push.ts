import type { Fields, Json } from '../contract.ts'
import type { Fault } from '../errors.ts'
import { suggestion } from './nearest.ts'
import { pointerTo } from './pointer.ts'
import type { Scope } from './transforms/transform.ts'
import type { ClearedReference, PushedLink, RemoteResult, Resolver } from './types.ts'

/** The state of one push: the patch over what is known, and what has been written so far. */
export class PushScope implements Scope {
  readonly resolve: Resolver
  readonly patch: Fields
  readonly base: Fields
  readonly fields: Record<string, Json> = {}
  readonly links: PushedLink[] = []
  readonly cleared: ClearedReference[] = []
  readonly incomplete: string[] = []
  readonly warnings: string[] = []
  readonly faults: Fault[] = []
  field = ''

  constructor(resolve: Resolver, patch: Fields, base: Fields) {
    this.resolve = resolve
    this.patch = patch
    this.base = base
  }

  /** True where the patch speaks of a field, be it to clear it. */
  isPushed(field: string): boolean {
    return Object.hasOwn(this.patch, field) && this.patch[field] !== undefined
  }

  canonical(field: string): Json | undefined {
    const value = this.isPushed(field) ? this.patch[field] : this.base[field]
    return value === '' ? null : value
  }

  warn(message: string): void {
    this.warnings.push(`${this.field}: ${message}`)
  }

  refuse(message: string, remedy: string): void {
    this.faults.push({ pointer: pointerTo('data', this.field), message, remedy })
  }
}

export interface PushPlan {
  /** Writes one pushed field. Empty text comes as null. */
  readonly writers: ReadonlyMap<string, (value: Json, scope: PushScope) => void>
  /** What is written from several fields, or along with any; in this order, after all others. */
  readonly afterwards: readonly ((scope: PushScope) => void)[]
  /** Fields that a push may name. */
  readonly known: readonly string[]
  readonly type: string
}

const NO_FIELDS: Fields = Object.freeze({})

/** Puts the writings together into the mapping's `toRemote`. */
export const pushWith = ({ writers, afterwards, known, type }: PushPlan) => {
  const names = new Set(known)
  return (patch: Fields, resolve: Resolver, base: Fields = NO_FIELDS): RemoteResult => {
    const scope = new PushScope(resolve, patch, base)
    for (const [name, value] of Object.entries(patch)) {
      if (value === undefined) continue
      scope.field = name
      const write = writers.get(name)
      if (write !== undefined) write(value === '' ? null : value, scope)
      else if (names.has(name)) scope.warn('is not mapped for this object and was left out')
      else scope.refuse(`A ${type} has no field "${name}"`, suggestion(name, known))
    }
    if (scope.faults.length === 0) for (const write of afterwards) write(scope)
    if (scope.faults.length > 0) return { ok: false, faults: scope.faults }
    const { fields, links, cleared, incomplete, warnings } = scope
    return { ok: true, fields, links, cleared, incomplete, warnings }
  }
}
