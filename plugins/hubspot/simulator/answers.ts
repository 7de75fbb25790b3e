import type { SimulatorHandler, SimulatorReply } from '@raccordo/testkit/simulator'
import { RefusedError, refusalReply } from './failures.ts'
import type { Portal } from './portal.ts'
import { type ObjectName, SCHEMAS } from './schema.ts'
import type { StoredRecord } from './table.ts'

/** A handler whose refusals are answered as HubSpot words them. */
export const answering =
  (handle: SimulatorHandler): SimulatorHandler =>
  async (request) => {
    try {
      return await handle(request)
    } catch (error) {
      if (error instanceof RefusedError) return refusalReply(error.refusal)
      throw error
    }
  }

/** A record as an answer shows it: the asked properties (null without a value, unknown ones passed over), or the defaults. */
export const recordBody = (
  portal: Portal,
  object: ObjectName,
  record: StoredRecord,
  asked: readonly string[] = [],
): object => {
  const { defaults, changedField, createdField } = SCHEMAS[object]
  const names = asked.length === 0 ? defaults : [...asked, createdField, changedField, 'hs_object_id']
  const properties: Record<string, string | null> = {}
  for (const name of names) if (portal.properties[object].has(name)) properties[name] = record.properties[name] || null
  return {
    id: String(record.id),
    properties,
    createdAt: new Date(record.createdMs).toISOString(),
    updatedAt: new Date(record.updatedMs).toISOString(),
    archived: record.archivedMs !== undefined,
    ...(record.archivedMs === undefined ? {} : { archivedAt: new Date(record.archivedMs).toISOString() }),
  }
}

/** What a write shows: the properties that it set, and those of the system. */
export const writtenBody = (
  portal: Portal,
  object: ObjectName,
  record: StoredRecord,
  given: Readonly<Record<string, unknown>>,
): object => recordBody(portal, object, record, Object.keys(given))

/** The values of a parameter that may be repeated, joined with commas, or both. */
export const listParameter = (query: URLSearchParams, name: string): readonly string[] =>
  query
    .getAll(name)
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '')

/** A batch answer. HubSpot answers in any order. */
export const batchReply = (
  portal: Portal,
  done: number,
  results: readonly object[],
  errors: readonly object[],
): SimulatorReply => {
  const at = portal.now().toISOString()
  return {
    status: errors.length === 0 ? done : 207,
    body: {
      status: 'COMPLETE',
      results: shuffled(results, portal.random),
      ...(errors.length === 0 ? {} : { numErrors: errors.length, errors: shuffled(errors, portal.random) }),
      startedAt: at,
      completedAt: at,
    },
  }
}

export const shuffled = <T>(list: readonly T[], random: () => number): T[] =>
  list
    .map((item) => ({ item, place: random() }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item)
