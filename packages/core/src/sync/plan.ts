import type { Fields, Json, RemoteRecord } from '../contract.ts'
import { sameJson } from '../stable_json.ts'
import type { StoredRecord } from '../store/feed.ts'
import type { NewHint } from '../store/inbox.ts'
import type { KeptLink, RecordTouch, RecordWrite } from '../store/records.ts'
import { instant } from '../store/rows.ts'
import { type AuditEntry, changesOf } from '../telemetry/audit.ts'
import { judgeDeletion, judgeRead, type StoredVersion, type Verdict } from './apply.ts'
import type { AnyObject, Crm } from './crm.ts'
import type { Incoming } from './incoming.ts'

/** A statement that a record is gone, with the CRM's time where it names one. */
export interface Gone {
  readonly id: string
  readonly at: string | undefined
  readonly reason: 'deleted' | 'merged'
  /** The record that stands in its place, of this object unless another is named. */
  readonly mergedInto?: { readonly object?: string; readonly id: string }
}

/** What a plugin says of a record that is deleted, archived or merged away. */
export const goneOf = ({ id, deletedAt, mergedInto }: RemoteRecord): Gone =>
  mergedInto === undefined
    ? { id, at: deletedAt, reason: 'deleted' }
    : { id, at: deletedAt, reason: 'merged', mergedInto }

/** What one read brought, to be committed as one transaction. */
export interface ReadPage {
  /** Tick of `nextRead` from before the read began. */
  readonly readBegin: number
  /** Read by id, and so never through an index that lags. */
  readonly direct: boolean
  /** backfill, delta, settle, sweep, webhook: how the record came, for `explain`. */
  readonly path: string
  readonly records: readonly RemoteRecord[]
  readonly gone: readonly Gone[]
  /** Ids of which no two parts belonged together: they are read again later. */
  readonly torn: readonly string[]
  /** Wall clock at the end of the read, ISO. */
  readonly at: string
  readonly correlationId: string
}

/** The record that stands in the place of a merged one. */
export interface Survivor {
  readonly object: string
  readonly id: string
}

/** What a commit is going to write. */
export interface Plan {
  readonly writes: Omit<RecordWrite, 'seq' | 'fieldSeqs'>[]
  readonly fieldsChanged: (readonly string[])[]
  readonly touches: RecordTouch[]
  readonly rereads: NewHint[]
  /** To be read again when whoever changes them is likely to have done. */
  readonly torn: NewHint[]
  /** Told as gone, and not known here (yet). */
  readonly unknownGone: NewHint[]
  readonly audit: AuditEntry[]
  readonly merges: { readonly from: string; readonly to: Survivor }[]
}

const versionOf = (stored: StoredRecord | undefined): StoredVersion | undefined =>
  stored === undefined
    ? undefined
    : {
        stampMs: stored.remote_stamp?.getTime(),
        readEnd: stored.read_end,
        hash: stored.hash,
        // What a mapping filtered out still lives in the CRM.
        deletedMs: stored.deleted_reason === 'filtered' ? undefined : stored.deleted_at?.getTime(),
      }

const changedFields = (before: Fields, after: Fields): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (field) => !sameJson(before[field], after[field]),
  )

/** Which remote record each reference field points to. */
const filledBy = (links: readonly KeptLink[]): Fields =>
  Object.fromEntries(links.flatMap(({ field, remoteId }) => (field === undefined ? [] : [[field, remoteId]])))

/** The losers of merges that the survivors name. */
export const mergedAway = (incoming: readonly Incoming[]): readonly Gone[] =>
  incoming.flatMap(({ id, mergedIds }) =>
    mergedIds
      .filter((loser) => loser !== id)
      .map((loser): Gone => ({ id: loser, at: undefined, reason: 'merged', mergedInto: { id } })),
  )

/** Judges every record of a page against what is stored; pure. */
export const planPage = (
  crm: Crm,
  object: AnyObject,
  page: ReadPage,
  readEnd: number,
  incoming: readonly Incoming[],
  gone: readonly Gone[],
  stored: ReadonlyMap<string, StoredRecord>,
): Plan => {
  const torn = object.read === undefined ? [] : page.torn.map((id) => reread(object, id, page))
  const lists = { writes: [], fieldsChanged: [], touches: [], rereads: [], unknownGone: [], audit: [], merges: [] }
  const plan: Plan = { ...lists, torn }
  const base = { readEnd, path: page.path, origin: 'crm' as const, mappingVersion: crm.mappingVersion }
  for (const record of new Map(incoming.map((entry) => [entry.id, entry])).values()) {
    const before = stored.get(record.id)
    const links = record.links ?? before?.links ?? []
    const verdict = judgeRead(versionOf(before), {
      stampMs: record.stampMs,
      readBegin: page.readBegin,
      hash: record.hash,
      direct: page.direct,
    })
    if (verdict === 'reread') plan.rereads.push(...askAgain(object, record, before, page))
    if (verdict === 'stale' || verdict === 'reread') continue
    const isVisible = before === undefined || isFeedChange(before, record, links)
    const remoteStamp = record.stampMs === undefined ? null : instant(record.stampMs)
    if (!isVisible) {
      if (verdict === 'apply' || page.readBegin > before.read_end) {
        plan.touches.push({
          externalId: record.id,
          remoteStamp,
          readEnd,
          raw: verdict === 'apply' ? record.raw : null,
          hash: record.hash,
        })
      }
      continue
    }
    const wasLive = before !== undefined && before.deleted_at === null
    plan.writes.push({
      ...base,
      externalId: record.id,
      data: record.data,
      raw: record.raw,
      links,
      hash: record.hash,
      remoteStamp,
      basedOn: before?.version ?? 0,
      deletedAt: record.filtered ? (remoteStamp ?? page.at) : null,
      deletedReason: record.filtered ? 'filtered' : null,
      mergedInto: null,
      mergedObject: null,
    })
    plan.fieldsChanged.push(
      wasLive
        ? [...changedFields(before.data, record.data), ...changedFields(filledBy(before.links), filledBy(links))]
        : [],
    )
    plan.audit.push(
      entryOf(
        object,
        page,
        record.id,
        before === undefined ? 'pull.create' : 'pull.update',
        changesOf(before?.data, record.data),
      ),
    )
  }
  for (const deletion of gone) planDeletion(plan, object, page, deletion, stored.get(deletion.id), base)
  return plan
}

const isFeedChange = (before: StoredRecord, record: Incoming, links: readonly KeptLink[]): boolean =>
  !sameJson(before.data, record.data) ||
  !sameJson(before.links, links) ||
  (before.deleted_at !== null) !== record.filtered ||
  (record.filtered && before.deleted_reason !== 'filtered')

interface DeletionBase {
  readonly readEnd: number
  readonly path: string
  readonly origin: 'crm'
  readonly mappingVersion: string
}

const planDeletion = (
  plan: Plan,
  object: AnyObject,
  page: ReadPage,
  deletion: Gone,
  before: StoredRecord | undefined,
  base: DeletionBase,
): void => {
  const survivor = survivorOf(object, deletion)
  if (before === undefined) {
    plan.unknownGone.push(reread(object, deletion.id, page))
    // The host may have said which of its records it is before anything was read.
    if (survivor !== undefined) plan.merges.push({ from: deletion.id, to: survivor })
  }
  if (before === undefined || plan.writes.some(({ externalId }) => externalId === deletion.id)) return
  const deletedMs = deletion.at === undefined ? undefined : Date.parse(deletion.at)
  // Told as gone before its survivor told why.
  const isMergeOfGone = deletion.reason === 'merged' && before.deleted_reason === 'deleted'
  const verdict: Verdict = judgeDeletion(versionOf(before), {
    deletedMs,
    readBegin: page.readBegin,
    direct: page.direct,
  })
  if (verdict === 'reread') plan.rereads.push(reread(object, deletion.id, page))
  if (verdict === 'same' && !isMergeOfGone && page.readBegin > before.read_end) {
    // Gone still, or again: a read that saw it in between must not bring it back.
    const { hash } = before
    plan.touches.push({ externalId: deletion.id, remoteStamp: null, readEnd: base.readEnd, raw: null, hash })
  }
  if (isMergeOfGone) writeDeletion(plan, object, page, deletion, before, before.deleted_at?.getTime(), base)
  else if (verdict === 'apply') writeDeletion(plan, object, page, deletion, before, deletedMs, base)
}

const writeDeletion = (
  plan: Plan,
  object: AnyObject,
  page: ReadPage,
  deletion: Gone,
  before: StoredRecord,
  deletedMs: number | undefined,
  base: DeletionBase,
): void => {
  const survivor = survivorOf(object, deletion)
  if (survivor !== undefined) plan.merges.push({ from: deletion.id, to: survivor })
  plan.writes.push({
    ...base,
    externalId: deletion.id,
    data: before.data,
    raw: before.raw,
    links: before.links,
    hash: before.hash,
    remoteStamp: before.remote_stamp === null ? null : instant(before.remote_stamp),
    basedOn: before.version,
    deletedAt: deletedMs === undefined ? page.at : instant(deletedMs),
    deletedReason: deletion.reason,
    mergedInto: survivor?.id ?? null,
    mergedObject: survivor?.object ?? null,
  })
  plan.fieldsChanged.push([])
  plan.audit.push(
    entryOf(object, page, deletion.id, `pull.${deletion.reason === 'merged' ? 'merge' : 'delete'}`, {
      mergedInto: survivor?.id ?? null,
      ...(survivor === undefined || survivor.object === object.name ? {} : { mergedObject: survivor.object }),
    }),
  )
}

/** A record is never its own survivor, whatever a CRM says. */
const survivorOf = (object: AnyObject, { id, mergedInto }: Gone): Survivor | undefined => {
  if (mergedInto === undefined) return undefined
  const survivor = { object: mergedInto.object ?? object.name, id: mergedInto.id }
  return survivor.object === object.name && survivor.id === id ? undefined : survivor
}

const entryOf = (object: AnyObject, page: ReadPage, id: string, action: string, changes: Json): AuditEntry => ({
  actor: `crm:${page.path}`,
  action,
  type: object.type,
  object: object.name,
  externalId: id,
  localId: null,
  changes,
  correlationId: page.correlationId,
})

const reread = (object: AnyObject, id: string, page: ReadPage): NewHint =>
  rereadHint(object.name, id, page.readBegin, page.at)

/**
 * What no read by id can settle is settled by the pass that brings the record again, for which its stamp counts. None is
 * asked for where a list shows what is gone: it would only show it again.
 */
const askAgain = (
  object: AnyObject,
  { id, stampMs }: Incoming,
  before: StoredRecord | undefined,
  page: ReadPage,
): readonly NewHint[] => {
  if (object.read !== undefined) return [reread(object, id, page)]
  const isTombstone = before !== undefined && before.deleted_at !== null && before.deleted_reason !== 'filtered'
  const at = stampMs === undefined ? page.at : instant(stampMs)
  return isTombstone ? [] : [rereadHint(object.name, id, page.readBegin, at)]
}

/** Asks for a record to be read again by id; `tick` tells the asking apart from others. */
export const rereadHint = (object: string, externalId: string, tick: number, at: string): NewHint => ({
  dedupeKey: `reread:${object}:${externalId}:${tick}`,
  object,
  externalId,
  op: 'upsert',
  at,
  mergedInto: null,
})
