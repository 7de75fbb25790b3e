import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { limitExceeded, refuse, unknownId } from './failures.ts'
import type { Org } from './org.ts'
import { requireModule } from './request-parts.ts'
import { MODULE_NAMES, type ModuleName } from './schema.ts'
import { toSecond } from './times.ts'
import { isRelation, type Values } from './values.ts'
import { apiWriter, commit, deleteRecord, type Writer } from './write.ts'

/**
 * Merges records into a master, which takes the fields that are named from the other one and what it has no value
 * for. The others are deleted for ever: nothing in Zoho says where they went.
 */
export const mergeRecords = (
  org: Org,
  module: ModuleName,
  masterId: string,
  children: readonly { readonly id: string; readonly fields: readonly string[] }[],
  writer: Writer,
): void => {
  const table = org.tables[module]
  let values: Values = table.get(masterId)?.values ?? {}
  if (table.get(masterId) === undefined || children.some(({ id }) => table.get(id) === undefined || id === masterId))
    throw unknownId(writer.place)
  for (const { id, fields } of children) {
    const child = table.get(id)?.values ?? {}
    const named = Object.fromEntries(fields.map((name) => [name, child[name]]))
    const lacking = Object.entries(child).filter(([name]) => (values[name] ?? null) === null)
    values = { ...values, ...Object.fromEntries(lacking), ...named }
    deleteRecord(org, module, id, writer, true)
    moveRelations(org, { module, id }, masterId, writer)
    org.merged.set(id, masterId)
  }
  const master = table.get(masterId)
  if (master === undefined) return
  const changed = Object.keys(values).filter((name) => values[name] !== master.values[name])
  const record = { ...master, values, modifiedMs: toSecond(writer.startedMs), modifiedBy: writer.userId }
  commit(org, module, record, writer, 'update', changed)
}

/** Whatever pointed at the one that is gone points at the master; nobody's stamp tells. */
const moveRelations = (
  org: Org,
  from: { readonly module: ModuleName; readonly id: string },
  toId: string,
  writer: Writer,
): void => {
  for (const module of MODULE_NAMES)
    for (const record of org.tables[module].live()) {
      const moved = Object.entries(record.values).filter(
        ([, value]) => isRelation(value) && value.module === from.module && value.id === from.id,
      )
      if (moved.length === 0) continue
      const values = { ...record.values, ...Object.fromEntries(moved.map(([name]) => [name, { ...from, id: toId }])) }
      org.tables[module].put({ ...record, values }, { reads: writer.hiddenMs, index: 0 })
    }
}

export const mergeHandler =
  (org: Org) =>
  (request: SimulatorRequest): SimulatorReply => {
    const module = requireModule(org, request.params['module'])
    const data: unknown = request.json()?.merge?.[0]?.data
    if (!Array.isArray(data) || data.length === 0)
      throw refuse(400, 'MANDATORY_NOT_FOUND', 'required field not found', {
        api_name: 'data',
        json_path: '$.merge[0].data',
      })
    if (data.length > 2) throw limitExceeded({ limit: 2, json_path: '$.merge[0].data' })
    const children = data.map((child) => ({
      id: String(child?.id),
      fields: (child?.master_record_fields ?? request.json()?.merge?.[0]?.master_record_fields ?? []).map(
        (field: { api_name?: unknown }) => String(field?.api_name),
      ),
    }))
    mergeRecords(org, module, request.params['id'] ?? '', children, apiWriter(org))
    const entry = { code: 'SUCCESS', details: {}, message: 'records merged successfully', status: 'success' }
    return { body: { merge: [entry] } }
  }
