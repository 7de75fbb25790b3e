import type { Ctx, Fields, RemoteRecord } from '../contract.ts'
import { batches } from '../kit/batches.ts'
import type { CompiledMapping } from '../mapping/index.ts'
import { nextRead } from '../store/records.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Engine } from './engine.ts'
import type { Gone } from './plan.ts'
import { withLinks } from './relations.ts'

/** What a direct read says of the records that were asked for. */
export interface ReadBack {
  /** Tick from before the read. */
  readonly readBegin: number
  readonly records: readonly RemoteRecord[]
  /** Asked for and not there, or archived. */
  readonly gone: readonly Gone[]
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
  const found: RemoteRecord[] = []
  for (const batch of batches(ids, crm.limits.read)) {
    found.push(...((await object.read?.(ctx, batch, compiled.remoteFields)) ?? []))
  }
  const live = found.filter(({ deletedAt }) => deletedAt === undefined)
  const records = isBare ? live : await withLinks(crm, object, ctx, live)
  const alive = new Set(live.flatMap((record) => [record.id, ...(record.mergedIds ?? [])]))
  const archivedAt = new Map(found.map(({ id, deletedAt }) => [id, deletedAt]))
  const gone = ids.filter((id) => !alive.has(id)).map((id): Gone => ({ id, at: archivedAt.get(id), reason: 'deleted' }))
  return { readBegin, records, gone, alive }
}
