import type { FastifyInstance } from 'fastify'
import { connectionMustBeVisible } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { noBody } from '../http/schemas.ts'

/** Where a person has a CRM send its webhooks. A POST, because it shows a secret and is written down. */
export const webhookAddressRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  app.post<ConnectionPath>(
    '/connections/:id/webhook-address',
    { preHandler: connectionMustBeVisible(host), schema: { body: noBody } },
    async (request) => host.webhooks.address(request.params.id, askerOf(request)),
  )
}
