import type { Call } from '@raccordo/core'
import type { FastifyInstance } from 'fastify'
import { connectionMustBeVisible } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { callBody } from '../http/schemas.ts'

/** A cookie of the CRM is a credential. */
const HIDDEN_HEADERS = new Set(['set-cookie', 'set-cookie2'])

/** One signed call, answered with the CRM's own status, headers and body inside a 200 of ours. */
export const passThroughRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  app.post<ConnectionPath & { Body: Call }>(
    '/connections/:id/request',
    { preHandler: connectionMustBeVisible(host), schema: { body: callBody } },
    async (request) => {
      const { status, headers, body } = await host.connections.request(
        request.params.id,
        request.body,
        askerOf(request),
      )
      const shown = Object.entries(headers).filter(([name]) => !HIDDEN_HEADERS.has(name.toLowerCase()))
      return { status, headers: Object.fromEntries(shown), body: body ?? null }
    },
  )
}
