import { batches, type Ctx, type RemoteRecord } from '@raccordo/core/plugin'
import type { Kind } from './kinds.ts'
import { READ_IDS } from './limits.ts'
import { readList } from './list.ts'
import { columnsOf, recordOf } from './records.ts'
import type { Settings } from './settings.ts'
import type { VendorRecord } from './vendor.ts'
import { completed } from './whole.ts'

/** Records by id. What is not there is left out; a converted lead comes as one that is gone. */
export const readRecords = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  ids: readonly string[],
  fields: readonly string[],
): Promise<readonly RemoteRecord[]> => {
  const records = await readRaw(ctx, kind, ids, columnsOf(kind, fields))
  return records.map((record) => recordOf(kind, record, fields, ctx.account?.timeZone))
}

/** The same as Zoho shows them, in the order of the ids. */
export const readRaw = async (
  ctx: Ctx<Settings>,
  kind: Kind,
  ids: readonly string[],
  columns: readonly string[],
): Promise<readonly VendorRecord[]> => {
  const asked = [...new Set(ids)].filter((id) => /^\d{1,19}$/.test(id))
  const found = new Map<string, VendorRecord>()
  for (const some of batches(asked, READ_IDS)) {
    const list = await readList(ctx, kind, { columns, ids: some })
    for (const record of list.data ?? []) found.set(String(record.id), record)
  }
  const records = asked.map((id) => found.get(id)).filter((record) => record !== undefined)
  return completed(ctx, kind, records, columns)
}
