import type { Ctx, Fields, RemoteRecord } from '../contract.ts'
import type { CompiledMapping } from '../mapping/index.ts'
import { nextRead } from '../store/records.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Engine } from './engine.ts'
import { type Gone, goneOf } from './plan.ts'
import { withLinks } from './relations.ts'
import { readWhole } from './whole.ts'

/** What a direct read says of the records that were asked for. */
export interface ReadBack {
  /** Tick from before the read. */
  readonly readBegin: number
  readonly records: readonly RemoteRecord[]
  /** Asked for and not there, or archived. */
  readonly gone: readonly Gone[]
  /** Ids that changed while their fields were read in parts, again and again: what they are now nobody can say yet. */
  readonly torn: readonly string[]
  /** Ids that live, with those that were merged into a record that does. */
  readonly alive: ReadonlySet<string>
}

/** Reads records by id, with their relations unless `isBare`; those that are not there any more are gone. */
export const readBack = async (
  engine: Engine,
  crm: Crm,
  given: {
    readonly object: AnyObject
    readonly compiled: CompiledMapping
    readonly ctx: Ctx<Fields>
    readonly ids: readonly string[]
    readonly isBare?: boolean
  },
): Promise<ReadBack> => {
  const { object, compiled, ctx, ids, isBare = false } = given
  const readBegin = await nextRead(engine.database.db)
  const { records: found, torn } = await readWhole(crm, object, ctx, ids, compiled.remoteFields)
  const live = found.filter(({ deletedAt }) => deletedAt === undefined)
  const records = isBare ? live : await withLinks(crm, object, ctx, live)
  const alive = new Set([...live.flatMap((record) => [record.id, ...(record.mergedIds ?? [])]), ...torn])
  const archived = new Map(found.map((record) => [record.id, record]))
  const gone = ids.filter((id) => !alive.has(id)).map((id) => goneOf(archived.get(id) ?? { id, fields: {} }))
  return { readBegin, records, gone, torn, alive }
}
