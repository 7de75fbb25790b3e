import type { Json, ObjectType } from '@raccordo/core'
import type { FastifyInstance } from 'fastify'
import { connectionMustBeVisible } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { mappingBody, objectParams } from '../http/schemas.ts'

type MappingBody = Readonly<Record<string, Json>>

/** Takes a mapping as it is, and as `{ spec }`, which is how GET answers it. */
const specOf = (body: MappingBody): Json => {
  const { spec } = body
  const isWrapped = typeof spec === 'object' && spec !== null && body['objects'] === undefined
  return isWrapped ? spec : body
}

/** The mapping of a connection and the live schema that it is written against. */
export const mappingRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  const preHandler = connectionMustBeVisible(host)
  const schema = { body: mappingBody }

  app.get<ConnectionPath>('/connections/:id/mapping', { preHandler }, async ({ params }) =>
    host.connections.mapping(params.id),
  )

  app.put<ConnectionPath & { Body: MappingBody }>('/connections/:id/mapping', { preHandler, schema }, async (request) =>
    host.connections.putMapping(request.params.id, specOf(request.body), askerOf(request)),
  )

  app.post<ConnectionPath & { Body: MappingBody }>(
    '/connections/:id/mapping/check',
    { preHandler, schema },
    async ({ params, body }) => {
      const faults = await host.connections.checkMapping(params.id, specOf(body))
      return { ok: faults.length === 0, faults }
    },
  )

  app.get<{ Params: { id: string; object: ObjectType } }>(
    '/connections/:id/schema/:object',
    { preHandler, schema: { params: objectParams } },
    async ({ params }) => host.connections.schema(params.id, params.object),
  )
}
