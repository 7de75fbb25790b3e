import type { FastifyInstance } from 'fastify'
import type { RouteContext } from '../http/context.ts'
import { healthQuery } from '../http/schemas.ts'

const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** For whoever watches the process. Open, because load balancers and scrapers hold no key; nothing here is secret. */
export const probeRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  // Answers while the database is away, or an outage of it would have every process restarted.
  app.get('/livez', async () => ({ ok: true }))

  app.get('/readyz', async (_request, reply) => {
    const { ok, checks } = await host.health
      .ready()
      .catch(() => ({ ok: false, checks: { database: 'does not answer' } }))
    return reply.code(ok ? 200 : 503).send({ ok, checks })
  })

  app.get('/metrics', async (_request, reply) => reply.type(PROMETHEUS_TEXT).send(await host.metrics()))
}

/** How the connections are, for a person or a status page. */
export const healthRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  app.get<{ Querystring: { readonly provider?: string } }>(
    '/health',
    { schema: { querystring: healthQuery } },
    async ({ query }) => {
      if (query.provider !== undefined) host.providers.get(query.provider)
      return host.health.report(query.provider)
    },
  )
}
