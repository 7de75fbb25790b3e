import type { FieldInfo, Fields, Json, Link, LookupRow, ObjectType } from '../contract.ts'
import type { Fault } from '../errors.ts'

/** A json-logic expression. `var` names remote fields in `when` and `pull`, canonical ones in `push`. */
export type Logic = Json

export type Owner = 'crm' | 'app' | 'merge'

/** Types of canonical fields. `money` is an integer of minor units; `list` is a list of texts. */
export type FieldType =
  | 'text'
  | 'email'
  | 'phone'
  | 'country'
  | 'currency'
  | 'money'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'list'
  | 'reference'

/** Types that a field of a mapping's own may have. */
export type CustomType = Exclude<FieldType, 'reference'>

export type TransformName =
  | 'trim'
  | 'lower'
  | 'number'
  | 'integer'
  | 'scale'
  | 'money'
  | 'phone'
  | 'country'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'duration'
  | 'split'
  | 'join'
  | 'html'

/** A rule written out. Every member is optional; docs/mapping.md explains each with an example. */
export interface RuleObject {
  /** Remote field, in the shorthand: alternates, a part of a name, a scale. */
  readonly from?: string
  /** Yields this value on every pull. With `from`, every push writes it there. */
  readonly constant?: Json
  /** Computes the canonical value from the remote record. */
  readonly pull?: Logic
  /** Computes the remote value of `from` from the canonical record, when a field that it names is pushed. */
  readonly push?: Logic
  /** Transforms in the order of a pull; a push runs their inverses from last to first. */
  readonly transform?: TransformName | readonly TransformName[]
  /** Remote values to canonical ones; `"*"` catches the rest, and `"*": "*"` keeps it as it is. */
  readonly picklist?: Readonly<Record<string, Json>>
  /** The remote value is the id of a record of this type; without `from`, the record's first link of the type. */
  readonly reference?: ObjectType
  /** The remote value is the id of a row of this lookup table; the canonical one is the row's key. */
  readonly lookup?: string
  /** True where a pushed value without a counterpart in `picklist` or `lookup` is left out with a warning. */
  readonly optional?: boolean
  /** 'pull': the field is only read. 'push': it is only written. Both, if absent. */
  readonly direction?: 'pull' | 'push'
  /** Type of a field that the canonical model does not have. */
  readonly type?: CustomType
  /** Canonical field that holds the country of a phone number. */
  readonly country?: string
  /** ISO 3166 code of the country that phone numbers without a prefix are taken to be in. */
  readonly defaultCountry?: string
  /** Lookup table with ISO codes as keys, for CRMs that keep countries as relations. */
  readonly table?: string
  /** Canonical field that holds the currency of an amount. */
  readonly currency?: string
  readonly scale?: number
  /** How the remote side keeps a duration. */
  readonly unit?: 'ms' | 's' | 'mm:ss'
  /** IANA zone of remote dates and times that bear none; UTC, if absent. */
  readonly zone?: string
  readonly separator?: string
  /** How the value is written to the CRM; docs/mapping.md lists which transform knows which. */
  readonly as?: 'text' | 'number' | 'code' | 'name' | 'iso' | 'ms' | 's' | 'sql' | 'date'
}

/** Shorthand, a rule written out, or null where an inherited rule is switched off. */
export type FieldRule = string | RuleObject | null

export interface ObjectSpec {
  /** Canonical fields that identify a record, in order of preference. */
  readonly key?: string | readonly string[]
  readonly fields?: Readonly<Record<string, FieldRule>>
  /** Which remote records are wanted; the others appear as deleted with reason `filtered`. */
  readonly when?: Logic
  /** Who wins, by canonical field; `"*"` for all others. */
  readonly ownership?: Readonly<Record<string, Owner>>
  /** Fields that the canonical model does not have, by name. */
  readonly custom?: Readonly<Record<string, CustomType>>
}

/** What holds for one canonical type; `kinds` is merged over it for the remote objects of those names. */
export interface TypeSpec extends ObjectSpec {
  readonly kinds?: Readonly<Record<string, ObjectSpec>>
}

export interface MappingSpec {
  readonly $schema?: string
  readonly version: 1
  readonly objects: { readonly [T in ObjectType]?: TypeSpec }
}

/** Rows of lookup tables. Synchronous: the engine has loaded the tables of `lookupTables` before. */
export interface Resolver {
  /** The row by remote id or by key; undefined where there is none. */
  lookup(table: string, by: { readonly id: string } | { readonly key: string }): LookupRow | undefined
}

export type ReferenceField = 'contact_id' | 'company_id' | 'deal_id'

export type CanonicalResult =
  | {
      readonly ok: true
      /** Canonical fields; references are null here. */
      readonly data: Fields
      /**
       * REMOTE ids by reference field; null where the record has none. A reference that is read from links is absent
       * where the record came without any statement about links.
       */
      readonly references: { readonly [F in ReferenceField]?: string | null }
      /** True where `when` does not want the record. */
      readonly filtered: boolean
      readonly warnings: readonly string[]
    }
  | { readonly ok: false; readonly faults: readonly Fault[] }

export interface PushedLink {
  readonly type: ObjectType
  readonly localId: string
  /** Remote field that takes the remote id; absent where the relation is a link of the row. */
  readonly field?: string
}

export interface ClearedReference {
  readonly type: ObjectType
  readonly canonical: string
  /** Remote field, which `fields` sets to null; absent where the relation is a link of the row. */
  readonly field?: string
}

export type RemoteResult =
  | {
      readonly ok: true
      /** Remote fields to write; null clears. */
      readonly fields: Fields
      /** References to be resolved to remote ids by the engine. */
      readonly links: readonly PushedLink[]
      /** References that the patch sets to null. */
      readonly cleared: readonly ClearedReference[]
      /**
       * Remote fields that were joined without knowing one of their parts (half of a name, no `base`). Right for a new
       * record; where it turns out that the record exists, they are to be left out, or mapped again with its `base`.
       */
      readonly incomplete: readonly string[]
      readonly warnings: readonly string[]
    }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** A mapping for one remote object, ready to be applied any number of times. Frozen and without state. */
export interface CompiledMapping {
  readonly type: ObjectType
  readonly name: string
  /** Remote fields that a pull must ask for. */
  readonly remoteFields: readonly string[]
  /** Canonical key fields in order of preference with the remote field that each lands in. */
  readonly keys: readonly { readonly canonical: string; readonly remote: string }[]
  /** Lookup tables that rules use, so that the engine can load them before. */
  readonly lookupTables: readonly string[]
  /** Canonical field names that this mapping yields, references included. */
  readonly canonicalFields: readonly string[]
  /** What was left out, cannot be written back, or is not covered; each with its pointer into the spec. */
  readonly warnings: readonly Fault[]
  /** Who wins for a canonical field: the spec's word, else the default of the type. */
  ownership(canonicalField: string): Owner
  /** A remote record as canonical data. Lenient: what cannot be read is null with a warning. */
  toCanonical(record: { readonly fields: Fields; readonly links?: readonly Link[] }, resolve: Resolver): CanonicalResult
  /**
   * A canonical patch as remote fields. Strict: a wrong value is a fault with its pointer. `base` is the canonical
   * record as last known, for fields that are written together (the two halves of a name); without it the record is
   * taken to be new.
   */
  toRemote(patch: Fields, resolve: Resolver, base?: Fields): RemoteResult
}

export interface CompileInput {
  readonly spec: MappingSpec
  readonly object: {
    readonly type: ObjectType
    readonly name: string
    readonly aliases?: Readonly<Record<string, string>>
  }
  /** The tenant's live schema, where the object can be described. */
  readonly fields: readonly FieldInfo[] | undefined
  /** ISO 4217 code of the account's currency, for amounts of records that name none. */
  readonly currency?: string
}
