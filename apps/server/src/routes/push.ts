import { isCrmError, type PushItem, type PushStatus } from '@raccordo/core'
import type { FastifyInstance } from 'fastify'
import { connectionMustBeVisible, visibleBelonging } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { untilClosing } from '../http/patience.ts'
import { Refusal } from '../http/refusal.ts'
import { MOST_ITEMS, pushBatch, pushItem, waitQuery } from '../http/schemas.ts'
import { checkBody } from '../http/validation.ts'

type PushBody = PushItem | { readonly items: readonly PushItem[] }

interface PushPath {
  readonly Params: { readonly id: string }
  readonly Querystring: { readonly wait?: string }
}

const isBatch = (body: unknown): body is { readonly items: readonly PushItem[] } =>
  typeof body === 'object' && body !== null && 'items' in body

const refuseLargeBatch = (items: unknown): void => {
  if (!Array.isArray(items) || items.length <= MOST_ITEMS) return
  throw new Refusal(422, 'invalid', `A push takes at most ${MOST_ITEMS} items, this one has ${items.length}.`, {
    pointer: '/items',
  })
}

/** Writes outcomes to the outbox, and tells what became of them. */
export const pushRoutes = (app: FastifyInstance, { host, closing }: RouteContext): void => {
  app.post<ConnectionPath & { Body: PushBody }>(
    '/connections/:id/push',
    { preHandler: connectionMustBeVisible(host) },
    async (request, reply) => {
      const { body, params } = request
      if (isBatch(body)) {
        refuseLargeBatch(body.items)
        checkBody(request, body, pushBatch)
        return reply.code(202).send({ items: await host.outbox.pushAll(params.id, body.items, askerOf(request)) })
      }
      checkBody(request, body, pushItem)
      return reply.code(202).send(await host.outbox.push(params.id, body, askerOf(request)))
    },
  )

  const waited = async (id: string, seconds: number): Promise<PushStatus> => {
    const brief = () => host.outbox.get(id)
    const patient = () =>
      host.outbox.wait(id, { timeoutMs: seconds * 1_000 }).catch((error: unknown) => {
        if (isCrmError(error) && error.kind === 'timeout') return brief()
        throw error
      })
    return untilClosing(closing, patient, brief)
  }

  app.get<PushPath>('/push/:id', { schema: { querystring: waitQuery } }, async ({ caller, params, query }) => {
    const push = await visibleBelonging(host, caller, `push "${params.id}"`, () => host.outbox.get(params.id))
    const seconds = Number(query.wait ?? 0)
    return seconds === 0 ? push : waited(params.id, seconds)
  })
}
