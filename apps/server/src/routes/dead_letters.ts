import type { DeadLetter, DeadLetterFilter, ObjectType } from '@raccordo/core'
import type { FastifyInstance } from 'fastify'
import { visibleBelonging, visibleConnection, workspaceFor } from '../http/access.ts'
import { askerOf, type Caller } from '../http/auth.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { type PageQuery, pageRequest } from '../http/pages.ts'
import { Refusal } from '../http/refusal.ts'
import { deadLettersQuery, noQuery, replayFilter } from '../http/schemas.ts'

interface Filter {
  readonly connectionId?: string
  readonly workspaceId?: string
  readonly object?: ObjectType
  readonly kind?: string
}
interface ListQuery extends Filter, PageQuery {
  readonly replayed?: 'true' | 'false'
}

/** What could not be delivered, and how it is sent again. */
export const deadLetterRoutes = (app: FastifyInstance, { host }: RouteContext): void => {
  const filterFor = async (caller: Caller, filter: Filter): Promise<DeadLetterFilter> => {
    const { connectionId, workspaceId: asked, object, kind } = filter
    const workspaceId = workspaceFor(caller, asked)
    if (connectionId !== undefined) await visibleConnection(host, caller, connectionId)
    return {
      ...(connectionId === undefined ? {} : { connectionId }),
      ...(workspaceId === undefined ? {} : { workspaceId }),
      ...(object === undefined ? {} : { object }),
      ...(kind === undefined ? {} : { kind }),
    }
  }

  const visibleLetter = (caller: Caller, id: string): Promise<DeadLetter> =>
    visibleBelonging(host, caller, `dead letter "${id}"`, () => host.deadLetters.get(id))

  app.get<{ Querystring: ListQuery }>(
    '/dead-letters',
    { schema: { querystring: deadLettersQuery } },
    async ({ caller, query }) =>
      host.deadLetters.list({
        ...(await filterFor(caller, query)),
        ...pageRequest(query),
        ...(query.replayed === undefined ? {} : { replayed: query.replayed === 'true' }),
      }),
  )

  app.get<ConnectionPath>('/dead-letters/:id', { schema: { querystring: noQuery } }, async ({ caller, params }) =>
    visibleLetter(caller, params.id),
  )

  app.post<ConnectionPath>('/dead-letters/:id/replay', async (request) => {
    const { id } = await visibleLetter(request.caller, request.params.id)
    return host.deadLetters.replay(id, askerOf(request))
  })

  app.post<{ Body: Filter }>('/dead-letters/replay', { schema: { body: replayFilter } }, async (request) => {
    const filter = await filterFor(request.caller, request.body)
    if (Object.keys(filter).length === 0) {
      throw new Refusal(422, 'invalid', 'Say what to replay: connectionId, workspaceId, object or kind.', {
        pointer: '',
      })
    }
    return host.deadLetters.replayAll(filter, askerOf(request))
  })
}
