import { type Call, CrmError, type ErrorKind, type Failure, type Reply } from '@raccordo/core/plugin'
import { type AnyProvider, type AnySettings, factOf } from './provider.ts'

const TIMEOUT_MS = 15_000

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'auth',
  403: 'forbidden',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  410: 'not_found',
  423: 'locked',
  429: 'rate_limited',
  504: 'timeout',
}

/** Sends one call, once: what the engine does around it (limits, retries, renewal) is not there. */
export const sendCall = async (
  provider: AnyProvider,
  settings: AnySettings,
  call: Call,
  signature: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Reply> => {
  signal.throwIfAborted()
  const method = call.method ?? 'GET'
  const mayHaveWritten = method !== 'GET' && call.idempotent !== true
  const lost = (kind: ErrorKind, message: string, cause: unknown) => {
    signal.throwIfAborted()
    return new CrmError(kind, message, { unknownOutcome: mayHaveWritten, cause })
  }
  const timeout = AbortSignal.timeout(call.timeoutMs ?? TIMEOUT_MS)
  const init = { ...requestOf(call, method, signature), redirect: 'manual', signal: AbortSignal.any([signal, timeout]) }
  let response: Response
  let text: string
  try {
    response = await fetch(urlOf(provider, settings, call), init as RequestInit)
    text = await response.text()
  } catch (error) {
    if (timeout.aborted) throw lost('timeout', 'No answer came in time', error)
    throw lost('unavailable', 'The connection broke before the answer was there', error)
  }
  const reply = { status: response.status, headers: Object.fromEntries(response.headers), body: parsed(text) }
  const failure = failureOf(provider, reply, text)
  if (failure === undefined) return reply
  throw new CrmError(failure.kind, failure.message, {
    ...failure,
    status: reply.status,
    unknownOutcome: failure.unknownOutcome ?? (mayHaveWritten && reply.status >= 500),
  })
}

const urlOf = (provider: AnyProvider, settings: AnySettings, { path, query = {} }: Call): URL => {
  const base = new URL(settings.apiBaseUrl ?? factOf(provider.api.baseUrl, settings))
  const url = new URL(base.origin + base.pathname.replace(/\/$/, '') + (path.startsWith('/') ? path : `/${path}`))
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.append(name, String(value))
  return url
}

const requestOf = (call: Call, method: string, signature: Readonly<Record<string, string>>) => {
  const own = Object.fromEntries(Object.entries(call.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  const type = own['content-type'] ?? 'application/json'
  const isText = typeof call.body === 'string' && !type.includes('json')
  const body = isText ? String(call.body) : JSON.stringify(call.body)
  const typed = call.body === undefined ? {} : { 'content-type': type }
  const headers = { accept: 'application/json', ...typed, ...own, ...(call.anonymous === true ? {} : signature) }
  return { method, headers, ...(call.body === undefined ? {} : { body }) }
}

const parsed = (text: string): unknown => {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const failureOf = (provider: AnyProvider, reply: Reply, text: string): Failure | undefined => {
  const said = provider.api.classify?.(reply)
  const named = typeof said === 'string' ? { kind: said, message: undefined } : said
  const kind = named?.kind ?? kindOfStatus(reply.status)
  if (kind === undefined) return undefined
  const waitSeconds = Number(reply.headers['retry-after'] ?? Number.NaN)
  const wait = Number.isNaN(waitSeconds) ? {} : { retryAfterMs: waitSeconds * 1_000 }
  return { ...wait, ...named, kind, message: named?.message ?? `${reply.status} ${text.slice(0, 200)}`.trim() }
}

const kindOfStatus = (status: number): ErrorKind | undefined => {
  if (status < 300 || status === 304) return undefined
  return KIND_OF_STATUS[status] ?? (status >= 400 && status < 500 ? 'invalid' : 'unavailable')
}
