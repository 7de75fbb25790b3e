import type { Link } from '../contract.ts'
import { batches } from '../kit/batches.ts'
import { countLive, countUnseen, glanceRecords, type KeptLink, unseenRecords } from '../store/records.ts'
import { stampMsOf } from './incoming.ts'
import { readBack } from './read_back.ts'
import { linkedTypes } from './relations.ts'
import type { Scan } from './scan.ts'
import { contextOf, readPage, requestOf, type StepPage } from './steps.ts'

type Glance = Awaited<ReturnType<typeof glanceRecords>> extends ReadonlyMap<string, infer Row> ? Row : never

/** Whether what the CRM shows of a record calls for reading it: it is unknown, another version, or a tombstone that lives. */
const differs = (stored: Glance | undefined, stampMs: number | undefined, isSweep: boolean): boolean => {
  if (stored === undefined) return true
  const storedMs = stored.remote_stamp?.getTime()
  const isTombstone = stored.deleted_at !== null && stored.deleted_reason !== 'filtered'
  // A sweep reads no index that lags, so whatever it sees is alive; an index may show for a while what is gone.
  if (isTombstone) return isSweep || (stampMs ?? 0) > (stored.deleted_at?.getTime() ?? 0)
  if (stampMs === undefined) return false
  if (storedMs === undefined) return true
  return isSweep ? stampMs !== storedMs : stampMs > storedMs
}

const linkKey = ({ type, remoteId }: Link): string => `${type}:${remoteId}`

const sameLinks = (stored: readonly KeptLink[], found: readonly Link[]): boolean =>
  [...stored].map(linkKey).sort().join() === [...new Set(found.map(linkKey))].sort().join()

/**
 * Compares id and stamp of everything in the window (or of everything there is) with what is stored, and reads by id
 * only what differs. A sweep also looks at relations, because changing one moves no stamp.
 */
export const stampsStep = async (scan: Scan, cursor: string | undefined): Promise<StepPage> => {
  const { engine, crm, object, key } = scan
  const { stamps, links, read } = object
  if (stamps === undefined || read === undefined) throw new TypeError(`${object.name} offers no stamps or no read`)
  const ctx = await contextOf(scan, 'stamps')
  const isSweep = key.pass === 'sweep'
  const { rows, next } = await stamps(ctx, requestOf(scan, cursor, crm.limits.page))
  const ids = rows.map(({ id }) => id)
  const stored = await glanceRecords(engine.database, key.connectionId, object.name, ids)
  const different = new Set(
    rows.filter(({ id, updatedAt }) => differs(stored.get(id), stampMsOf(updatedAt), isSweep)).map(({ id }) => id),
  )
  const types = linkedTypes(crm, object)
  if (isSweep && links !== undefined && types.length > 0) {
    const known = ids.filter((id) => !different.has(id))
    for (const batch of batches(known, crm.limits.read)) {
      const found = await links(ctx, batch, types)
      for (const id of batch) if (!sameLinks(stored.get(id)?.links ?? [], found.get(id) ?? [])) different.add(id)
    }
  }
  const { alive: _, ...found } = await readByIds(scan, [...different])
  return { page: readPage(scan, { ...found, direct: true }), next, seen: ids }
}

const readByIds = async (scan: Scan, ids: readonly string[]) => {
  const { engine, crm, object, mapped } = scan
  const ctx = await contextOf(scan, 'read')
  return readBack(engine, crm, { object, compiled: mapped.compiled, ctx, ids })
}

/** A sweep that would delete more than this share of what lives stops and asks a person. */
const BRAKE_SHARE = 0.25
/** Fewer than these are never too many. */
const BRAKE_FLOOR = 20

/** Why a sweep must not go on to delete, or undefined where it may. */
export const brakeReason = async (scan: Scan): Promise<string | undefined> => {
  const { engine, key, row, object } = scan
  if (row.forced) return undefined
  const unseen = await countUnseen(engine.database, key.connectionId, object.name, row.run_seq ?? 0)
  const live = await countLive(engine.database, key.connectionId, object.name)
  if (unseen <= BRAKE_FLOOR || unseen <= live * BRAKE_SHARE) return undefined
  return (
    `The sweep found ${unseen} of ${live} ${object.name} gone, more than a quarter. Nothing was deleted here. ` +
    'Check what this sign-in may see in the CRM; if they are really gone, sweep again with force.'
  )
}

/** Reads by id what the sweep has not seen: what is still there is stored, what is not is gone. */
export const unseenStep = async (scan: Scan, cursor: string | undefined): Promise<StepPage> => {
  const { engine, crm, key, object, row } = scan
  const { read } = crm.limits
  const ids = await unseenRecords(engine.database, key.connectionId, object.name, row.run_seq ?? 0, cursor ?? '', read)
  const { alive, ...found } = await readByIds(scan, ids)
  return {
    page: readPage(scan, { ...found, direct: true }),
    next: ids.length < read ? undefined : ids.at(-1),
    seen: [...alive],
  }
}
