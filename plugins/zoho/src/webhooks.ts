import { createHash } from 'node:crypto'
import {
  type Ctx,
  equalStrings,
  type Fields,
  fail,
  isCrmError,
  type RawRequest,
  type RemoteEvent,
  type Webhooks,
} from '@raccordo/core/plugin'
import { type Channel, endChannel, openChannel } from './channel.ts'
import { moduleNamed } from './modules.ts'
import type { Settings } from './settings.ts'

/** Zoho signs nothing: it repeats the channel's token in the body. The secret stands in the address too. */
const TOKEN = 'token'

/** Zoho's notifications, which only say what changed: the record is read again. */
export const webhooks: Webhooks<Settings> = {
  secret: 'connection',
  verify: (request, secret) => {
    if (secret === '') return false
    const token = tokenInBody(request)
    const inAddress = tokenInAddress(request.url)
    // Both are compared whatever the first says, so that the time tells nothing.
    const matches = [token ?? '', inAddress ?? secret].map((value) => equalStrings(value, secret))
    return matches.every(Boolean)
  },
  parse: (request) => eventsOf(JSON.parse(textOf(request)), request.receivedAt),
  subscribe: async (ctx, hook, previous) => {
    const modules = hook.objects.filter((name) => moduleNamed(name) !== undefined && !SILENT.has(name))
    if (modules.length === 0) return {}
    const address = new URL(hook.url)
    address.searchParams.set(TOKEN, hook.secret)
    const known = previous?.['channelId']
    const channelId = typeof known === 'string' ? known : channelIdOf(hook.url)
    const channel: Channel = { channelId, modules, address: address.href, token: hook.secret }
    const isKnown = typeof known === 'string'
    const expiresAt = await openChannel(ctx, channel, isKnown)
    return { expiresAt, state: { channelId, modules: [...modules] } }
  },
  unsubscribe: async (ctx: Ctx<Settings>, state: Fields) => {
    const { channelId } = state
    if (typeof channelId !== 'string') return
    try {
      await endChannel(ctx, channelId)
    } catch (error) {
      // It has ended by itself.
      if (!isCrmError(error) || error.kind !== 'not_found') throw error
    }
  },
}

/** Modules that Zoho tells nothing of. */
const SILENT: ReadonlySet<string> = new Set(['Notes'])

const MASK_62_BITS = (1n << 62n) - 1n

/** A number of the connection's own, the same for every renewal: its address is like no other's. */
export const channelIdOf = (url: string): string => {
  const digest = createHash('sha256').update(`raccordo:${url}`).digest()
  return String((digest.readBigUInt64BE(0) & MASK_62_BITS) + 1n)
}

const textOf = ({ body }: RawRequest): string => Buffer.from(body).toString('utf8')

const tokenInBody = (request: RawRequest): string | undefined => {
  try {
    const token: unknown = JSON.parse(textOf(request))?.token
    return typeof token === 'string' ? token : undefined
  } catch {
    return undefined
  }
}

/** The secret in the address as it was called; undefined where a proxy in front has taken it off. */
const tokenInAddress = (url: string): string | undefined =>
  URL.canParse(url) ? (new URL(url).searchParams.get(TOKEN) ?? undefined) : undefined

/** Throws for what is no notification. Modules that the plugin does not move are passed over. */
const eventsOf = (body: unknown, receivedAt: Date): readonly RemoteEvent[] => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw fail('invalid', 'A notification of Zoho’s is a JSON object')
  const { module, ids, operation, server_time: time, channel_id: channel } = body as Readonly<Record<string, unknown>>
  const object = moduleNamed(module)
  if (object === undefined || !Array.isArray(ids)) return []
  const at = new Date(typeof time === 'number' ? time : receivedAt).toISOString()
  return [...new Set(ids.map(String))].map((id) => ({
    key: [channel, module, id, operation, time ?? at].map(String).join(':'),
    object,
    remoteId: id,
    op: operation === 'delete' ? 'delete' : 'upsert',
    at,
  }))
}
