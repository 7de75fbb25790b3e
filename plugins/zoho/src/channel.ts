import { type Ctx, fail, isCrmError, type Reply } from '@raccordo/core/plugin'
import { ask } from './ask.ts'
import { failureOf, isSuccess, verdictsOf } from './errors.ts'
import { SCOPES } from './oauth.ts'
import { paths } from './paths.ts'
import type { Settings } from './settings.ts'
import { instantOf, zohoTime } from './times.ts'

/** A channel that Zoho sends a connection's notifications by. */
export interface Channel {
  readonly channelId: string
  readonly modules: readonly string[]
  /** With the secret in it. */
  readonly address: string
  readonly token: string
}

const HOUR_MS = 3_600_000
/** A week is the most. An instant more, and Zoho gives an hour without a word. */
const LIFE_MS = 7 * 24 * HOUR_MS - HOUR_MS

/**
 * Opens the channel, or renews it where it is known. One that Zoho has forgotten is opened anew, and one that is there
 * already is renewed. Answers the end that Zoho has granted, whatever was asked for.
 */
export const openChannel = async (ctx: Ctx<Settings>, channel: Channel, isKnown: boolean): Promise<string> => {
  try {
    return await write(ctx, channel, isKnown ? 'PUT' : 'POST')
  } catch (error) {
    const isRefused =
      isCrmError(error) && (error.kind === 'not_found' || error.kind === 'conflict' || error.kind === 'invalid')
    if (!isRefused) throw error
    return write(ctx, channel, isKnown ? 'POST' : 'PUT').catch((second: unknown) => {
      // The first refusal is about what was meant.
      throw isKnown ? second : error
    })
  }
}

export const endChannel = async (ctx: Ctx<Settings>, channelId: string): Promise<void> => {
  const call = { method: 'DELETE', path: paths.watch, idempotent: true, query: { channel_ids: channelId } } as const
  requireSuccess(await ask(ctx, call, [SCOPES.notifications]))
}

const write = async (ctx: Ctx<Settings>, channel: Channel, method: 'POST' | 'PUT'): Promise<string> => {
  const watch = {
    channel_id: channel.channelId,
    events: channel.modules.map((module) => `${module}.all`),
    channel_expiry: zohoTime(ctx.now().getTime() + LIFE_MS),
    token: channel.token,
    notify_url: channel.address,
    // Without these an account is announced whenever one of its contacts changes, and values go over the wire.
    notify_on_related_action: false,
    return_affected_field_values: false,
  }
  const call = { method, path: paths.watch, idempotent: true, body: { watch: [watch] } } as const
  return expiryOf(requireSuccess(await ask(ctx, call, [SCOPES.notifications])), ctx)
}

const requireSuccess = (reply: Reply): Reply => {
  const refused = verdictsOf(reply)?.find((verdict) => !isSuccess(verdict))
  if (refused === undefined) return reply
  const { kind, message, ...more } = failureOf(refused)
  throw fail(kind, message, more)
}

/** The earliest end of its modules' parts; an hour, Zoho's own default, where it echoes none. */
const expiryOf = (reply: Reply, ctx: Ctx<Settings>): string => {
  const events: unknown[] = (verdictsOf(reply) ?? []).flatMap((verdict) => {
    const list = verdict.details?.['events']
    return Array.isArray(list) ? list : []
  })
  const ends = events.flatMap((event) =>
    typeof event === 'object' && event !== null ? (instantOf(Reflect.get(event, 'channel_expiry')) ?? []) : [],
  )
  return ends.sort()[0] ?? new Date(ctx.now().getTime() + HOUR_MS).toISOString()
}
