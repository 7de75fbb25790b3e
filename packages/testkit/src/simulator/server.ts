import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { faultList } from './faults.ts'
import { seededRandom } from './random.ts'
import { type EncodedReply, encodeReply, send, sendHalf } from './reply.ts'
import { readRequest } from './request.ts'
import { type OpenRequest, requestLog } from './request-log.ts'
import { findRoute } from './route.ts'
import { timerSet } from './timers.ts'
import type { FaultEffect, ServeOptions, SimulatorReply, SimulatorRequest, SimulatorServer } from './types.ts'

/** Longer than any test pauses, so that a connection only ever breaks where a fault rule asks for it. */
const KEEP_ALIVE_MS = 120_000

/**
 * Serves a simulated CRM on 127.0.0.1. Faults surround everything that the simulator does with a request, `before`
 * hook included. A handler that throws is answered with 500 and its message, because a bug of a simulator must be seen.
 */
export const serveSimulator = async (options: ServeOptions): Promise<SimulatorServer> => {
  const now = options.now ?? (() => new Date())
  const random = seededRandom(options.seed ?? 1)
  const faults = faultList(random)
  const log = requestLog()
  const timers = timerSet(options.schedule)
  let calls = 0

  const answer = async (request: SimulatorRequest): Promise<SimulatorReply> => {
    const early = await options.before?.(request)
    if (early !== undefined) return early
    const found = findRoute(options.routes, request.method, request.path)
    if (found !== undefined) return found.route.handle({ ...request, params: found.params })
    return options.notFound?.(request) ?? { status: 404 }
  }
  const finish = (request: SimulatorRequest, reply: SimulatorReply): EncodedReply =>
    encodeReply(options.after?.(request, reply) ?? reply, now())
  const guarded = async (make: () => Promise<EncodedReply>): Promise<EncodedReply> => {
    try {
      return await make()
    } catch (error) {
      return encodeReply({ status: 500, body: `The simulator failed: ${messageOf(error)}` }, now())
    }
  }

  const respond = async (request: SimulatorRequest, response: ServerResponse, entry: OpenRequest): Promise<void> => {
    const effect = faults.next({ method: request.method, path: request.path, body: request.rawBody.toString('utf8') })
    const run = () => guarded(async () => finish(request, await answer(request)))
    if (isCut(effect, 'before')) return void response.destroy()
    if (effect?.kind === 'late-commit') {
      response.destroy()
      timers.after(effect.ms, run)
      return
    }
    if (effect?.kind === 'delay' && effect.when === 'before') await timers.wait(effect.ms)
    const instead = effect?.kind === 'reply' ? effect : undefined
    const real = instead?.when === 'before' ? undefined : await run()
    if (isCut(effect, 'after')) return void response.destroy()
    if (effect?.kind === 'delay' && effect.when === 'after') await timers.wait(effect.ms)
    const reply = instead || !real ? await guarded(async () => finish(request, instead?.reply ?? {})) : real
    if (effect?.kind === 'truncate') return sendHalf(response, reply)
    log.close(entry, reply.status, reply.body.toString('utf8'))
    send(response, reply)
  }

  const take = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming)
    await options.onRequest?.()
    calls += 1
    const { method, path, query, headers, rawBody } = request
    const requestBody = rawBody.toString('utf8')
    const entry = log.open({ at: now(), method, path, query: query.toString(), requestHeaders: headers, requestBody })
    await respond(request, response, entry)
  }

  const server = createServer((incoming, response) => {
    take(incoming, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    log: log.entries,
    calls: () => calls,
    now,
    random,
    stop: async () => {
      timers.clear()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

const isCut = (effect: FaultEffect | undefined, when: 'before' | 'after'): boolean =>
  effect?.kind === 'cut' && effect.when === when

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
