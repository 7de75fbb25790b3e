import { batches, type Ctx, fail, type RemoteRecord } from '@raccordo/core/plugin'
import { rowFailure, saysNotThere } from './errors.ts'
import type { Kind } from './kinds.ts'
import { BATCH } from './limits.ts'
import { pathsOf } from './paths.ts'
import { mergedIdsOf, recordOf, wanted } from './properties.ts'
import type { Settings } from './settings.ts'
import type { VendorBatch, VendorRecord } from './vendor.ts'

/** Records by id, straight from the records. What is not there is left out; a merged id gives the record that took it in. */
export const readRecords = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  ids: readonly string[],
  fields: readonly string[],
): Promise<readonly RemoteRecord[]> => {
  const asked = [...new Set(ids)].filter((id) => /^\d+$/.test(id))
  const found = await batchRead(ctx, kind, asked, wanted(kind, fields))
  const records = new Map(found.map((record) => [String(record.id), recordOf(ctx, kind, record, fields)]))
  for (const [id, mergedIds] of survivors(found, asked)) {
    const record = records.get(id)
    if (record !== undefined)
      records.set(id, { ...record, mergedIds: [...new Set([...(record.mergedIds ?? []), ...mergedIds])] })
  }
  return [...records.values()]
}

/** Raw records by id, or by the value of a unique property. */
export const batchRead = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  values: readonly string[],
  properties: readonly string[],
  idProperty?: string,
): Promise<readonly VendorRecord[]> => {
  const records: VendorRecord[] = []
  for (const some of batches(values, BATCH)) {
    const reply = await ctx.call({
      method: 'POST',
      path: pathsOf(ctx.settings).objects(kind.name, '/batch/read'),
      idempotent: true,
      body: {
        inputs: some.map((id) => ({ id })),
        properties,
        propertiesWithHistory: [],
        ...(idProperty === undefined ? {} : { idProperty }),
      },
    })
    const { results = [], errors = [] }: VendorBatch = reply.body ?? {}
    const fault = errors.find((error) => !saysNotThere(error))
    if (fault !== undefined) {
      const { kind: what, message, ...more } = rowFailure(fault)
      throw fail(what, message, more)
    }
    records.push(...results)
  }
  return records
}

/** Records that came under an id that nobody asked for, with the asked ids that they stand for. */
const survivors = (
  found: readonly VendorRecord[],
  asked: readonly string[],
): ReadonlyMap<string, readonly string[]> => {
  const foreign = found.filter((record) => !asked.includes(String(record.id)))
  const missing = asked.filter((id) => !found.some((record) => String(record.id) === id))
  return new Map(
    foreign.map((record) => {
      const named = mergedIdsOf(record).filter((id) => missing.includes(id))
      return [String(record.id), named.length === 0 && foreign.length === 1 && missing.length === 1 ? missing : named]
    }),
  )
}
