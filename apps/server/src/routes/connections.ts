import { type ConnectionChange, CrmError, type Fields, isCrmError, type NewConnection } from '@raccordo/core'
import type { FastifyInstance } from 'fastify'
import { visibleConnection, workspaceFor } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { type PageQuery, pageOf } from '../http/pages.ts'
import { statusOfKind } from '../http/problem.ts'
import { Refusal } from '../http/refusal.ts'
import { connectionChange, connectionsQuery, newConnection, validateBody } from '../http/schemas.ts'
import { refuseNewAuthAddress } from './auth_address.ts'

interface ListQuery extends PageQuery {
  readonly workspaceId?: string
}

/** Connected CRMs: made, listed, changed, checked and removed. */
export const connectionRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  const refuseUnknownProvider = (provider: string): void => {
    try {
      host.providers.get(provider)
    } catch (error) {
      if (!isCrmError(error) || error.kind !== 'not_found') throw error
      throw new Refusal(422, 'invalid', error.message, { pointer: '/provider' })
    }
  }

  app.post<{ Body: Omit<NewConnection, 'trusted'> }>(
    '/connections',
    { schema: { body: newConnection } },
    async (request, reply) => {
      const { body, caller } = request
      workspaceFor(caller, body.workspaceId)
      refuseUnknownProvider(body.provider)
      const trusted = caller.workspaceId === null
      const connection = await host.connections.create({ ...body, trusted }, askerOf(request))
      return reply.code(201).header('location', `/crm/connections/${connection.id}`).send(connection)
    },
  )

  app.get<{ Querystring: ListQuery }>(
    '/connections',
    { schema: { querystring: connectionsQuery } },
    async (request) => {
      const workspaceId = workspaceFor(request.caller, request.query.workspaceId)
      const connections = await host.connections.list(workspaceId === undefined ? {} : { workspaceId })
      return pageOf(connections, ({ createdAt, id }) => `${createdAt} ${id}`, request.query)
    },
  )

  app.get<ConnectionPath>('/connections/:id', async ({ caller, params }) => visibleConnection(host, caller, params.id))

  app.patch<ConnectionPath & { Body: Omit<ConnectionChange, 'trusted'> }>(
    '/connections/:id',
    { schema: { body: connectionChange } },
    async (request) => {
      const { body, caller, params } = request
      const before = await visibleConnection(host, caller, params.id)
      refuseNewAuthAddress(caller, body.settings, before.settings)
      const trusted = caller.workspaceId === null
      return host.connections.update(params.id, { ...body, trusted }, askerOf(request))
    },
  )

  app.delete<ConnectionPath>('/connections/:id', async (request, reply) => {
    await visibleConnection(host, request.caller, request.params.id)
    await host.connections.remove(request.params.id, askerOf(request))
    return reply.code(204).send()
  })

  app.post<ConnectionPath & { Body: { readonly credentials?: Fields } }>(
    '/connections/:id/validate',
    { schema: { body: validateBody } },
    async ({ body, caller, params }) => {
      await visibleConnection(host, caller, params.id)
      const result = await host.connections.validate(params.id, body.credentials)
      if (result.ok) return result
      const { ok, kind = 'auth', detail = 'The CRM refused the credentials.', scopes, setting, ...more } = result
      if (kind === 'bug') throw new CrmError('bug', detail)
      const told = { ...(scopes === undefined ? {} : { scopes }), ...(setting === undefined ? {} : { setting }) }
      throw new Refusal(statusOfKind(kind), kind, detail, { ...more, members: { ok, ...told } })
    },
  )

  app.get<ConnectionPath>('/connections/:id/status', async ({ caller, params }) => {
    await visibleConnection(host, caller, params.id)
    return host.connections.status(params.id)
  })
}
