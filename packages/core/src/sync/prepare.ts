import type { Failure, Fields, Json, Link, ObjectType, Row } from '../contract.ts'
import type { CompiledMapping, Resolver } from '../mapping/index.ts'
import { linksByLocal, type StoredLinkRow } from '../store/links.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Engine } from './engine.ts'
import { markerOf } from './identifiers.ts'

/** An outbox row that knows where it goes: which object, which remote record if there is one, which relations. */
export interface Addressed {
  readonly row: OutboxRow
  readonly object: AnyObject
  readonly remoteId: string | undefined
  readonly compiled: CompiledMapping
  readonly resolver: Resolver
  /** Remote ids of the records that it names, by `type:localId`. */
  readonly references: ReadonlyMap<string, StoredLinkRow>
}

export interface Refused {
  readonly row: OutboxRow
  readonly failure: Failure
}

const REFERENCES: readonly (readonly [field: string, type: ObjectType])[] = [
  ['contact_id', 'contact'],
  ['company_id', 'company'],
  ['deal_id', 'deal'],
]

const referencesOf = (row: OutboxRow): { readonly type: ObjectType; readonly localId: string }[] =>
  REFERENCES.flatMap(([field, type]) => {
    const localId = row.data[field]
    return typeof localId === 'string' ? [{ type, localId }] : []
  })

/** Objects that take a record of this type with these values; the one that it is linked to alone, where it is. */
export const objectsTaking = (
  objects: readonly AnyObject[],
  row: Pick<OutboxRow, 'type' | 'data'>,
  linked: string | undefined,
): readonly AnyObject[] => {
  const candidates = objects.filter(({ type }) => type === row.type)
  const isLinked = candidates.filter(({ name }) => name === linked)
  if (isLinked.length > 0) return isLinked
  const takes = (object: AnyObject): boolean =>
    Object.entries(object.holds ?? {}).every(([field, values]) => values.includes(String(row.data[field])))
  return candidates.filter((object) => takes(object) && (object.create ?? object.update) !== undefined)
}

/** The object that takes a record of this type with these values, or why none does. */
const chooseObject = (crm: Crm, row: OutboxRow, link: StoredLinkRow | undefined): AnyObject | Failure => {
  const [chosen] = objectsTaking(crm.objects, row, link?.object)
  if (chosen !== undefined) return chosen
  const candidates = crm.objects.filter(({ type }) => type === row.type)
  const what = row.data['kind'] === undefined ? row.type : `${row.type} of kind ${JSON.stringify(row.data['kind'])}`
  const kinds = candidates.flatMap(({ holds }) => holds?.['kind'] ?? [])
  return {
    kind: 'invalid',
    message:
      candidates.length === 0
        ? `No object of ${crm.provider.title} that takes a ${row.type} is switched on at this connection.`
        : `${crm.provider.title} takes no ${what} here.${kinds.length === 0 ? '' : ` Give "kind": one of ${kinds.join(', ')}.`}`,
    field: 'kind',
  }
}

/** Finds object, remote record and mapping of each claimed row; what cannot go anywhere comes back refused. */
export const addressRows = async (
  engine: Engine,
  crm: Crm,
  rows: readonly OutboxRow[],
  signal: AbortSignal,
): Promise<{ readonly addressed: readonly Addressed[]; readonly refused: readonly Refused[] }> => {
  const wanted = rows.flatMap((row) => [{ type: row.type, localId: row.local_id }, ...referencesOf(row)])
  const links = await linksByLocal(engine.database.db, crm.connection.id, wanted)
  const addressed: Addressed[] = []
  const refused: Refused[] = []
  for (const row of rows) {
    const link = links.get(`${row.type}:${row.local_id}`)
    const object = chooseObject(crm, row, link)
    if (!('name' in object)) {
      refused.push({ row, failure: object })
      continue
    }
    const mapped = await crm.mapping(object, signal)
    addressed.push({ row, object, remoteId: link?.externalId, references: links, ...mapped })
  }
  return { addressed, refused }
}

/** Values under a reference that are no local id but a remote one, which the push named in `links`. */
const REMOTE = '\u0000remote:'

const withExplicitLinks = (
  target: Addressed,
  patch: Fields,
): { readonly patch: Fields; readonly plain: readonly Link[] } => {
  const plain: Link[] = []
  const merged: Record<string, Json | undefined> = { ...patch }
  for (const { object: type, externalId } of target.row.links) {
    const field = REFERENCES.find(([, referenced]) => referenced === type)?.[0]
    if (field !== undefined && merged[field] === undefined && target.compiled.canonicalFields.includes(field)) {
      merged[field] = `${REMOTE}${externalId}`
    } else plain.push({ type, remoteId: externalId })
  }
  return { patch: merged, plain }
}

/** A row as the plugin takes it, or why there is none. */
export type MappedRow =
  | {
      readonly row: Row
      /** References that the patch clears and that are no field of the record: no operation takes a relation away. */
      readonly uncleared: readonly string[]
    }
  | { readonly failure: Failure }

/**
 * Maps the patch of a row to remote fields and relations. `base` is the record as the CRM has it, for an update.
 * A reference to a local record that has no remote one is a failure: the host must push or link it first.
 */
export const mapRow = (target: Addressed, patch: Fields, connectionId: string, base?: Fields): MappedRow => {
  const explicit = withExplicitLinks(target, patch)
  const result = target.compiled.toRemote(explicit.patch, target.resolver, base)
  if (!result.ok) {
    const message = result.faults.map(({ pointer, message: text }) => `${pointer ?? ''}: ${text}`).join('; ')
    return { failure: { kind: 'invalid', message, ...fieldOf(result.faults[0]?.pointer) } }
  }
  const fields: Record<string, Json | undefined> = { ...result.fields }
  const links: Link[] = [...explicit.plain]
  for (const { type, localId, field } of result.links) {
    const remoteId = localId.startsWith(REMOTE)
      ? localId.slice(REMOTE.length)
      : target.references.get(`${type}:${localId}`)?.externalId
    if (remoteId === undefined) {
      return {
        failure: {
          kind: 'invalid',
          message: `The ${type} ${localId} has no record at this connection: push it first, or say which one it is by PUT /links.`,
          field: `${type}_id`,
        },
      }
    }
    if (field === undefined) links.push({ type, remoteId })
    else fields[field] = remoteId
  }
  const key = keyOf(target, patch, fields)
  return {
    row: {
      marker: markerOf(connectionId, target.row.type, target.row.local_id),
      fields,
      ...(target.remoteId === undefined ? {} : { remoteId: target.remoteId }),
      ...(key === undefined ? {} : { key }),
      ...(links.length === 0 ? {} : { links }),
    },
    uncleared: result.cleared.flatMap(({ canonical, field }) => (field === undefined ? [canonical] : [])),
  }
}

const fieldOf = (pointer: string | undefined): { readonly field?: string } =>
  pointer === undefined ? {} : { field: pointer }

/** The first key of the mapping that the row has a value for. */
const keyOf = (target: Addressed, patch: Fields, fields: Fields): Row['key'] => {
  for (const { canonical, remote } of target.compiled.keys) {
    const value = fields[remote]
    if (patch[canonical] != null && (typeof value === 'string' || typeof value === 'number')) {
      return { field: remote, value: String(value) }
    }
  }
  return undefined
}
