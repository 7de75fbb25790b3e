import type { SimulatorReply, SimulatorRequest } from '@raccordo/testkit/simulator'
import { type Asked, type Channel, channelOf, eventsOf, idOf } from './channel.ts'
import { missingParameter, type Refusal, RefusedError, refusalBody, refuse } from './failures.ts'
import type { Org } from './org.ts'
import { listOf } from './request-parts.ts'
import { MODULES, type ModuleName } from './schema.ts'
import { renderInstant } from './times.ts'
import { moduleId } from './values.ts'

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

const notSubscribed = (id: string): Error =>
  refuse(400, 'NOT_SUBSCRIBED', 'the given channel is not subscribed', { channel_id: id })
