import type { Ctx, Fields, Page, PageRequest, RemoteRecord } from '../contract.ts'
import { batches } from '../kit/batches.ts'
import type { AnyObject, Crm } from './crm.ts'
import { fieldParts, type Joined, type Look, type PartedRead, readParts } from './parts.ts'
import { CLOCK_DOUBT_MS } from './window.ts'

const partedRead = (crm: Crm, object: AnyObject, wanted: readonly string[], look: Look): PartedRead => {
  const order = crm.order(object)
  const stepMs = order?.precision === 's' ? 1000 : 1
  return {
    parts: fieldParts(wanted, order?.field, crm.limits.fields),
    wanted,
    look,
    nowMs: () => crm.crmNowMs(),
    settledMs: CLOCK_DOUBT_MS + stepMs + (order?.lateMs.usual ?? 0),
  }
}

const lookById =
  (crm: Crm, read: NonNullable<AnyObject['read']>, ctx: Ctx<Fields>): Look =>
  async (ids, part) => {
    const pieces: RemoteRecord[] = []
    for (const batch of batches(ids, crm.limits.read)) pieces.push(...(await read(ctx, batch, part)))
    return pieces
  }

/** Reads records by id, however many fields are wanted. Those that are not there are in neither list. */
export const readWhole = async (
  crm: Crm,
  object: AnyObject,
  ctx: Ctx<Fields>,
  ids: readonly string[],
  fields: readonly string[],
): Promise<Joined> => {
  if (object.read === undefined || ids.length === 0) return { records: [], torn: [] }
  const look = lookById(crm, object.read, ctx)
  const reading = partedRead(crm, object, fields, look)
  if (reading.parts.length > 1) return readParts(reading, ids)
  return { records: await look(ids, fields), torn: [] }
}

/**
 * One page, however many fields are wanted: the first part drives the paging, further ones are read by id where the
 * CRM can, else asked for as the same page again. What vanished between two parts is left to the next read.
 */
export const pullWhole = async (
  crm: Crm,
  object: AnyObject,
  ctx: Ctx<Fields>,
  request: Omit<PageRequest, 'fields'>,
  fields: readonly string[],
): Promise<Page & Joined> => {
  const { pull, read } = object
  if (pull === undefined) throw new TypeError(`${object.name} offers no pull`)
  const pageAgain: Look = async (ids, part) => {
    const wanted = new Set(ids)
    return (await pull(ctx, { ...request, fields: part })).records.filter(({ id }) => wanted.has(id))
  }
  const reading = partedRead(crm, object, fields, read === undefined ? pageAgain : lookById(crm, read, ctx))
  const page = await pull(ctx, { ...request, fields: reading.parts[0] ?? [] })
  const live = page.records.filter(({ deletedAt }) => deletedAt === undefined)
  if (reading.parts.length < 2 || live.length === 0) return { ...page, torn: [] }
  const { records, torn } = await readParts(reading, [...new Set(live.map(({ id }) => id))], live)
  // Nobody asks for the fields of what is gone.
  const gone = page.records.filter(({ deletedAt }) => deletedAt !== undefined)
  return { ...page, records: [...records, ...gone], torn }
}
