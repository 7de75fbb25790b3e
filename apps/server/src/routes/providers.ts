import type { FastifyInstance } from 'fastify'
import type { RouteContext } from '../http/context.ts'
import { noQuery } from '../http/schemas.ts'

/** What is installed, and the mapping that each provider brings. */
export const providerRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  const schema = { querystring: noQuery }
  app.get('/providers', { schema }, async () => ({ items: host.providers.list(), next: null }))

  app.get<{ Params: { id: string } }>('/providers/:id', { schema }, async ({ params }) => host.providers.get(params.id))

  app.get<{ Params: { id: string } }>('/providers/:id/mapping', { schema }, async ({ params }) =>
    host.providers.defaultMapping(params.id),
  )
}
