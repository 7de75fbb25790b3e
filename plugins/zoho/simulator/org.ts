import type { ChosenOptions } from './options.ts'
import { type FieldDefinition, MODULE_NAMES, MODULES, type ModuleName } from './schema.ts'
import { makeTable, type Table } from './table.ts'
import { MIXED_OFFSETS, offsetMinutesOf } from './times.ts'

export interface User {
  readonly id: string
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly isActive: boolean
}

/** Why Zoho refuses to touch a record for the time being. */
export type Hold = 'RECORD_LOCKED' | 'NOT_APPROVED' | 'RECORD_IN_BLUEPRINT'

/** Something that happened to a record, as channels are told of it. */
export interface Change {
  readonly module: ModuleName
  readonly id: string
  readonly operation: 'insert' | 'update' | 'delete'
  readonly fields: readonly string[]
  /** How long readers do not see it yet, in ms; nobody is told before. */
  readonly hiddenMs: number
}

/** What can be turned while it runs. */
export interface Knobs {
  /** How long the search index hides a change, in ms. */
  indexLagMs: number
  /** Whether COQL reads that index too. */
  queriesLag: boolean
  /** How long what a user did stays unseen, in ms, though it bears the stamp of its beginning: a long transaction. */
  commitDelayMs: number
  rateLimits: boolean
  isAdministrator: boolean
  /** The organisation lives in another data centre than the one that is called. */
  isElsewhere: boolean
}

/** What one simulated organisation holds. */
export interface Org {
  readonly id: string
  readonly chosen: ChosenOptions
  readonly knobs: Knobs
  readonly tables: Readonly<Record<ModuleName, Table>>
  readonly fields: Readonly<Record<ModuleName, Map<string, FieldDefinition>>>
  readonly users: readonly User[]
  /** Who the connection's tokens belong to. */
  readonly me: User
  readonly holds: Map<string, Hold>
  readonly forbidden: Set<ModuleName>
  /** Where records went that were merged into another one. */
  readonly merged: Map<string, string>
  /** What happened since `tell` was called last. */
  readonly changes: Change[]
  /** Runs of workflows and the like: one for each record that was written without switching them off. */
  automationRuns: number
  now(): Date
  random(): number
  nextId(): string
  /** Offset that a new record's times are shown in, in minutes. */
  nextOffset(): number
}

/** Beyond 2^53, so that whoever takes an id for a number mistakes one record for another. */
const FIRST_ID = 5_725_767_000_000_100_000n

export const makeOrg = (options: {
  readonly chosen: ChosenOptions
  readonly now: () => Date
  readonly random: () => number
}): Org => {
  const { chosen, now, random } = options
  const each = <T>(make: (name: ModuleName) => T): Record<ModuleName, T> =>
    Object.fromEntries(MODULE_NAMES.map((name) => [name, make(name)])) as Record<ModuleName, T>
  const offsetMinutes = offsetMinutesOf(chosen.offset)
  let lastId = FIRST_ID
  let offsets = 0
  const nextId = (): string => {
    lastId += BigInt(1 + Math.floor(random() * 7))
    return String(lastId)
  }
  const user = (email: string, firstName: string, lastName: string, isActive: boolean): User => ({
    id: nextId(),
    email,
    firstName,
    lastName,
    isActive,
  })
  const me = user('integration@example.com', 'Inge', 'Integration', true)
  return {
    id: '60012345678',
    chosen,
    knobs: {
      indexLagMs: 0,
      queriesLag: false,
      commitDelayMs: 0,
      rateLimits: false,
      isAdministrator: chosen.isAdministrator,
      isElsewhere: false,
    },
    tables: each(() => makeTable(now)),
    fields: each((name) => new Map(Object.entries(MODULES[name].fields).filter(([field]) => isThere(chosen, field)))),
    users: [
      me,
      user('sales.one@example.com', 'Sales', 'One', true),
      user('sales.two@example.com', 'Sales', 'Two', true),
      user('former@example.com', 'Former', 'Colleague', false),
    ],
    me,
    holds: new Map(),
    forbidden: new Set(),
    merged: new Map(),
    changes: [],
    automationRuns: 0,
    now,
    random,
    nextId,
    nextOffset: () => {
      offsets += 1
      return chosen.mixedOffsets ? (MIXED_OFFSETS[offsets % MIXED_OFFSETS.length] ?? 0) : offsetMinutes
    },
  }
}

/** Records know their currency only in an organisation that has several. */
const isThere = (chosen: ChosenOptions, field: string): boolean =>
  chosen.multiCurrency || (field !== 'Currency' && field !== 'Exchange_Rate')

export const userWithId = (org: Org, id: string): User | undefined => org.users.find((user) => user.id === id)

/** Currencies of the organisation, its own first. */
export const currenciesOf = (org: Org): readonly { iso: string; name: string; symbol: string; rate: number }[] => {
  const own = { iso: 'EUR', name: 'Euro - EUR', symbol: '€', rate: 1 }
  if (!org.chosen.multiCurrency) return [own]
  return [
    own,
    { iso: 'USD', name: 'US Dollar - USD', symbol: '$', rate: 1.08 },
    { iso: 'JPY', name: 'Japanese Yen - JPY', symbol: '¥', rate: 165 },
  ]
}
