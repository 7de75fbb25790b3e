import type { Ctx, Fields, ObjectType, RemoteRecord } from '../contract.ts'
import { batches } from '../kit/batches.ts'
import type { AnyObject, Crm } from './crm.ts'

/** Canonical types that records of a type may point to. */
const POINTS_TO: Readonly<Record<ObjectType, readonly ObjectType[]>> = {
  contact: ['company'],
  company: [],
  deal: ['contact', 'company'],
  activity: ['contact', 'company', 'deal'],
}

/** The types whose relations are worth asking for here: those that are switched on. */
export const linkedTypes = (crm: Crm, object: AnyObject): readonly ObjectType[] =>
  POINTS_TO[object.type].filter((type) => crm.objects.some((other) => other.type === type))

/** Asks for the relations of records that came without any statement about them, where the CRM keeps them apart. */
export const withLinks = async (
  crm: Crm,
  object: AnyObject,
  ctx: Ctx<Fields>,
  records: readonly RemoteRecord[],
): Promise<readonly RemoteRecord[]> => {
  const types = linkedTypes(crm, object)
  const bare = records.filter(({ links }) => links === undefined).map(({ id }) => id)
  if (object.links === undefined || types.length === 0 || bare.length === 0) return records
  const found = new Map<string, RemoteRecord['links']>()
  for (const ids of batches(bare, crm.limits.read)) {
    for (const [id, links] of await object.links(ctx, ids, types)) found.set(id, links)
  }
  return records.map((record) =>
    record.links === undefined ? { ...record, links: found.get(record.id) ?? [] } : record,
  )
}
