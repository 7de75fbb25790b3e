import type { FeedPage, FeedRecord, FeedRequest, RecordFilter, RecordLink, RecordsApi } from '../api.ts'
import type { Fields, Json, ObjectType } from '../contract.ts'
import { crmError } from '../errors.ts'
import { requireConnection } from '../store/connections.ts'
import { noteFeedRead, readFeed, type StoredRecord } from '../store/feed.ts'
import { localIdKey, localIdsOf, type Remote } from '../store/links.ts'
import { findRecord, type KeptLink, searchRecords } from '../store/records.ts'
import type { HostDeps } from './deps.ts'
import { eraseOnRequest } from './erasing.ts'
import { decodeCursor, encodeCursor, pageSize } from './page.ts'

const LOOK_EVERY_MS = 250
const LONGEST_WAIT_SECONDS = 60

const isPosition = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** Feed, single records and look-ups: what the store holds, in the host's own ids. */
export const createRecordsApi = (deps: HostDeps): RecordsApi => {
  const { engine, signal } = deps
  const { database, clock } = engine

  const present = async (connectionId: string, rows: readonly StoredRecord[]): Promise<readonly FeedRecord[]> => {
    const remotes = rows.flatMap((row): Remote[] => [
      { type: row.type, remoteId: row.external_id, object: row.object },
      ...row.links.map(({ type, remoteId }) => ({ type, remoteId })),
    ])
    const localIds = await localIdsOf(database.db, connectionId, remotes)
    return rows.map((row) => presentRecord(row, localIds))
  }

  const onePage = async (connectionId: string, object: ObjectType, after: number, limit: number): Promise<FeedPage> => {
    const rows = await readFeed(database, connectionId, object, after, limit)
    const page = rows.slice(0, limit)
    const last = page.at(-1)?.seq ?? after
    if (page.length > 0) await noteFeedRead(database, connectionId, object, last)
    return { records: await present(connectionId, page), next: encodeCursor(last), hasMore: rows.length > limit }
  }

  return {
    feed: async (connectionId, object, request: FeedRequest = {}) => {
      await requireConnection(database.db, connectionId)
      const after = request.after === undefined ? 0 : decodeCursor(request.after, isPosition)
      const limit = pageSize(request.limit, 100, 1_000)
      const waitMs = Math.min(Math.max(request.waitSeconds ?? 0, 0), LONGEST_WAIT_SECONDS) * 1000
      const endsAt = clock.monotonicMs() + waitMs
      for (;;) {
        const page = await onePage(connectionId, object, after, limit)
        if (page.records.length > 0 || clock.monotonicMs() >= endsAt || signal.aborted) return page
        await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
      }
    },
    get: async (connectionId, object, externalId) => {
      await requireConnection(database.db, connectionId)
      const row = await findRecord(database, connectionId, object, externalId)
      if (row === undefined) {
        throw crmError('not_found', `Connection ${connectionId} holds no ${object} ${externalId}.`, { connectionId })
      }
      const [record] = await present(connectionId, [row])
      if (record === undefined) throw crmError('bug', 'A record that was found could not be shown.')
      return record
    },
    find: async (object, filter: RecordFilter) => {
      const { email, phone_e164: phone, localId } = filter
      if (email === undefined && phone === undefined && localId === undefined) {
        throw crmError('invalid', 'Give one of email, phone_e164 and localId to look a record up by.', {
          pointer: '/email',
        })
      }
      const rows = await searchRecords(database, filter.workspaceId, object, {
        ...(email === undefined ? {} : { email }),
        ...(phone === undefined ? {} : { phone }),
        ...(localId === undefined ? {} : { localId }),
      })
      const found = await Promise.all(
        rows.map(async (row) => {
          const [record] = await present(row.connection_id, [row])
          return record === undefined ? [] : [{ ...record, connectionId: row.connection_id, provider: row.provider }]
        }),
      )
      return found.flat()
    },
    erase: (connectionId, object, externalId, asker = {}) =>
      eraseOnRequest(deps, connectionId, object, externalId, asker),
  }
}

const presentRecord = (row: StoredRecord, localIds: ReadonlyMap<string, string>): FeedRecord => {
  const localIdOf = (type: ObjectType, remoteId: string) => localIds.get(localIdKey({ type, remoteId })) ?? null
  const kept = row.links as readonly KeptLink[]
  const references = kept.flatMap(({ type, remoteId, field }): [string, Json][] =>
    field === undefined ? [] : [[field, localIdOf(type, remoteId)]],
  )
  const links = kept.map(
    ({ type, remoteId }): RecordLink => ({ object: type, externalId: remoteId, localId: localIdOf(type, remoteId) }),
  )
  const data: Fields = { ...row.data, ...Object.fromEntries(references) }
  return {
    object: row.type,
    externalId: row.external_id,
    kind: row.object,
    localId: localIds.get(localIdKey({ type: row.type, remoteId: row.external_id, object: row.object })) ?? null,
    data,
    links,
    ...deletionOf(row),
    origin: row.origin,
    updatedAt: (row.remote_stamp ?? row.updated_at).toISOString(),
    seq: row.seq,
  }
}

const deletionOf = (
  row: StoredRecord,
): Pick<FeedRecord, 'deleted' | 'reason' | 'deletedAt' | 'mergedInto' | 'mergedIntoKind'> => {
  if (row.deleted_at === null) return { deleted: false }
  const reason = row.deleted_reason === 'filtered' || row.deleted_reason === 'merged' ? row.deleted_reason : 'deleted'
  const mergedInto =
    row.merged_into === null ? {} : { mergedInto: row.merged_into, mergedIntoKind: row.merged_object ?? row.object }
  return { deleted: true, reason, deletedAt: row.deleted_at.toISOString(), ...mergedInto }
}
