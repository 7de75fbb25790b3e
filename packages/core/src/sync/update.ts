import type { Fields, Json, Row } from '../contract.ts'
import { asCrmError } from '../errors.ts'
import { failureOf } from '../kit/rows.ts'
import type { StoredRecord } from '../store/feed.ts'
import { localIdKey, localIdsOf } from '../store/links.ts'
import { readStored } from '../store/records.ts'
import { instant } from '../store/rows.ts'
import { writeBatch } from './batch.ts'
import { commitPage, TORN_DELAY_MS } from './commit.ts'
import { again, done, type EndedRow, failed } from './ends.ts'
import { type Division, divide } from './ownership.ts'
import { type Addressed, mapRow } from './prepare.ts'
import type { PushBatch } from './push.ts'
import { readBack } from './read_back.ts'
import { announce, readContext, writtenOf } from './write_call.ts'

interface Update {
  readonly target: Addressed
  readonly division: Division
  readonly row: Row & { readonly remoteId: string }
}

/**
 * Rows with a remote record. The record is read first: what the CRM changed meanwhile is seen (and stored), fields are
 * divided by ownership, and what is there already is not written again, so that repeating an update whose answer was
 * lost is harmless.
 */
export const updateRows = async (batch: PushBatch, targets: readonly Addressed[]): Promise<readonly EndedRow[]> => {
  // Several local records may be one remote: each record at most once in a call, and the oldest push of it first.
  const once = [...Map.groupBy(targets, ({ remoteId }) => remoteId).values()].flatMap((ofRecord) =>
    ofRecord.slice(0, 1),
  )
  const ended: EndedRow[] = targets.filter((target) => !once.includes(target)).map((target) => again(target))
  let current: Present
  try {
    current = await refresh(batch, once)
  } catch (error) {
    return [...ended, ...once.map((target) => failed(target, failureOf(asCrmError(error))))]
  }
  const updates: Update[] = []
  for (const target of once) {
    const planned = await plan(batch, target, current)
    if ('end' in planned) ended.push(planned)
    else updates.push(planned)
  }
  return [...ended, ...(await write(batch, updates))]
}

interface Present {
  readonly stored: ReadonlyMap<string, StoredRecord>
  /** Ids of records that somebody is changing right now, so that nobody can say what they are. */
  readonly torn: readonly string[]
  /** Ids that the CRM answered with; undefined where the plugin cannot ask. */
  readonly alive: ReadonlySet<string> | undefined
}

/** Reads the records by id and commits what the read says, so that ownership is judged on the CRM's present. */
const refresh = async (batch: PushBatch, targets: readonly Addressed[]): Promise<Present> => {
  const { engine, crm, turn } = batch
  const [first] = targets
  if (first === undefined) return { stored: new Map(), torn: [], alive: undefined }
  const { object, compiled, resolver } = first
  const ids = targets.flatMap(({ remoteId }) => (remoteId === undefined ? [] : [remoteId]))
  const present = async (alive: Present['alive'], torn: readonly string[] = []): Promise<Present> => ({
    torn,
    stored: await readStored(engine.database, crm.connection.id, object.name, ids),
    alive,
  })
  if (object.read === undefined) return present(undefined)
  const ctx = await readContext(batch, targets, 'read')
  const isBare = !targets.some(
    ({ row }) => row.links.length > 0 || Object.keys(row.data).some((f) => f.endsWith('_id')),
  )
  const { alive, ...read } = await readBack(engine, crm, { object, compiled, ctx, ids, isBare })
  const page = {
    ...read,
    direct: true,
    path: 'push',
    at: instant(engine.clock.wallMs()),
    correlationId: first.row.correlation_id,
  }
  await commitPage(engine, crm, object, { compiled, resolver }, page, turn.lease)
  return present(alive, read.torn)
}

/** Canonical values with references as local ids, the form that a push speaks. */
const canonicalOf = async (batch: PushBatch, stored: StoredRecord): Promise<Fields> => {
  const { engine, crm } = batch
  const filled = stored.links.filter((link) => 'field' in link)
  const remotes = filled.map(({ type, remoteId }) => ({ type, remoteId }))
  const localIds = await localIdsOf(engine.database.db, crm.connection.id, remotes)
  const references = filled.map((link): [string, Json] => {
    const field = (link as { readonly field?: string }).field ?? ''
    return [field, localIds.get(localIdKey({ type: link.type, remoteId: link.remoteId })) ?? `\u0000${link.remoteId}`]
  })
  return { ...stored.data, ...Object.fromEntries(references) }
}

const plan = async (
  batch: PushBatch,
  target: Addressed,
  { stored: all, torn, alive }: Present,
): Promise<Update | EndedRow> => {
  const { crm } = batch
  const remoteId = target.remoteId ?? ''
  // Who wins is judged on what the CRM has now.
  if (torn.includes(remoteId)) return again(target, { delayMs: TORN_DELAY_MS })
  const stored = all.get(remoteId)
  if (stored !== undefined && stored.deleted_reason === 'merged' && stored.merged_into !== null) {
    const object = crm.provider.objects.find(({ name }) => name === (stored.merged_object ?? stored.object))
    // What became a record of another object of the type is found there from now on.
    if (object?.type === target.object.type)
      return { ...again(target, { adopt: stored.merged_into }), object: object.name }
  }
  // What no mapping can read is not in the store, and yet it is there.
  const isThere = alive === undefined || (stored === undefined ? alive.has(remoteId) : !isGone(stored))
  if (!isThere) {
    const message = `${target.object.name} ${remoteId} is gone from the CRM. It is not created anew; link the record to another one, then replay.`
    return failed(target, { kind: 'not_found', message }, 'remote_deleted')
  }
  const data = stored === undefined ? {} : await canonicalOf(batch, stored)
  const known = { data, fieldSeqs: stored?.field_seqs ?? {} }
  const division = divide(target.row.data, known, target.row.seen_seq, target.compiled.ownership)
  const newLinks = target.row.links.filter(
    ({ object, externalId }) => !stored?.links.some(({ type, remoteId: id }) => type === object && id === externalId),
  )
  if (Object.keys(division.write).length === 0 && newLinks.length === 0) {
    return done(target, remoteId, division.kept)
  }
  const mapped = mapRow(target, division.write, crm.connection.id, data)
  if ('failure' in mapped) return failed(target, mapped.failure)
  const left = withoutUncleared(division, mapped.uncleared)
  if (Object.keys(left.write).length === 0 && newLinks.length === 0) {
    return done(target, remoteId, left.kept)
  }
  return { target, division: left, row: { ...mapped.row, remoteId } }
}

/** A relation that cannot be taken away stays, and the host is told so. */
const withoutUncleared = ({ write, kept }: Division, uncleared: readonly string[]): Division => ({
  write: Object.fromEntries(Object.entries(write).filter(([field]) => !uncleared.includes(field))),
  kept: [...kept, ...uncleared],
})

const isGone = (stored: StoredRecord): boolean => stored.deleted_at !== null && stored.deleted_reason !== 'filtered'

const write = async (batch: PushBatch, updates: readonly Update[]): Promise<readonly EndedRow[]> => {
  const [first] = updates
  if (first === undefined) return []
  const { object } = first.target
  if (object.update === undefined) {
    return updates.map(({ target }) =>
      failed(target, { kind: 'invalid', message: `${object.name} cannot be changed through this plugin.` }),
    )
  }
  const { update } = object
  const { begin, open } = await announce(
    batch,
    updates.map(({ target }) => target),
    'update',
  )
  const outcomes = await writeBatch(
    updates.map(({ row }) => row),
    async (rows) => update(await open(), rows),
  )
  return updates.map(({ target, division, row }, index): EndedRow => {
    const outcome = outcomes[index]
    if (outcome === undefined) return failed(target, { kind: 'bug', message: 'The batch lost this row.' })
    if (outcome.ok) {
      const stamp = outcome.updatedAt === undefined ? {} : { updatedAt: outcome.updatedAt }
      const written = writtenOf(target, division.write, row, { created: false, ...stamp }, begin)
      return done(target, outcome.remoteId, division.kept, written)
    }
    const { ok: _, ...failure } = outcome
    return failure.kind === 'not_found' ? failed(target, failure, 'remote_deleted') : failed(target, failure)
  })
}
