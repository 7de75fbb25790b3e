import type { Json } from '../../contract.ts'
import type { FieldType, Resolver, RuleObject } from '../types.ts'

/** What a transform may see and say while one record is mapped. */
export interface Scope {
  readonly resolve: Resolver
  /** On a pull the canonical fields so far; on a push the patch, over what is known of the record. */
  canonical(field: string): Json | undefined
  /** Notes that something was left out or changed; the record goes on. */
  warn(message: string): void
  /** Ends the push with a fault at the field. */
  refuse(message: string, remedy: string): void
}

/**
 * One step between a remote and a canonical value, in both directions. Neither side is ever called with an empty value.
 * `pull` is lenient: it answers null after a warning. `push` is strict: undefined after `refuse` or `warn`.
 */
export interface Transform {
  pull(value: Json, scope: Scope): Json
  push(value: Json, scope: Scope): Json | undefined
}

/** What a transform is made for: the rule's options and what is known of both sides. */
export interface Making {
  readonly options: RuleObject
  /** The canonical field's type. */
  readonly type: FieldType
  /** Type of the remote field, where the live schema is known. */
  readonly remoteType: string | undefined
  readonly remoteOptions: readonly { readonly value: string; readonly label: string }[]
  /** ISO code of the account's currency. */
  readonly accountCurrency: string | undefined
  /** Canonical fields that the mapping yields: what an option may point to. */
  has(canonicalField: string): boolean
  /** Notes, while compiling, what a mapping author should know. */
  note(message: string): void
}

/** A transform that is the same function in both directions, because applying it twice changes nothing. */
export const normaliser = (apply: (text: string) => string): Transform => {
  const run = (value: Json): Json => (typeof value === 'string' ? apply(value) : value)
  return { pull: run, push: run }
}
