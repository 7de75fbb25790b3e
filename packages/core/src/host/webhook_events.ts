import { hash } from 'node:crypto'
import type { RawRequest, RemoteEvent } from '../contract.ts'
import { crmError } from '../errors.ts'
import type { AnyProvider } from '../registry/index.ts'
import { instant } from '../store/rows.ts'

const LONGEST_KEY = 200
const LONGEST_NAME = 512
const OPERATIONS: readonly unknown[] = ['upsert', 'delete', 'erase']

/** What a request announces, as far as it can be kept. */
export interface ReadEvents {
  readonly events: readonly RemoteEvent[]
  /** How many are left out because they name nothing that could be read again. */
  readonly unreadable: number
}

/** Postgres takes neither in a text. */
const isStorable = (text: unknown): text is string =>
  typeof text === 'string' && text !== '' && text.length <= LONGEST_NAME && !text.includes('\0') && text.isWellFormed()

const keyOf = (key: string): string =>
  isStorable(key) && key.length <= LONGEST_KEY ? key : `sha256:${hash('sha256', key)}`

const cleaned = (event: RemoteEvent, receivedAt: Date): RemoteEvent | undefined => {
  const { key, object, remoteId, op, at, accountId, mergedInto } = event
  if (typeof key !== 'string' || !isStorable(object) || !isStorable(remoteId) || !OPERATIONS.includes(op))
    return undefined
  const ms = Date.parse(at)
  return {
    key: keyOf(key),
    object,
    remoteId,
    op,
    at: instant(Number.isNaN(ms) ? receivedAt : ms),
    ...(typeof accountId === 'string' ? { accountId } : {}),
    ...(isStorable(mergedInto) ? { mergedInto } : {}),
  }
}

/** Parses a verified request. Throws `invalid` where it is not what the CRM sends: truncated, no JSON, no event in it that makes sense. */
export const readEvents = (provider: AnyProvider, raw: RawRequest): ReadEvents => {
  let parsed: readonly RemoteEvent[]
  try {
    parsed = provider.webhooks?.parse(raw) ?? []
  } catch (cause) {
    throw unreadable(provider, cause)
  }
  const events = parsed.flatMap((event) => cleaned(event, raw.receivedAt) ?? [])
  if (events.length === 0 && parsed.length > 0) throw unreadable(provider, undefined)
  return { events, unreadable: parsed.length - events.length }
}

const unreadable = ({ id, title }: AnyProvider, cause: unknown): Error =>
  crmError('invalid', `The webhook of ${title} could not be read.`, { provider: id, cause })
