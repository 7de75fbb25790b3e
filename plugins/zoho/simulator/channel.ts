import { refuse } from './failures.ts'
import type { Org } from './org.ts'
import { type ModuleName, moduleNamed } from './schema.ts'
import { parseWrittenInstant, toSecond } from './times.ts'

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

/** A channel as a request asks for it. */
export type Asked = Readonly<Record<string, unknown>>

export const idOf = (asked: Asked): string => String(asked['channel_id'] ?? '')

/** The channel that is asked for; what is not said stays as it was in the previous one, if there is one. */
export const channelOf = (org: Org, asked: Asked, previous: Channel | undefined): Channel => {
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

/** Modules with the words that are asked for, or a refusal. */
export const eventsOf = (org: Org, asked: Asked): ReadonlyMap<ModuleName, ReadonlySet<string>> => {
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

const invalid = (name: string): Error => refuse(400, 'INVALID_DATA', 'invalid data', { api_name: name })
const missing = (name: string): Error =>
  refuse(400, 'MANDATORY_NOT_FOUND', 'required field not found', { api_name: name })
