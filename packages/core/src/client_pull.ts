import type { PulledRecord, PullOptions } from './api.ts'
import type { Ctx, Fields, Json, ObjectType, RemoteRecord } from './contract.ts'
import { crmError, type Fault } from './errors.ts'
import { localIdKey, localIdsOf } from './store/links.ts'
import type { KeptLink } from './store/records.ts'
import { type AnyObject, type Crm, openCrm } from './sync/crm.ts'
import type { Engine } from './sync/engine.ts'
import { pausedReason } from './sync/flags.ts'
import { newId } from './sync/identifiers.ts'
import { type Incoming, mapRecords, stampMsOf } from './sync/incoming.ts'
import { withLinks } from './sync/relations.ts'
import { pullWhole, readWhole } from './sync/whole.ts'
import { CLOCK_DOUBT_MS, type Window, windowBetween } from './sync/window.ts'

/** How often, and how long apart, a record is looked at that somebody is changing. */
const TORN_LOOKS = 5
const TORN_WAIT_MS = 1_000

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/

const sinceMsOf = (since: string | undefined): number | undefined => {
  if (since === undefined) return undefined
  const ms = typeof since === 'string' && ISO_TIME.test(since) ? Date.parse(since) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  throw crmError('invalid', `since is to be an ISO time with a zone, not ${JSON.stringify(since)}.`, {
    pointer: '/since',
  })
}

/** The objects to read: those of the type that are on, and not switched off by a flag. */
const objectsOf = (crm: Crm, type: ObjectType, kinds: readonly string[] | undefined): readonly AnyObject[] => {
  const ofType = crm.provider.objects.filter((object) => object.type === type).map(({ name }) => name)
  const unknown = (kinds ?? []).find((kind) => !ofType.includes(kind))
  if (unknown !== undefined) {
    const message = `${crm.provider.title} keeps a ${type} as ${ofType.join(' or ') || 'nothing'}, not as ${unknown}.`
    throw crmError('invalid', message, { pointer: '/kinds' })
  }
  const wanted = crm.objects.filter((object) => object.type === type && (kinds?.includes(object.name) ?? true))
  const open = wanted.filter((object) => pausedReason(crm, object, 'pull') === undefined)
  const [paused] = wanted
  if (paused === undefined || open.length > 0) return open
  throw crmError('conflict', pausedReason(crm, paused, 'pull') ?? '', { connectionId: crm.connection.id })
}

/** One reading of one object for a host. */
interface Reading {
  readonly engine: Engine
  readonly crm: Crm
  readonly object: AnyObject
  readonly ctx: Ctx<Fields>
  readonly mapped: Awaited<ReturnType<Crm['mapping']>>
  readonly sinceMs: number | undefined
  readonly window: Window | undefined
  readonly faults: Fault[]
}

/**
 * Yields what the CRM has of a type, or what changed since a time; the store is only asked which record is whose.
 * Throws, behind everything else, one `invalid` for the records that no mapping can read, and `locked` where a record was
 * changed under every look at it.
 */
export async function* pullRecords(
  engine: Engine,
  connectionId: string,
  type: ObjectType,
  { since, kinds }: PullOptions,
  signal: AbortSignal,
): AsyncGenerator<PulledRecord> {
  const sinceMs = sinceMsOf(since)
  const crm = await openCrm(engine, connectionId)
  const faults: Fault[] = []
  for (const object of objectsOf(crm, type, kinds)) {
    const { order } = object
    const precision = order === undefined ? 'ms' : (crm.order(object)?.precision ?? 'ms')
    // The end lies a little ahead, so that what changes while it is read is in it.
    const window =
      sinceMs === undefined ? undefined : windowBetween(sinceMs, crm.crmNowMs() + CLOCK_DOUBT_MS, precision)
    if (sinceMs !== undefined && window === undefined) continue
    const correlationId = newId('client')
    const ctx = await crm.ctx({ name: `pull ${object.name}`, priority: 'delta', signal, correlationId })
    const mapped = await crm.mapping(object, signal)
    const reading: Reading = { engine, crm, object, ctx, mapped, sinceMs, window, faults }
    if (object.pull !== undefined) yield* changed(reading)
    if (window !== undefined && object.deleted?.scope === 'window') yield* deleted(reading)
  }
  const [first] = faults
  if (first !== undefined) {
    const message = `${faults.length} ${type} records could not be mapped. ${first.message}`
    throw crmError('invalid', message, { connectionId, faults })
  }
}

async function* changed(reading: Reading): AsyncGenerator<PulledRecord> {
  const { crm, object, ctx, mapped, window } = reading
  const torn: string[] = []
  let cursor: string | undefined
  do {
    const request = {
      limit: crm.limits.page,
      ...(window === undefined || object.order === undefined ? {} : { window }),
      ...(cursor === undefined ? {} : { cursor }),
    }
    const page = await pullWhole(crm, object, ctx, request, mapped.compiled.remoteFields)
    torn.push(...page.torn)
    yield* presented(reading, page.records)
    cursor = page.next
  } while (cursor !== undefined)
  yield* untorn(reading, torn)
}

async function* untorn(reading: Reading, ids: readonly string[]): AsyncGenerator<PulledRecord> {
  const { engine, crm, object, ctx, mapped } = reading
  let open = ids
  for (let looks = 0; looks < TORN_LOOKS && open.length > 0 && object.read !== undefined; looks += 1) {
    await engine.clock.sleep(TORN_WAIT_MS, ctx.signal)
    const { records, torn } = await readWhole(crm, object, ctx, open, mapped.compiled.remoteFields)
    yield* presented(reading, records)
    open = torn
  }
  if (open.length === 0) return
  const message = `${object.name} ${open.join(', ')} changed under every look: pull again a little later.`
  throw crmError('locked', message, { connectionId: crm.connection.id })
}

async function* deleted(reading: Reading): AsyncGenerator<PulledRecord> {
  const { crm, object, ctx, window } = reading
  let cursor: string | undefined
  do {
    const page = await object.deleted?.page(ctx, {
      limit: crm.limits.page,
      ...(window === undefined ? {} : { window }),
      ...(cursor === undefined ? {} : { cursor }),
    })
    yield* presented(
      reading,
      (page?.records ?? []).map((record) => ({ ...record, deletedAt: record.deletedAt ?? ctx.now().toISOString() })),
    )
    cursor = page?.next
  } while (cursor !== undefined)
}

/** Whether a record that was read without a window is one that the host asked for. */
const isWanted = ({ sinceMs }: Reading, { updatedAt, deletedAt }: RemoteRecord): boolean => {
  const stampMs = stampMsOf(deletedAt ?? updatedAt)
  return sinceMs === undefined || stampMs === undefined || stampMs >= sinceMs
}

async function* presented(reading: Reading, found: readonly RemoteRecord[]): AsyncGenerator<PulledRecord> {
  const { engine, crm, object, ctx, mapped, faults } = reading
  const records = found.filter((record) => object.order !== undefined || isWanted(reading, record))
  // Without a time to ask since, what is gone is none of everything that there is.
  const gone = reading.sinceMs === undefined ? [] : records.filter(({ deletedAt }) => deletedAt !== undefined)
  const live = await withLinks(
    crm,
    object,
    ctx,
    records.filter(({ deletedAt }) => deletedAt === undefined),
  )
  const { incoming, unmappable } = mapRecords(live, mapped.compiled, mapped.resolver)
  faults.push(
    ...unmappable.map((failed) => {
      const reason = failed.faults.map(({ pointer, message }) => `${pointer ?? ''}: ${message}`).join('; ')
      return { pointer: `/${object.name}/${failed.id}`, message: `${object.name} ${failed.id}: ${reason}` }
    }),
  )
  const wanted = incoming.filter(({ filtered }) => !filtered)
  const remotes = [
    ...records.map(({ id }) => ({ type: object.type, remoteId: id, object: object.name })),
    ...wanted.flatMap(({ links }) => (links ?? []).map(({ type, remoteId }) => ({ type, remoteId }))),
  ]
  const localIds = await localIdsOf(engine.database.db, crm.connection.id, remotes)
  for (const record of wanted) yield presentLive(object, record, localIds)
  for (const record of gone) yield presentGone(object, record, localIds)
}

type LocalIds = ReadonlyMap<string, string>

const ownLocalId = ({ type, name }: AnyObject, id: string, localIds: LocalIds): string | null =>
  localIds.get(localIdKey({ type, remoteId: id, object: name })) ?? null

const presentLive = (object: AnyObject, { id, data, links, stampMs }: Incoming, localIds: LocalIds): PulledRecord => {
  const localIdOf = (link: KeptLink): string | null => localIds.get(localIdKey(link)) ?? null
  const kept = links ?? []
  const references = kept.flatMap((link): [string, Json][] =>
    link.field === undefined ? [] : [[link.field, localIdOf(link)]],
  )
  return {
    object: object.type,
    externalId: id,
    kind: object.name,
    localId: ownLocalId(object, id, localIds),
    data: { ...data, ...Object.fromEntries(references) },
    links: kept.map((link) => ({ object: link.type, externalId: link.remoteId, localId: localIdOf(link) })),
    deleted: false,
    updatedAt: stampMs === undefined ? null : new Date(stampMs).toISOString(),
  }
}

const presentGone = (object: AnyObject, record: RemoteRecord, localIds: LocalIds): PulledRecord => {
  const { id, deletedAt, updatedAt, mergedInto } = record
  const stampMs = stampMsOf(updatedAt)
  const deletedMs = stampMsOf(deletedAt)
  return {
    object: object.type,
    externalId: id,
    kind: object.name,
    localId: ownLocalId(object, id, localIds),
    data: {},
    links: [],
    deleted: true,
    ...(deletedMs === undefined ? {} : { deletedAt: new Date(deletedMs).toISOString() }),
    ...(mergedInto === undefined ? {} : { mergedInto: mergedInto.id, mergedIntoKind: mergedInto.object }),
    updatedAt: stampMs === undefined ? null : new Date(stampMs).toISOString(),
  }
}
