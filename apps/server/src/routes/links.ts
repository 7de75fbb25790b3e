import type { ObjectType } from '@raccordo/core'
import type { FastifyInstance } from 'fastify'
import { connectionMustBeVisible } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { type PageQuery, pageRequest } from '../http/pages.ts'
import { linkBody, linksQuery } from '../http/schemas.ts'

interface LinkBody {
  readonly object: ObjectType
  readonly localId: string
  readonly externalId: string
  readonly kind?: string
}

/** Which of the host's records is which in the CRM. */
export const linkRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  const preHandler = connectionMustBeVisible(host)

  app.put<ConnectionPath & { Body: LinkBody }>(
    '/connections/:id/links',
    { preHandler, schema: { body: linkBody } },
    async (request) => host.links.put(request.params.id, request.body, askerOf(request)),
  )

  app.get<ConnectionPath & { Querystring: Partial<Omit<LinkBody, 'kind'>> & PageQuery }>(
    '/connections/:id/links',
    { preHandler, schema: { querystring: linksQuery } },
    async ({ params, query }) => host.links.list(params.id, { ...query, ...pageRequest(query) }),
  )
}
