import type { ObjectType, RecordFilter } from '@raccordo/core'
import type { FastifyInstance } from 'fastify'
import { connectionMustBeVisible, workspaceFor } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { RouteContext } from '../http/context.ts'
import { type PageQuery, pageRequest } from '../http/pages.ts'
import { untilClosing } from '../http/patience.ts'
import { Refusal } from '../http/refusal.ts'
import { feedQuery, findQuery, noBody, noQuery, objectParams } from '../http/schemas.ts'

interface FeedPath {
  readonly Params: { readonly id: string; readonly object: ObjectType }
  readonly Querystring: PageQuery & { readonly wait?: string }
}
interface RecordPath {
  readonly Params: { readonly id: string; readonly object: ObjectType; readonly externalId: string }
}
interface FindPath {
  readonly Params: { readonly object: ObjectType }
  readonly Querystring: Partial<RecordFilter>
}

/** What came from the CRMs: the change feed, one record, and who is calling. */
export const recordRoutes = (app: FastifyInstance, { host, closing }: RouteContext): void => {
  const preHandler = connectionMustBeVisible(host)

  app.get<FeedPath>(
    '/connections/:id/records/:object',
    { preHandler, schema: { params: objectParams, querystring: feedQuery } },
    async ({ params, query }) => {
      const page = pageRequest(query)
      const waitSeconds = Number(query.wait ?? 0)
      const brief = () => host.records.feed(params.id, params.object, page)
      if (waitSeconds === 0) return brief()
      return untilClosing(closing, () => host.records.feed(params.id, params.object, { ...page, waitSeconds }), brief)
    },
  )

  app.get<RecordPath>(
    '/connections/:id/records/:object/:externalId',
    { preHandler, schema: { params: objectParams, querystring: noQuery } },
    async ({ params }) => host.records.get(params.id, params.object, params.externalId),
  )

  app.post<RecordPath>(
    '/connections/:id/records/:object/:externalId/erase',
    { preHandler, schema: { params: objectParams, body: noBody } },
    async (request, reply) => {
      const { id, object, externalId } = request.params
      const result = await host.records.erase(id, object, externalId, askerOf(request))
      return reply.code(result.status === 'erased' ? 200 : 202).send(result)
    },
  )

  app.get<FindPath>(
    '/records/:object',
    { schema: { params: objectParams, querystring: findQuery } },
    async ({ caller, params, query }) => {
      const workspaceId = workspaceFor(caller, query.workspaceId)
      if (workspaceId === undefined) {
        throw new Refusal(422, 'invalid', 'With an admin key, say which workspace: ?workspaceId=.', {
          pointer: '/workspaceId',
        })
      }
      if (query.email === undefined && query.phone_e164 === undefined && query.localId === undefined) {
        throw new Refusal(422, 'invalid', 'Say what to look for: email, phone_e164 or localId.', { pointer: '' })
      }
      return { items: await host.records.find(params.object, { ...query, workspaceId }), next: null }
    },
  )
}
