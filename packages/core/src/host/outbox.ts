import { createHash } from 'node:crypto'
import type { OutboxApi, PushItem, PushOptions, PushReceipt, PushStatus } from '../api.ts'
import type { Json } from '../contract.ts'
import { crmError } from '../errors.ts'
import { stableJson } from '../stable_json.ts'
import { findConnection } from '../store/connections.ts'
import { listFlags } from '../store/flags.ts'
import { linksByLocal } from '../store/links.ts'
import {
  enqueue,
  findOutboxRow,
  type OutboxItem,
  type OutboxRow,
  type Statement,
  statementOf,
} from '../store/outbox.ts'
import { openCrm } from '../sync/crm.ts'
import { newId } from '../sync/identifiers.ts'
import type { HostDeps } from './deps.ts'
import { pauseOfPush } from './paused.ts'
import { assertPushes } from './push_check.ts'

const MOST_ITEMS = 1_000
const LOOK_EVERY_MS = 50
const USUAL_WAIT_MS = 60_000
const OPEN = new Set<PushStatus['status']>(['pending', 'in_flight'])

/** sha256(provider, object, local id, signature of the payload): the same thing pushed again is the same row. */
export const idempotencyKeyOf = (provider: string, { object, localId, data, links }: PushItem): string => {
  const signature = createHash('sha256')
    .update(stableJson([data, links ?? []]))
    .digest('hex')
  return createHash('sha256')
    .update(JSON.stringify([provider, object, localId, signature]))
    .digest('hex')
}

export const presentPush = (row: OutboxRow): PushStatus => ({
  id: row.id,
  idempotencyKey: row.idempotency_key,
  connectionId: row.connection_id,
  object: row.type,
  localId: row.local_id,
  status: row.status,
  externalId: row.external_id,
  attempts: row.attempts,
  lastError: row.last_error as Json,
  ...(row.superseded_by === null ? {} : { supersededBy: row.superseded_by }),
  ...(row.kept === null ? {} : { keptByCrm: row.kept }),
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** The way out to the CRMs: rows in, their fate to be asked for. */
export const createOutboxApi = (deps: HostDeps): OutboxApi => {
  const { engine, signal } = deps
  const pushAll = async (
    connectionId: string,
    items: readonly PushItem[],
    options: PushOptions,
    isList: boolean,
  ): Promise<readonly PushReceipt[]> => {
    if (items.length === 0 || items.length > MOST_ITEMS) {
      throw crmError('invalid', `Push 1 to ${MOST_ITEMS} items at a time, not ${items.length}.`, { pointer: '/items' })
    }
    const { connection, spec, provider } = await openCrm(engine, connectionId)
    assertPushes(items, spec, isList)
    const correlationId = options.correlationId ?? newId('push')
    const rows = items.map(
      (item): OutboxItem => ({
        id: newId('push'),
        type: item.object,
        localId: item.localId,
        idempotencyKey: idempotencyKeyOf(provider.id, item),
        data: item.data,
        links: (item.links ?? []).map(({ object, externalId }) => ({ object, externalId })),
        correlationId,
        actor: options.actor ?? null,
      }),
    )
    const { transaction } = options
    if (transaction !== undefined) {
      // The host's own transaction: it commits when it likes, and the due-query finds the rows within a second.
      const run: Statement = async <Row>(text: string, values: readonly unknown[]) =>
        (await transaction.executeSql(text, [...values])).rows as Row[]
      return enqueue(run, connection.id, rows)
    }
    const receipts = await engine.database.transaction((tx) => enqueue(statementOf(tx), connection.id, rows))
    if (connection.enabled) {
      for (const type of new Set(rows.map((row) => row.type))) await engine.doorbell.push(connection.id, type)
    }
    return receipts
  }

  /** Why a row that waits is not on its way, where a person could change that. */
  const pauseOf = async (row: OutboxRow): Promise<Pick<PushStatus, 'paused' | 'pausedReason'>> => {
    if (row.status !== 'pending') return {}
    const { db } = engine.database
    const connection = await findConnection(db, row.connection_id)
    if (connection === undefined) return {}
    const flags = await listFlags(db, connection.workspace_id)
    if (flags.length === 0) return pauseOfPush(deps, connection, flags, row, undefined)
    const wanted = { type: row.type, localId: row.local_id }
    const links = await linksByLocal(db, row.connection_id, [wanted])
    return pauseOfPush(deps, connection, flags, row, links.get(`${row.type}:${row.local_id}`)?.object)
  }

  const get = async (id: string): Promise<PushStatus> => {
    const row = await findOutboxRow(engine.database.db, id)
    if (row === undefined) throw crmError('not_found', `There is no push ${id}.`)
    return { ...presentPush(row), ...(await pauseOf(row)) }
  }

  return {
    push: async (connectionId, item, options = {}) => {
      const [receipt] = await pushAll(connectionId, [item], options, false)
      if (receipt === undefined) throw crmError('bug', 'A push was taken without a receipt.')
      return receipt
    },
    pushAll: (connectionId, items, options = {}) => pushAll(connectionId, items, options, true),
    get,
    wait: async (id, { timeoutMs = USUAL_WAIT_MS } = {}) => {
      const endsAt = engine.clock.monotonicMs() + timeoutMs
      for (;;) {
        const status = await get(id)
        if (!OPEN.has(status.status)) return status
        if (engine.clock.monotonicMs() >= endsAt || signal.aborted) {
          throw crmError(
            'timeout',
            `Push ${id} is still ${status.status} after ${timeoutMs} ms; ask for it again later. ${status.pausedReason ?? ''}`.trim(),
          )
        }
        await engine.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
      }
    },
  }
}
