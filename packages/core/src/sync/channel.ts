import type { Ctx, Fields } from '../contract.ts'
import { asCrmError, type CrmError, REACTIONS } from '../errors.ts'
import type { AnyProvider } from '../registry/index.ts'
import {
  endChannel,
  failChannel,
  findChannel,
  hasUnannounced,
  keepSubscription,
  putChannelOff,
  type StoredChannel,
} from '../store/channels.ts'
import type { StoredConnection } from '../store/connections.ts'
import { instant } from '../store/rows.ts'
import type { StoredError } from '../store/schema.ts'
import { backoffMs } from './backoff.ts'
import { nextLookMs, renewalMs } from './channel_times.ts'
import { type AnyObject, type Crm, openCrm } from './crm.ts'
import type { Engine } from './engine.ts'
import { pauseForSignIn, storedError } from './failure.ts'
import { newId } from './identifiers.ts'
import { type StopSignals, takeTurn } from './turn.ts'

const DAY_MS = 86_400_000
const LONGEST_WAIT_MS = 3_600_000
/** An event may be on its way for so long before a change that only a poll brought speaks against the channel. */
const ON_ITS_WAY_MS = 60_000
/** Refusals of a renewal that mean: the CRM has no such channel (any more). */
const LOST: readonly string[] = ['not_found', 'invalid', 'conflict']

/** True for providers whose events come through a channel of each connection's own, which the host asks for. */
export const hasChannels = ({ webhooks }: AnyProvider): boolean =>
  webhooks?.secret === 'connection' && webhooks.subscribe !== undefined

/**
 * Looks after the channel of a connection: makes the one that is wanted, renews it ahead of the end that the CRM named,
 * makes it anew where the CRM has lost it, and closes it where it is not wanted any more. Never throws for what a CRM
 * does: polling goes on behind a channel that fails. Undefined where another worker is at it.
 */
export const runChannel = async (
  engine: Engine,
  connectionId: string,
  stop: StopSignals,
): Promise<boolean | undefined> =>
  takeTurn(engine, `channel:${connectionId}`, stop, async (turn) => {
    const channel = await findChannel(engine.database.db, connectionId)
    if (channel === undefined) return false
    const crm = await openCrm(engine, connectionId)
    const objects = wantedObjects(crm)
    const url = engine.hooks.addressOf(crm.provider.id, connectionId)
    if (url === undefined) return false
    if (objects.length === 0) {
      await close(engine, crm, channel, turn.signal)
      return false
    }
    const reason = await renewalReason(engine, crm, channel, objects)
    if (reason === undefined) {
      const { renewedMs, expiresMs } = lifeOf(channel, crm.connection)
      await putChannelOff(engine.database.db, connectionId, nextLookMs(engine.clock.wallMs(), renewedMs, expiresMs))
      return false
    }
    try {
      await subscribe(engine, crm, channel, { objects, url, signal: turn.signal })
      engine.metrics.operation(crm.provider.id, 'subscribe', 'ok')
      engine.log.info(
        { connection_id: connectionId, provider: crm.provider.id, reason },
        'a webhook channel was asked for',
      )
    } catch (error) {
      if (!turn.signal.aborted) await fail(engine, crm, channel, asCrmError(error))
    }
    return false
  })

/** Closes the channel of a connection that is about to go, as far as the CRM lets it. */
export const closeChannel = async (engine: Engine, connectionId: string, signal: AbortSignal): Promise<void> => {
  const channel = await findChannel(engine.database.db, connectionId)
  if (channel !== undefined) await close(engine, await openCrm(engine, connectionId), channel, signal)
}

const wantedObjects = ({ connection, provider, objects }: Crm): readonly AnyObject[] =>
  // A hint is followed by reading the record: of an object that cannot be read by id, nothing need be told.
  connection.enabled && hasChannels(provider) ? objects.filter(({ read }) => read !== undefined) : []

const namesOf = (objects: readonly AnyObject[]): readonly string[] => objects.map(({ name }) => name).sort()

/** The CRM names the end by its own clock: where that is ahead of ours the channel ends earlier, and early is never wrong. */
const endMs = (at: Date | undefined, { skew_ms }: StoredConnection): number | undefined =>
  at === undefined ? undefined : at.getTime() - Math.max(0, skew_ms)

const lifeOf = ({ renewed_at, expires_at }: StoredChannel, connection: StoredConnection) => ({
  renewedMs: renewed_at?.getTime() ?? 0,
  expiresMs: endMs(expires_at ?? undefined, connection),
})

/** Why the CRM is to be asked now; undefined where the channel is as it should be. */
const renewalReason = async (
  engine: Engine,
  crm: Crm,
  channel: StoredChannel,
  objects: readonly AnyObject[],
): Promise<string | undefined> => {
  if (channel.state === 'none') return 'there is none'
  if (channel.state === 'failing') return 'the last attempt failed'
  if (channel.basis !== engine.hooks.basis) return 'the public address or the secret has changed'
  const names = namesOf(objects)
  if (names.join() !== [...channel.objects].sort().join()) return 'the objects have changed'
  const nowMs = engine.clock.wallMs()
  const { renewedMs, expiresMs } = lifeOf(channel, crm.connection)
  if (nowMs >= (renewalMs(renewedMs, expiresMs) ?? Number.POSITIVE_INFINITY)) return 'it ends soon'
  const types = [...new Set(objects.map(({ type }) => type))]
  const sinceMs = Math.max(renewedMs, channel.last_event_at?.getTime() ?? 0)
  const isSilent = await hasUnannounced(
    engine.database,
    crm.connection.id,
    names,
    types,
    sinceMs,
    nowMs - ON_ITS_WAY_MS,
  )
  return isSilent ? 'changes came that it did not tell of' : undefined
}

const contextOf = (crm: Crm, name: string, signal: AbortSignal): Promise<Ctx<Fields>> =>
  crm.ctx({ name, priority: 'webhook', signal, correlationId: newId('channel') })

const subscribe = async (
  engine: Engine,
  crm: Crm,
  channel: StoredChannel,
  given: { readonly objects: readonly AnyObject[]; readonly url: string; readonly signal: AbortSignal },
): Promise<void> => {
  const { provider, connection } = crm
  const ctx = await contextOf(crm, 'subscribe', given.signal)
  const hook = {
    url: given.url,
    secret: await engine.hooks.secretOf(connection),
    types: [...new Set(given.objects.map(({ type }) => type))],
    objects: namesOf(given.objects),
  }
  const ask = (previous?: Fields) => provider.webhooks?.subscribe?.(ctx, hook, previous)
  const previous = channel.remote_state ?? undefined
  const made = await Promise.resolve(ask(previous)).catch((error: unknown) => {
    if (previous === undefined || !LOST.includes(asCrmError(error).kind)) throw error
    return ask()
  })
  const nowMs = engine.clock.wallMs()
  const named = made?.expiresAt === undefined ? Number.NaN : Date.parse(made.expiresAt)
  const expiresAt = Number.isNaN(named) ? undefined : new Date(named)
  await keepSubscription(engine.database.db, connection.id, {
    basis: engine.hooks.basis,
    objects: hook.objects,
    remoteState: made?.state,
    expiresAt: expiresAt === undefined ? null : instant(expiresAt),
    renewedAtMs: nowMs,
    nextAtMs: nextLookMs(nowMs, nowMs, endMs(expiresAt, connection)),
  })
}

const close = async (engine: Engine, crm: Crm, channel: StoredChannel, signal: AbortSignal): Promise<void> => {
  const state = channel.remote_state ?? undefined
  if (state !== undefined && crm.provider.webhooks?.unsubscribe !== undefined) {
    try {
      await crm.provider.webhooks.unsubscribe(await contextOf(crm, 'unsubscribe', signal), state)
    } catch (error) {
      // It ends by itself, and until then what it tells is hints at most.
      const stored = storedError(engine, crm.connection.id, asCrmError(error))
      engine.log.warn({ connection_id: crm.connection.id, error: stored }, 'a webhook channel could not be closed')
    }
  }
  await endChannel(engine.database.db, crm.connection.id)
}

const fail = async (engine: Engine, crm: Crm, channel: StoredChannel, error: CrmError): Promise<void> => {
  const connectionId = crm.connection.id
  const secret = await engine.hooks.secretOf(crm.connection)
  // A CRM may repeat in its refusal what it was given.
  const clean = (text: string): string => text.replaceAll(secret, '[redacted]')
  const stored = JSON.parse(clean(JSON.stringify(storedError(engine, connectionId, error)))) as StoredError
  engine.metrics.operation(crm.provider.id, 'subscribe', 'error')
  engine.metrics.error(crm.provider.id, error.kind)
  engine.log.warn({ connection_id: connectionId, error: stored }, 'a webhook channel is not to be had; polling goes on')
  if (REACTIONS[error.kind].leadsTo === 'reconnect') await pauseForSignIn(engine, connectionId, stored.message)
  await failChannel(engine.database.db, connectionId, {
    error: stored,
    nextAtMs: engine.clock.wallMs() + waitMs(engine, channel, error),
    forget: LOST.includes(error.kind),
  })
}

/** A permission or an edition that is missing is asked for again once a day, in case somebody gives it. */
const waitMs = (engine: Engine, { failures }: StoredChannel, error: CrmError): number => {
  if (error.kind === 'forbidden') return DAY_MS
  const { retryable, waitMs: least } = REACTIONS[error.kind]
  if (!retryable) return Math.min(LONGEST_WAIT_MS, 60_000 * 2 ** Math.min(failures, 10))
  const { retryAfterMs } = error
  return Math.max(
    1_000,
    backoffMs({ attempt: failures + 1, baseMs: Math.max(least, 5_000), retryAfterMs, random: engine.random }),
  )
}
