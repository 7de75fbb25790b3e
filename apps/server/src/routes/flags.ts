import type { FlagKey } from '@raccordo/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { workspaceFor } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { RouteContext } from '../http/context.ts'
import { flagBody, flagQuery, workspaceParams } from '../http/schemas.ts'

interface WorkspacePath {
  readonly Params: { readonly workspaceId: string }
}

/** Switches of a workspace: what is off waits, and goes on where it stood. */
export const flagRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  const preHandler = async ({ caller, params }: FastifyRequest): Promise<void> => {
    workspaceFor(caller, (params as WorkspacePath['Params']).workspaceId)
  }
  const path = '/workspaces/:workspaceId/flags'
  const params = workspaceParams

  app.get<WorkspacePath>(path, { preHandler, schema: { params } }, async (request) => ({
    items: await host.flags.list(request.params.workspaceId),
    next: null,
  }))

  app.put<WorkspacePath & { Body: Partial<FlagKey> & { readonly enabled: boolean } }>(
    path,
    { preHandler, schema: { params, body: flagBody } },
    async (request) => host.flags.put(request.params.workspaceId, request.body, askerOf(request)),
  )

  app.delete<WorkspacePath & { Querystring: Partial<FlagKey> }>(
    path,
    { preHandler, schema: { params, querystring: flagQuery } },
    async (request, reply) => {
      await host.flags.remove(request.params.workspaceId, request.query, askerOf(request))
      return reply.code(204).send()
    },
  )
}
