import type { Call, Fields, Json } from '../contract.ts'
import { crmError } from '../errors.ts'
import { callUrl } from './url.ts'

/** Time for an answer where a call names none, and the longest that one may ask for, in ms. */
export const DEFAULT_TIMEOUT_MS = 15_000
export const LONGEST_TIMEOUT_MS = 120_000

/** A call in the form in which it goes out, but for its signature. */
export interface PreparedCall {
  readonly call: Call
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly isIdempotent: boolean
}

/** Builds the request of a call. Throws kind 'invalid' for a path that is none, or a body that a GET cannot have. */
export const prepareCall = (baseUrl: string, call: Call): PreparedCall => {
  const method = call.method ?? 'GET'
  if (method === 'GET' && call.body !== undefined) throw crmError('invalid', 'A GET has no body.')
  const given = Object.fromEntries(
    Object.entries(call.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const type = given['content-type'] ?? 'application/json'
  return {
    call,
    url: callUrl(baseUrl, call),
    method,
    headers: { accept: 'application/json', ...(call.body === undefined ? {} : { 'content-type': type }), ...given },
    ...(call.body === undefined ? {} : { body: bodyText(call.body, type) }),
    timeoutMs: Math.max(1, Math.min(call.timeoutMs ?? DEFAULT_TIMEOUT_MS, LONGEST_TIMEOUT_MS)),
    isIdempotent: method === 'GET' || call.idempotent === true,
  }
}

/** A text under a type of its own (a form, XML) goes out as it is. */
const bodyText = (body: Json, type: string): string =>
  typeof body === 'string' && !/\bjson\b/i.test(type) ? body : JSON.stringify(body)

/** Shorter values could stand in a request by chance. */
const SHORTEST_REPLACED = 8

/**
 * The same call with the values of a renewed session in the place of the old ones, which the plugin has put into path,
 * query, headers or body. Undefined where none of the values that changed is found: the plugin has to build it anew.
 */
export const withNewSession = (call: Call, before: Fields, after: Fields): Call | undefined => {
  const changed = Object.entries(before).flatMap(([name, old]) => {
    const fresh = after[name]
    const isToken = typeof old === 'string' && typeof fresh === 'string' && old.length >= SHORTEST_REPLACED
    return isToken && old !== fresh ? [[escaped(old), escaped(fresh)] as const] : []
  })
  const text = JSON.stringify(call)
  const replaced = changed.reduce((result, [old, fresh]) => result.replaceAll(old, fresh), text)
  return replaced === text ? undefined : (JSON.parse(replaced) as Call)
}

const escaped = (value: string): string => JSON.stringify(value).slice(1, -1)
