import type { Fields, Link, RemoteRecord } from '../contract.ts'
import { batches } from '../kit/batches.ts'
import { sameJson } from '../stable_json.ts'
import { stampMsOf } from './incoming.ts'

/** What a read of split fields says: whole records, and those that changed under every try. */
export interface Joined {
  readonly records: readonly RemoteRecord[]
  /** Ids of records of which no two parts could be got that belong together. */
  readonly torn: readonly string[]
}

/** A record that somebody changes without end is left to a later read after so many. */
const MOST_TRIES = 3

/** Splits a field list into parts of at most `most` names; where that makes several, each has the stamp's field too. */
export const fieldParts = (
  fields: readonly string[],
  stampField: string | undefined,
  most: number | undefined,
): readonly (readonly string[])[] => {
  if (most === undefined || fields.length <= most) return [fields]
  if (stampField === undefined || most < 2) return batches(fields, most)
  const others = fields.filter((field) => field !== stampField)
  return batches(others, most - 1).map((part) => [stampField, ...part])
}

/** What a CRM said of a record when it was asked for one part of its fields. */
type Piece = RemoteRecord
/** Asks for one part of records; those that are not there are left out. */
export type Look = (ids: readonly string[], part: readonly string[]) => Promise<readonly Piece[]>

/** A read of fields in parts. */
export interface PartedRead {
  readonly parts: readonly (readonly string[])[]
  readonly wanted: readonly string[]
  readonly look: Look
  /** The CRM's clock, epoch ms. */
  nowMs(): number
  /** How old a stamp must be so that nothing can change any more without moving it, in ms. */
  readonly settledMs: number
}

const byId = (pieces: readonly Piece[]): ReadonlyMap<string, Piece> => new Map(pieces.map((piece) => [piece.id, piece]))

const areOneVersion = (pieces: readonly Piece[]): boolean =>
  pieces.every(
    ({ updatedAt, deletedAt }) =>
      stampMsOf(updatedAt) === stampMsOf(pieces[0]?.updatedAt) && deletedAt === pieces[0]?.deletedAt,
  )

/** What a part says of the fields that it was asked for, and of those that nobody asks for. */
const ownFields = ({ parts }: PartedRead, piece: Piece, index: number): Fields =>
  Object.fromEntries(
    Object.entries(piece.fields).filter(
      ([name]) => parts[index]?.includes(name) || !parts.some((part) => part.includes(name)),
    ),
  )

const join = (reading: PartedRead, pieces: readonly Piece[]): RemoteRecord => {
  const { wanted, parts } = reading
  const fields: Fields = Object.assign({}, ...pieces.map((piece, index) => ownFields(reading, piece, index)))
  const known = new Set(parts.flat())
  const linked = pieces.flatMap(({ links }) => (links === undefined ? [] : [links]))
  const links = [
    ...new Map(linked.flat().map((link): [string, Link] => [`${link.type}:${link.remoteId}`, link])).values(),
  ]
  const mergedIds = [...new Set(pieces.flatMap((piece) => piece.mergedIds ?? []))]
  const mergedInto = pieces.find((piece) => piece.mergedInto !== undefined)?.mergedInto
  const [first] = pieces
  return {
    id: first?.id ?? '',
    ...(first?.updatedAt === undefined ? {} : { updatedAt: first.updatedAt }),
    ...(first?.deletedAt === undefined ? {} : { deletedAt: first.deletedAt }),
    // The stamp that every part was asked for is a field of the record only where the mapping reads it.
    fields: Object.fromEntries(Object.entries(fields).filter(([name]) => !known.has(name) || wanted.includes(name))),
    ...(linked.length === 0 ? {} : { links }),
    ...(mergedIds.length === 0 ? {} : { mergedIds }),
    ...(mergedInto === undefined ? {} : { mergedInto }),
  }
}

/**
 * Looks once at every part of the records. Two parts with different stamps do not belong together. Nor may two with the
 * same stamp, where the record has none or one so fresh that a second change may bear it too:
 * then all parts but the last are looked at again, and what did not change around the whole look is one version.
 */
const lookOnce = async (reading: PartedRead, ids: readonly string[], first?: readonly Piece[]): Promise<Joined> => {
  const { parts, look } = reading
  const beganMs = reading.nowMs()
  const found = [byId(first ?? (await look(ids, parts[0] ?? [])))]
  const live = [...(found[0]?.keys() ?? [])]
  if (live.length === 0) return { records: [], torn: [] }
  for (const part of parts.slice(1)) found.push(byId(await look(live, part)))
  const torn = new Set<string>()
  const doubtful: string[] = []
  const piecesOf = new Map<string, readonly Piece[]>()
  for (const id of live) {
    const pieces = found.flatMap((part) => part.get(id) ?? [])
    piecesOf.set(id, pieces)
    const stampMs = stampMsOf(pieces[0]?.updatedAt)
    if (pieces.length < parts.length || !areOneVersion(pieces)) torn.add(id)
    else if (stampMs === undefined || stampMs >= beganMs - reading.settledMs) doubtful.push(id)
  }
  for (const id of await changedMeanwhile(reading, doubtful, piecesOf)) torn.add(id)
  const records = live.filter((id) => !torn.has(id)).map((id) => join(reading, piecesOf.get(id) ?? []))
  return { records, torn: [...torn] }
}

const changedMeanwhile = async (
  reading: PartedRead,
  ids: readonly string[],
  piecesOf: ReadonlyMap<string, readonly Piece[]>,
): Promise<ReadonlySet<string>> => {
  const changed = new Set<string>()
  for (const [index, part] of reading.parts.slice(0, -1).entries()) {
    const open = ids.filter((id) => !changed.has(id))
    if (open.length === 0) break
    const again = byId(await reading.look(open, part))
    for (const id of open) {
      const before = piecesOf.get(id)?.[index]
      const after = again.get(id)
      const isSame =
        before !== undefined &&
        after !== undefined &&
        areOneVersion([before, after]) &&
        sameJson(ownFields(reading, before, index), ownFields(reading, after, index))
      if (!isSame) changed.add(id)
    }
  }
  return changed
}

/**
 * Reads records in parts and joins what belongs together; what is torn is looked at again, a few times. `first`: what
 * was said of the first part already.
 */
export const readParts = async (
  reading: PartedRead,
  ids: readonly string[],
  first?: readonly Piece[],
): Promise<Joined> => {
  const records: RemoteRecord[] = []
  let open = ids
  for (let tries = 0; tries < MOST_TRIES && (open.length > 0 || (tries === 0 && first !== undefined)); tries += 1) {
    const seen = await lookOnce(reading, open, tries === 0 ? first : undefined)
    records.push(...seen.records)
    open = seen.torn
  }
  return { records, torn: open }
}
