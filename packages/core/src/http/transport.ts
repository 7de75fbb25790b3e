import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import got, { RequestError, type Response, TimeoutError } from 'got'
import { guardedLookup, isPrivateAddress, PRIVATE_ADDRESS } from './address.ts'
import { whyUnreachable } from './unreachable.ts'

/** Largest answer that is read, in bytes after decompression. */
export const MAX_RESPONSE_BYTES = 64 * 1024 * 1024

export interface HttpRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Last look before the request goes out; what it throws ends the exchange as never sent. */
  readonly beforeSend?: () => void
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** How long after the start the request was on the wire as a whole, in ms. */
  readonly sentAfterMs: number
}

/** No complete answer came. */
export class TransportFault extends Error {
  override readonly name = 'TransportFault'
  readonly reason: 'timeout' | 'unreachable' | 'cut' | 'too-large' | 'stopped' | 'private-address'
  /** False where the request certainly did not reach the other side. */
  readonly mayHaveArrived: boolean
  /** How long after the start the request was on the wire as a whole, where it is known, in ms. */
  readonly sentAfterMs: number | undefined

  constructor(
    reason: TransportFault['reason'],
    message: string,
    mayHaveArrived: boolean,
    more: { readonly cause?: unknown; readonly sentAfterMs?: number | undefined } = {},
  ) {
    super(message, { cause: more.cause })
    this.reason = reason
    this.mayHaveArrived = mayHaveArrived
    this.sentAfterMs = more.sentAfterMs
  }
}

/** One HTTP exchange: no retry, no redirect, no signing. Throws `TransportFault`, or what `beforeSend` threw. */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>

export interface TransportOptions {
  /** Whether addresses of this machine and its network may be called. */
  readonly allowPrivate: boolean
  readonly maxResponseBytes?: number
}

/** Servers close idle connections after 5 s and more; a request that meets such a close has an unknown outcome. */
const IDLE_SOCKET_MS = 4_000

/** Makes the engine's transport on got, with its own connection pool; `close` ends the idle connections. */
export const createTransport = (options: TransportOptions): { readonly send: Transport; close(): void } => {
  const pool = { keepAlive: true, timeout: IDLE_SOCKET_MS }
  const agent = { http: new HttpAgent(pool), https: new HttpsAgent(pool) }
  const dnsLookup = options.allowPrivate ? undefined : guardedLookup()
  const maxBytes = options.maxResponseBytes ?? MAX_RESPONSE_BYTES

  const send: Transport = async (request) => {
    // A socket to a literal address makes no look-up.
    if (!options.allowPrivate && isPrivateAddress(request.url.hostname))
      throw new TransportFault('private-address', `${request.url.hostname} is a private address`, false)
    const started = Date.now()
    let refusal: unknown
    // Runs from before the last look at the deadline, so that nothing is under way longer than was looked ahead.
    const timer = AbortSignal.timeout(request.timeoutMs)
    const end = new AbortController()
    const stop = (event: Event) => end.abort((event.target as AbortSignal).reason)
    timer.addEventListener('abort', stop)
    request.signal.addEventListener('abort', stop)
    if (request.signal.aborted) end.abort(request.signal.reason)
    const stream = got.stream(request.url, {
      method: request.method,
      headers: { 'user-agent': 'raccordo', ...request.headers },
      // A stream of got's waits for somebody to write a body where the method may have one.
      ...(request.method === 'GET' ? {} : { body: request.body ?? '' }),
      agent,
      dnsLookup,
      followRedirect: false,
      throwHttpErrors: false,
      retry: { limit: 0 },
      signal: end.signal,
      hooks: {
        beforeRequest: [
          () => {
            try {
              request.beforeSend?.()
            } catch (error) {
              refusal = error
              throw error
            }
          },
        ],
      },
    })
    let response: Response | undefined
    stream.on('response', (arrived: Response) => {
      response = arrived
    })
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        bytes += chunk.length
        if (bytes > maxBytes) throw new TransportFault('too-large', `The answer is larger than ${maxBytes} bytes`, true)
        chunks.push(chunk)
      }
    } catch (error) {
      throw refusal ?? faultOf(error, request, started, timer.aborted)
    } finally {
      timer.removeEventListener('abort', stop)
      request.signal.removeEventListener('abort', stop)
      stream.destroy()
    }
    if (response === undefined) throw new TransportFault('cut', 'The connection ended without an answer', true)
    return {
      status: response.statusCode,
      headers: flatHeaders(response.headers),
      body: Buffer.concat(chunks),
      sentAfterMs: Math.max(0, (response.timings?.upload ?? response.timings?.response ?? Date.now()) - started),
    }
  }
  return {
    send,
    close: () => {
      agent.http.destroy()
      agent.https.destroy()
    },
  }
}

/** Names that say that no connection came about, so that nothing was sent. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EADDRNOTAVAIL',
])

const faultOf = (error: unknown, request: HttpRequest, started: number, isOverdue: boolean): Error => {
  if (error instanceof TransportFault) return error
  if (!(error instanceof RequestError)) return new TransportFault('cut', messageOf(error), true, { cause: error })
  if (error.code === PRIVATE_ADDRESS) return new TransportFault('private-address', error.message, false)
  const wasConnected = isConnected(error, request)
  const { upload } = error.timings ?? {}
  const more = { cause: error, sentAfterMs: upload === undefined ? undefined : Math.max(0, upload - started) }
  if (request.signal.aborted) return new TransportFault('stopped', 'The call was stopped', wasConnected, more)
  if (isOverdue || error instanceof TimeoutError)
    return new TransportFault(
      'timeout',
      `No answer from ${request.url.host} within ${request.timeoutMs} ms`,
      wasConnected,
      more,
    )
  const isCut = wasConnected && !NEVER_CONNECTED.has(error.code)
  if (!isCut) return new TransportFault('unreachable', whyUnreachable(error, request.url), false, more)
  return new TransportFault('cut', `The connection was cut (${error.code}: ${error.message})`, true, more)
}

/** A request waits in the socket until the connection (with https, the handshake) is there. */
const isConnected = (error: RequestError, request: HttpRequest): boolean => {
  const { timings } = error
  if (timings === undefined) return false
  return (request.url.protocol === 'https:' ? timings.secureConnect : timings.connect) !== undefined
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const flatHeaders = (headers: NodeJS.Dict<string | string[]>): Record<string, string> => {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}
