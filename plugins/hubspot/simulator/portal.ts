import { type AssociationStore, makeAssociations } from './association-store.ts'
import { type Changes, makeChanges } from './changes.ts'
import type { PropertyDefinition } from './property.ts'
import { ACTIVITIES, OBJECTS, type ObjectName, SCHEMAS } from './schema.ts'
import { makeSearchIndex, type SearchIndex } from './search-index.ts'
import { idSequence, makeTable, type StoredRecord, type Table } from './table.ts'

/** What one simulated portal holds. */
export interface Portal {
  readonly id: number
  readonly timeZone: string
  /** ISO codes, the company's own first; a portal with that one alone keeps no currency with its deals. */
  readonly currencies: readonly string[]
  readonly tables: Readonly<Record<ObjectName, Table>>
  readonly indexes: Readonly<Record<ObjectName, SearchIndex>>
  readonly properties: Readonly<Record<ObjectName, Map<string, PropertyDefinition>>>
  readonly associations: AssociationStore
  /** Where everything that changes is told. */
  readonly changes: Changes
  readonly owners: readonly Owner[]
  /** Old ids of merged records, with the id that answers for them. */
  readonly merged: Readonly<Record<ObjectName, Map<number, number>>>
  /** Until when writes to an object are answered with 423, in epoch ms. */
  readonly lockedUntilMs: Map<ObjectName, number>
  now(): Date
  random(): number
  /** How long the index hides the next change. */
  indexDelayMs(): number
}

export interface Owner {
  readonly id: number
  readonly userId: number
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly archived: boolean
}

export interface PortalOptions {
  readonly portalId: number
  readonly timeZone: string
  readonly currencies: readonly string[]
  readonly now: () => Date
  readonly random: () => number
  readonly indexDelayMs: () => number
}

/** The same number for the first record of every object: ids are only unique within one. Activities alone share theirs. */
const FIRST_ID = 20_000_000_000

export const makePortal = (options: PortalOptions): Portal => {
  const each = <T>(make: (name: ObjectName) => T): Record<ObjectName, T> =>
    Object.fromEntries(OBJECTS.map((name) => [name, make(name)])) as Record<ObjectName, T>
  const activityIds = idSequence(FIRST_ID, options.random)
  const isActivity = (name: ObjectName): boolean => ACTIVITIES.some((activity) => activity === name)
  const tables = each((name) =>
    makeTable(isActivity(name) ? activityIds : idSequence(FIRST_ID, options.random), additionalEmails),
  )
  tables.contacts.keepUnique('email')
  const changes = makeChanges(options.now)
  return {
    id: options.portalId,
    timeZone: options.timeZone,
    currencies: options.currencies,
    tables,
    indexes: each(() => makeSearchIndex(options.now)),
    properties: each((name) => new Map(definitionsOf(name, options.currencies).map((each) => [each.name, each]))),
    associations: makeAssociations(changes.tell),
    changes,
    owners: OWNERS,
    merged: each(() => new Map()),
    lockedUntilMs: new Map(),
    now: options.now,
    random: options.random,
    indexDelayMs: options.indexDelayMs,
  }
}

/** Definitions of an object; a portal with one currency offers no choice of them. */
const definitionsOf = (name: ObjectName, currencies: readonly string[]): readonly PropertyDefinition[] =>
  SCHEMAS[name].properties.map((property) =>
    property.name === 'deal_currency_code'
      ? { ...property, options: currencies.length > 1 ? currencies : [] }
      : property,
  )

export const additionalEmails = (record: StoredRecord): readonly string[] =>
  (record.properties['hs_additional_emails'] ?? '').split(';').filter((email) => email !== '')

/** The id that answers for an id: of the record itself, or of the one that took it in. */
export const survivorOf = (portal: Portal, object: ObjectName, id: number): number => {
  const next = portal.merged[object].get(id)
  return next === undefined ? id : survivorOf(portal, object, next)
}

const OWNERS: readonly Owner[] = [
  { id: 61, userId: 9061, email: 'sales.one@example.com', firstName: 'Sales', lastName: 'One', archived: false },
  { id: 62, userId: 9062, email: 'sales.two@example.com', firstName: 'Sales', lastName: 'Two', archived: false },
  { id: 63, userId: 9063, email: 'former@example.com', firstName: 'Former', lastName: 'Colleague', archived: true },
]
