import type { IncomingMessage } from 'node:http'
import type { SimulatorRequest } from './types.ts'

/** Reads a request to its end. Fails where the client goes away before it has sent all. */
export const readRequest = async (incoming: IncomingMessage): Promise<SimulatorRequest> => {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  const rawBody = Buffer.concat(pieces)
  const [path = '/', query = ''] = (incoming.url ?? '/').split(/\?(.*)/s)
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    headers: flatHeaders(incoming),
    rawBody,
    params: {},
    json: () => parsed(rawBody),
    form: () => new URLSearchParams(rawBody.toString('utf8')),
  }
}

const flatHeaders = (incoming: IncomingMessage): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  return headers
}

// biome-ignore lint/suspicious/noExplicitAny: a simulator takes whatever a client sends
const parsed = (body: Buffer): any => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
