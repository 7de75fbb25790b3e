import type { ServerResponse } from 'node:http'
import type { SimulatorReply } from './types.ts'

/** An answer as it goes over the wire. */
export interface EncodedReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Turns what a handler answered into status, headers and bytes; `date` is the simulator's own clock. */
export const encodeReply = (reply: SimulatorReply, date: Date): EncodedReply => {
  const { type, body } = encodeBody(reply.body)
  const status = reply.status ?? 200
  const hasBody = status !== 204 && status !== 304
  const own = Object.fromEntries(
    Object.entries(reply.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const headers = {
    date: date.toUTCString(),
    ...(type === undefined || !hasBody ? {} : { 'content-type': type }),
    ...(hasBody ? { 'content-length': String(body.length) } : {}),
    ...own,
  }
  return { status, headers, body: hasBody ? body : Buffer.alloc(0) }
}

const encodeBody = (body: unknown): { readonly type: string | undefined; readonly body: Buffer } => {
  if (body === undefined) return { type: undefined, body: Buffer.alloc(0) }
  if (typeof body === 'string') return { type: 'text/plain; charset=utf-8', body: Buffer.from(body) }
  if (body instanceof Uint8Array) return { type: 'application/octet-stream', body: Buffer.from(body) }
  return { type: 'application/json; charset=utf-8', body: Buffer.from(JSON.stringify(body)) }
}

/** Sends the whole answer. */
export const send = (response: ServerResponse, reply: EncodedReply): void => {
  if (response.destroyed) return
  response.writeHead(reply.status, reply.headers)
  response.end(reply.body)
}

/** Announces the whole answer, sends half of it and closes the connection. */
export const sendHalf = (response: ServerResponse, reply: EncodedReply): void => {
  if (response.destroyed) return
  response.writeHead(reply.status, reply.headers)
  response.write(reply.body.subarray(0, Math.floor(reply.body.length / 2)), () => response.destroy())
}
