import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { missingParameter, type Refusal, RefusedError, refusalBody, refuse } from './failures.ts'
import type { Org } from './org.ts'
import { listOf } from './request-parts.ts'
import { MODULES, type ModuleName, moduleNamed } from './schema.ts'
import { parseWrittenInstant, renderInstant, toSecond } from './times.ts'
import { moduleId } from './values.ts'

const HOUR_MS = 3_600_000
const WEEK_MS = 7 * 24 * HOUR_MS
const LONGEST_TOKEN = 50
const WORDS = ['create', 'edit', 'delete', 'all']

/** What a client asked to be told, and until when. */
export interface Channel {
  readonly id: string
  /** Events by module: create, edit, delete or all. */
  readonly events: ReadonlyMap<ModuleName, ReadonlySet<string>>
  readonly expiresMs: number
  readonly token: string | null
  readonly notifyUrl: string
  readonly showsValues: boolean
  readonly tellsRelated: boolean
  /** Only changes of these fields are told; of any, where it is empty. */
  readonly fields: readonly string[]
}

/** The channels that clients have opened. One ends at its hour, and nobody is told. */
export const makeWatch = (org: Org) => {
  const channels = new Map<string, Channel>()
  const alive = (): readonly Channel[] => {
    for (const channel of channels.values()) if (channel.expiresMs <= org.now().getTime()) channels.delete(channel.id)
    return [...channels.values()]
  }
  const put = (asked: Asked, previous: Channel | undefined): object => {
    const channel = channelOf(org, asked, previous)
    channels.set(channel.id, channel)
    return success(org, channel, [...channel.events.keys()])
  }
  const known = (asked: Asked): Channel => {
    const channel = alive().find(({ id }) => id === idOf(asked))
    if (channel === undefined) throw notSubscribed(idOf(asked))
    return channel
  }

  return {
    alive,
    /** A loss that nobody is told of either. */
    dropAll: (): void => channels.clear(),
    open: (request: SimulatorRequest): SimulatorReply => eachAsked(request, 201, (asked) => put(asked, undefined)),
    replace: (request: SimulatorRequest): SimulatorReply =>
      eachAsked(request, 200, (asked) => {
        known(asked)
        return put(asked, undefined)
      }),
    edit: (request: SimulatorRequest): SimulatorReply =>
      eachAsked(request, 200, (asked) => {
        const channel = known(asked)
        if (asked['_delete_events'] !== true) return put(asked, channel)
        const gone = eventsOf(org, asked)
        const events = new Map([...channel.events].filter(([module]) => !gone.has(module)))
        if (events.size === 0) channels.delete(channel.id)
        else channels.set(channel.id, { ...channel, events })
        return success(org, { ...channel, events }, [...gone.keys()])
      }),
    list: ({ query }: SimulatorRequest): SimulatorReply => {
      const module = query.get('module')
      const found = alive().filter(({ id }) => (query.get('channel_id') ?? id) === id)
      const watch = found.flatMap((channel) =>
        [...channel.events]
          .filter(([name]) => module === null || name === module)
          .map(([name, words]) => ({
            notify_on_related_action: channel.tellsRelated,
            notification_condition: null,
            return_affected_field_values: channel.showsValues,
            channel_expiry: renderInstant(channel.expiresMs, 330),
            resource_uri: resourceUri(name),
            resource_id: moduleId(name),
            notify_url: channel.notifyUrl,
            resource_name: name,
            channel_id: channel.id,
            events: [...words].map((word) => `${name}.${word}`),
            token: channel.token,
          })),
      )
      if (watch.length === 0) return { status: 204 }
      return { body: { watch, info: { per_page: 200, count: watch.length, page: 1, more_records: false } } }
    },
    close: ({ query }: SimulatorRequest): SimulatorReply => {
      const ids = listOf(query.get('channel_ids'))
      if (ids.length === 0) throw missingParameter('channel_ids')
      return entries(200, ids, (id) => {
        const channel = alive().find((open) => open.id === id)
        if (channel === undefined) throw notSubscribed(id)
        channels.delete(id)
        const details = { resource_uri: resourceUri([...channel.events.keys()][0]), channel_id: id }
        return {
          code: 'SUCCESS',
          details,
          message: 'Successfully unsubscribed for actions-watch of the given channel',
          status: 'success',
        }
      })
    },
  }
}
export type Watch = ReturnType<typeof makeWatch>

type Asked = Readonly<Record<string, unknown>>

const eachAsked = (request: SimulatorRequest, done: number, work: (asked: Asked) => object): SimulatorReply => {
  const watch: unknown = request.json()?.watch
  if (!Array.isArray(watch) || watch.length === 0)
    throw refuse(400, 'MANDATORY_NOT_FOUND', 'required field not found', { api_name: 'watch', json_path: '$.watch' })
  return entries(done, watch, (asked) => work(asked as Asked))
}

const entries = <T>(done: number, list: readonly T[], work: (item: T) => object): SimulatorReply => {
  const refusals: Refusal[] = []
  const watch = list.map((item) => {
    try {
      return work(item)
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      refusals.push(error.refusal)
      return refusalBody(error.refusal)
    }
  })
  if (refusals.length === 0) return { status: done, body: { watch } }
  return { status: refusals.length < list.length ? 207 : 400, body: { watch } }
}

const idOf = (asked: Asked): string => String(asked['channel_id'] ?? '')

const channelOf = (org: Org, asked: Asked, previous: Channel | undefined): Channel => {
  const id = idOf(asked)
  if (!/^\d{1,19}$/.test(id)) throw invalid('channel_id')
  const token = asked['token'] === undefined ? (previous?.token ?? null) : asked['token']
  if (token !== null && (typeof token !== 'string' || token.length > LONGEST_TOKEN)) throw invalid('token')
  const notifyUrl = asked['notify_url'] ?? previous?.notifyUrl
  if (notifyUrl === undefined) throw missing('notify_url')
  if (typeof notifyUrl !== 'string' || !URL.canParse(notifyUrl)) throw invalid('notify_url')
  const events = asked['events'] === undefined && previous !== undefined ? previous.events : eventsOf(org, asked)
  const isSet = (name: string, otherwise: boolean): boolean =>
    typeof asked[name] === 'boolean' ? asked[name] : otherwise
  return {
    id,
    events,
    expiresMs:
      asked['channel_expiry'] === undefined && previous !== undefined ? previous.expiresMs : expiryOf(org, asked),
    token,
    notifyUrl,
    showsValues: isSet('return_affected_field_values', previous?.showsValues ?? false),
    tellsRelated: isSet('notify_on_related_action', previous?.tellsRelated ?? true),
    fields: conditionFields(asked['notification_condition']),
  }
}

/** Without a time, or with one beyond a week, a channel lives an hour. The answer says so, and nothing else does. */
const expiryOf = (org: Org, asked: Asked): number => {
  const nowMs = org.now().getTime()
  if (asked['channel_expiry'] === undefined || asked['channel_expiry'] === null) return toSecond(nowMs + HOUR_MS)
  const askedMs = parseWrittenInstant(asked['channel_expiry'])
  if (askedMs === undefined || askedMs <= nowMs) throw invalid('channel_expiry')
  return askedMs - nowMs > WEEK_MS ? toSecond(nowMs + HOUR_MS) : askedMs
}

const eventsOf = (org: Org, asked: Asked): ReadonlyMap<ModuleName, ReadonlySet<string>> => {
  const events = new Map<ModuleName, Set<string>>()
  if (!Array.isArray(asked['events']) || asked['events'].length === 0) throw missing('events')
  for (const event of asked['events'].map(String)) {
    const [name = '', word = ''] = event.split('.')
    const module = moduleNamed(name)
    // Notes are told to nobody.
    if (module === undefined || module === 'Notes' || org.forbidden.has(module) || !WORDS.includes(word))
      throw invalid('events')
    events.set(module, (events.get(module) ?? new Set()).add(word))
  }
  return events
}

/** Fields that a condition names. Conditions are read as "any of these fields". */
const conditionFields = (given: unknown): readonly string[] => {
  if (!Array.isArray(given)) return []
  if (given.length > 2)
    throw refuse(400, 'LIMIT_EXCEEDED', 'limit exceeded', { limit: 2, api_name: 'notification_condition' })
  return given.flatMap((condition) => {
    const group: unknown = condition?.field_selection?.group ?? [condition?.field_selection]
    return (Array.isArray(group) ? group : []).flatMap((part) => {
      const name: unknown = part?.field?.api_name
      return typeof name === 'string' ? [name] : []
    })
  })
}

const success = (org: Org, channel: Channel, modules: readonly ModuleName[]): object => ({
  code: 'SUCCESS',
  details: {
    events: modules.map((module) => ({
      channel_expiry: renderInstant(channel.expiresMs, org.chosen.mixedOffsets ? -480 : 330),
      resource_uri: resourceUri(module),
      resource_id: moduleId(module),
      resource_name: MODULES[module] === undefined ? null : module,
      channel_id: channel.id,
    })),
  },
  message: 'Successfully subscribed for actions-watch of the given module',
  status: 'success',
})

/** Whatever version subscribed, the address says v2. */
export const resourceUri = (module: ModuleName | undefined): string => `https://www.zohoapis.com/crm/v2/${module ?? ''}`

const invalid = (name: string): Error => refuse(400, 'INVALID_DATA', 'invalid data', { api_name: name })
const missing = (name: string): Error =>
  refuse(400, 'MANDATORY_NOT_FOUND', 'required field not found', { api_name: name })
const notSubscribed = (id: string): Error =>
  refuse(400, 'NOT_SUBSCRIBED', 'the given channel is not subscribed', { channel_id: id })
