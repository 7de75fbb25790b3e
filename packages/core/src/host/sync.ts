import type { PassState, RunRequest, SyncApi } from '../api.ts'
import type { Json } from '../contract.ts'
import { crmError, REACTIONS } from '../errors.ts'
import { cursorsOfRun, pendingRun, requestPass, type StoredCursor } from '../store/cursors.ts'
import type { Pass } from '../store/schema.ts'
import { chooseObjects, openCrm } from '../sync/crm.ts'
import { pausedReason } from '../sync/flags.ts'
import { newId } from '../sync/identifiers.ts'
import { passesOf } from '../sync/scan.ts'
import type { HostDeps } from './deps.ts'

const LOOK_EVERY_MS = 200
const USUAL_WAIT_MS = 10 * 60_000

/** Rates mean nothing in the first moments. */
const SHORTEST_MS = 250

export const presentCursor = (row: StoredCursor, nowMs: number): PassState => {
  const started = row.started_at?.getTime()
  const elapsedMs = started === undefined ? 0 : (row.finished_at?.getTime() ?? nowMs) - started
  const rate = elapsedMs < SHORTEST_MS ? undefined : row.records / (elapsedMs / 1000)
  const left = row.total === null || !rate ? undefined : Math.max(0, row.total - row.records) / rate
  const iso = (at: Date | null) => at?.toISOString()
  const optional = {
    runId: row.run_id ?? undefined,
    watermark: iso(row.watermark),
    windowFrom: iso(row.window_from),
    windowTo: iso(row.window_to),
    total: row.total ?? undefined,
    recordsPerSecond: rate === undefined ? undefined : Math.round(rate),
    secondsLeft: row.state === 'running' && left !== undefined ? Math.ceil(left) : undefined,
    startedAt: iso(row.started_at),
    finishedAt: iso(row.finished_at),
    nextAt: iso(row.next_at),
    lastError: (row.last_error as Json | null) ?? undefined,
  }
  return {
    object: row.object,
    type: row.type,
    pass: row.pass,
    state: row.state,
    records: row.records,
    pages: row.pages,
    changed: row.changed,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<PassState>),
  }
}

/** A run that is over, well or not; a failure that will be retried is neither. */
const isOver = (row: StoredCursor): boolean => row.finished_at !== null || row.state === 'off' || failedForGood(row)

const failedForGood = ({ last_error: error, failures, finished_at: finished }: StoredCursor): boolean =>
  error !== null &&
  finished === null &&
  failures > 0 &&
  !REACTIONS[error.kind].retryable &&
  (error.kind !== 'cursor_gone' || error['isFinal'] === true) &&
  (error.kind !== 'schema' || failures > 2)

/** Backfills, polls and sweeps on demand. */
export const createSyncApi = ({ engine, signal }: HostDeps): SyncApi => {
  const request = async (connectionId: string, pass: Pass, { objects: wanted }: RunRequest, forced = false) => {
    const crm = await openCrm(engine, connectionId)
    if (!crm.connection.enabled) {
      throw crmError('conflict', 'The connection is switched off: enable it first.', { connectionId })
    }
    if (crm.connection.status !== 'active') {
      throw crmError('conflict', `The connection needs to be signed in again: ${crm.connection.status_reason ?? ''}`, {
        connectionId,
      })
    }
    const unknown = (wanted ?? []).filter(
      (name) => !crm.provider.objects.some((o) => o.name === name || o.type === name),
    )
    if (unknown.length > 0) {
      const names = crm.provider.objects.map(({ name, type }) => `${name} (${type})`).join(', ')
      throw crmError('invalid', `${crm.provider.title} has no object ${unknown.join(', ')}. It has ${names}.`, {
        pointer: '/objects',
        connectionId,
      })
    }
    const able = chooseObjects(crm, wanted).filter((object) => passesOf(object).includes(pass))
    const objects = able.filter((object) => pausedReason(crm, object, 'pull') === undefined)
    if (able[0] !== undefined && objects.length === 0) {
      throw crmError('conflict', pausedReason(crm, able[0], 'pull') ?? '', { connectionId })
    }
    if (objects.length === 0) {
      throw crmError('invalid', `None of these objects is switched on here and offers a ${pass}.`, {
        pointer: '/objects',
        connectionId,
      })
    }
    const names = objects.map(({ name }) => name)
    const runId = await engine.database.transaction(async (tx) => {
      const id = (await pendingRun(tx, connectionId, pass)) ?? newId('run')
      await requestPass(tx, connectionId, { objects: names, pass, runId: id, resumed: pass !== 'delta', forced })
      for (const name of names) await engine.doorbell.scan(connectionId, name, pass, tx)
      return id
    })
    return { runId }
  }

  return {
    backfill: (connectionId, asked = {}) => request(connectionId, 'backfill', asked),
    pull: (connectionId, asked = {}) => request(connectionId, 'delta', asked),
    sweep: (connectionId, asked = {}) => request(connectionId, 'sweep', asked, asked.force === true),
    wait: async (connectionId, runId, { timeoutMs = USUAL_WAIT_MS, onProgress } = {}) => {
      const endsAt = engine.clock.monotonicMs() + timeoutMs
      for (;;) {
        const rows = await cursorsOfRun(engine.database, connectionId, runId)
        if (rows.length === 0)
          throw crmError('not_found', `There is no run ${runId} at connection ${connectionId}.`, { connectionId })
        const states = rows.map((row) => presentCursor(row, engine.clock.wallMs()))
        onProgress?.(states)
        const failed = rows.find((row) => failedForGood(row) || (row.state === 'off' && row.last_error !== null))
        if (failed?.last_error != null) {
          throw crmError(failed.last_error.kind, `${failed.object}: ${failed.last_error.message}`, { connectionId })
        }
        if (rows.every(isOver)) return states
        if (engine.clock.monotonicMs() >= endsAt || signal.aborted) {
          throw crmError('timeout', `Run ${runId} goes on after ${timeoutMs} ms; look at the status later.`, {
            connectionId,
          })
        }
        await engine.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
      }
    },
  }
}
