import type { Asker, DeadLetter, DeadLetterFilter, DeadLettersApi } from '../api.ts'
import type { Json } from '../contract.ts'
import { crmError } from '../errors.ts'
import {
  clockOf,
  findDeadLetter,
  type LetterFilter,
  listDeadLetters,
  markReplayed,
  type StoredDeadLetter,
} from '../store/dead_letters.ts'
import { addHints } from '../store/inbox.ts'
import { reviveRow } from '../store/outbox.ts'
import { instant } from '../store/rows.ts'
import { newId } from '../sync/identifiers.ts'
import type { HostDeps } from './deps.ts'
import { decodeCursor, encodeCursor, pageSize } from './page.ts'

interface Position {
  readonly createdAt: string
  readonly id: string
}

const ISO_INSTANT = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d)T\d\d:\d\d:\d\d\.\d{3}Z$/

const isPosition = (value: unknown): value is Position =>
  typeof value === 'object' &&
  value !== null &&
  'createdAt' in value &&
  typeof value.createdAt === 'string' &&
  ISO_INSTANT.test(value.createdAt) &&
  'id' in value &&
  typeof value.id === 'string'

const present = (row: StoredDeadLetter): DeadLetter => ({
  id: row.id,
  connectionId: row.connection_id,
  provider: row.provider,
  direction: row.direction,
  object: row.type,
  localId: row.local_id,
  externalId: row.external_id,
  kind: row.kind,
  reason: row.reason,
  payload: row.payload as Json,
  history: row.history as unknown as Json,
  attempts: row.attempts,
  correlationId: row.correlation_id,
  createdAt: row.created_at.toISOString(),
  replayedAt: row.replayed_at?.toISOString() ?? null,
  replayResult: row.replay_result,
})

const storedFilter = (filter: DeadLetterFilter): LetterFilter => {
  const { connectionId, workspaceId, object, kind, replayed } = filter
  return {
    ...(connectionId === undefined ? {} : { connectionId }),
    ...(workspaceId === undefined ? {} : { workspaceId }),
    ...(object === undefined ? {} : { type: object }),
    ...(kind === undefined ? {} : { kind }),
    ...(replayed === undefined ? {} : { replayed }),
  }
}

const REPLAY_BATCH = 200

/** What failed for good, and the way back. */
export const createDeadLettersApi = ({ engine }: HostDeps): DeadLettersApi => {
  const find = async (id: string): Promise<StoredDeadLetter> => {
    const letter = await findDeadLetter(engine.database.db, id)
    if (letter === undefined) throw crmError('not_found', `There is no dead letter ${id}.`)
    return letter
  }

  /** A push goes again as the very row that died, unless its record has a newer one; a pull reads its record again. */
  const replay = async (
    id: string,
    asker: Asker = {},
  ): Promise<{ id: string; result: 'requeued' | 'superseded'; pushId?: string }> => {
    const letter = await find(id)
    const result = await engine.database.transaction(async (tx) => {
      const revived =
        letter.direction === 'pull' || (letter.outbox_id !== null && (await reviveRow(tx, letter.outbox_id)))
      const outcome = revived ? 'requeued' : 'superseded'
      // Asked twice, the second asker is told what the first one got.
      if (!(await markReplayed(tx, id, outcome)))
        return letter.replay_result === 'superseded' ? 'superseded' : 'requeued'
      if (letter.direction === 'pull') {
        const hint = {
          dedupeKey: `replay:${id}`,
          object: letter.object ?? '',
          externalId: letter.external_id ?? '',
          op: 'upsert' as const,
          at: instant(engine.clock.wallMs()),
          mergedInto: null,
        }
        await addHints(tx, letter.connection_id, letter.provider, asker.correlationId ?? newId('replay'), [hint])
      }
      return outcome
    })
    if (letter.direction === 'pull') await engine.doorbell.inbox(letter.connection_id)
    else await engine.doorbell.push(letter.connection_id, letter.type)
    return { id, result, ...(letter.outbox_id === null ? {} : { pushId: letter.outbox_id }) }
  }

  return {
    list: async ({ after, limit, ...filter }) => {
      const size = pageSize(limit, 100, 1_000)
      const position = after === undefined ? undefined : decodeCursor(after, isPosition)
      const rows = await listDeadLetters(engine.database, storedFilter(filter), position, size + 1)
      const page = rows.slice(0, size)
      const last = page.at(-1)
      const next =
        rows.length > size && last !== undefined
          ? encodeCursor({ createdAt: last.created_at.toISOString(), id: last.id })
          : null
      return { items: page.map(present), next }
    },
    get: async (id) => present(await find(id)),
    replay,
    replayAll: async (filter, asker = {}) => {
      const count = { requeued: 0, superseded: 0 }
      // What dies again meanwhile is a new letter, and not for this replay: it would never end.
      const until = await clockOf(engine.database)
      for (;;) {
        const rows = await listDeadLetters(
          engine.database,
          { ...storedFilter(filter), replayed: false, until },
          undefined,
          REPLAY_BATCH,
        )
        if (rows.length === 0) return count
        for (const { id } of rows) count[(await replay(id, asker)).result] += 1
      }
    },
  }
}
