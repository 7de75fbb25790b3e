import type { FastifyInstance } from 'fastify'
import { connectionMustBeVisible } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { runBody } from '../http/schemas.ts'

const PASSES = ['backfill', 'pull', 'sweep'] as const

/** Starts a run and answers its id at once; `GET …/status` tells how far it is. */
export const syncRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  const preHandler = connectionMustBeVisible(host)
  for (const pass of PASSES) {
    app.post<ConnectionPath & { Body: { readonly objects?: readonly string[] } }>(
      `/connections/:id/${pass}`,
      { preHandler, schema: { body: runBody } },
      async (request, reply) => {
        const { runId } = await host.sync[pass](request.params.id, { ...request.body, ...askerOf(request) })
        return reply.code(202).send({ runId })
      },
    )
  }
}
