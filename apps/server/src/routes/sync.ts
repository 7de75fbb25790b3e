import { type Host, isCrmError, type PassState, type RunRequest } from '@raccordo/core'
import type { FastifyInstance } from 'fastify'
import { connectionMustBeVisible } from '../http/access.ts'
import { askerOf } from '../http/auth.ts'
import type { ConnectionPath, RouteContext } from '../http/context.ts'
import { untilClosing } from '../http/patience.ts'
import { runBody, sweepBody, waitQuery } from '../http/schemas.ts'

const STARTS = [
  ['backfill', runBody],
  ['pull', runBody],
  ['sweep', sweepBody],
] as const

/** How a run stands. */
export interface RunState {
  readonly runId: string
  readonly state: 'running' | 'done' | 'failed'
  readonly passes: readonly PassState[]
  /** Why it failed. */
  readonly error?: { readonly kind: string; readonly detail: string }
}

interface RunPath {
  readonly Params: { readonly id: string; readonly runId: string }
  readonly Querystring: { readonly wait?: string }
}

const runState = async (host: Host, connectionId: string, runId: string, seconds: number): Promise<RunState> => {
  let passes: readonly PassState[] = []
  const onProgress = (now: readonly PassState[]): void => {
    passes = now
  }
  try {
    passes = await host.sync.wait(connectionId, runId, { timeoutMs: seconds * 1_000, onProgress })
    return { runId, state: 'done', passes }
  } catch (error) {
    // Without a pass there is no such run; a failure of the run itself comes after its passes were told.
    if (!isCrmError(error) || passes.length === 0) throw error
    if (error.kind === 'timeout') return { runId, state: 'running', passes }
    return { runId, state: 'failed', passes, error: { kind: error.kind, detail: error.message } }
  }
}

/** Starts runs, answering their ids at once, and tells how they stand. */
export const syncRoutes = (app: FastifyInstance, { host, closing }: RouteContext): void => {
  const preHandler = connectionMustBeVisible(host)
  for (const [pass, body] of STARTS) {
    app.post<ConnectionPath & { Body: Pick<RunRequest, 'objects' | 'force'> }>(
      `/connections/:id/${pass}`,
      { preHandler, schema: { body } },
      async (request, reply) => {
        const { runId } = await host.sync[pass](request.params.id, { ...request.body, ...askerOf(request) })
        return reply.code(202).send({ runId })
      },
    )
  }

  app.get<RunPath>(
    '/connections/:id/runs/:runId',
    { preHandler, schema: { querystring: waitQuery } },
    async ({ params: { id, runId }, query }) => {
      const brief = () => runState(host, id, runId, 0)
      const seconds = Number(query.wait ?? 0)
      return untilClosing(closing, () => runState(host, id, runId, seconds), brief)
    },
  )
}
