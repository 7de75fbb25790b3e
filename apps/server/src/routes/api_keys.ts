import type { FastifyInstance } from 'fastify'
import { adminOnly } from '../http/access.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { newKey } from '../http/schemas.ts'

interface NewKey {
  readonly name: string
  readonly workspaceId?: string
}

/** API keys, for admins. The answer that makes a key is the only one that shows its secret. */
export const apiKeyRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  const onRequest = adminOnly

  app.post<{ Body: NewKey }>('/api-keys', { onRequest, schema: { body: newKey } }, async ({ body }, reply) =>
    reply.code(201).send(await host.keys.create(body)),
  )

  app.get('/api-keys', { onRequest }, async () => ({ items: await host.keys.list(), next: null }))

  app.delete<ConnectionPath>('/api-keys/:id', { onRequest }, async ({ params }, reply) => {
    await host.keys.revoke(params.id)
    return reply.code(204).send()
  })
}
