import { type ConnectionInfo, type Host, isCrmError } from '@raccordo/core'
import type { FastifyRequest } from 'fastify'
import type { Caller } from './auth.ts'
import { Refusal } from './refusal.ts'

const noConnection = (id: string): Refusal => new Refusal(404, 'not_found', `There is no connection "${id}".`)

/**
 * The connection, if the caller may see it. Another workspace's is answered exactly like one that is not there, so
 * that nobody learns which ids exist.
 */
export const visibleConnection = async (host: Host, { workspaceId }: Caller, id: string): Promise<ConnectionInfo> => {
  const connection = await host.connections.get(id).catch((error: unknown) => {
    throw isCrmError(error) && error.kind === 'not_found' ? noConnection(id) : error
  })
  if (workspaceId !== null && connection.workspaceId !== workspaceId) throw noConnection(id)
  return connection
}

/** A hook for paths under `/connections/:id`. */
export const connectionMustBeVisible =
  (host: Host) =>
  async (request: FastifyRequest): Promise<void> => {
    await visibleConnection(host, request.caller, (request.params as { id: string }).id)
  }

/**
 * What belongs to a connection (a push, a dead letter), if the caller may see that connection; else, and where there
 * is none, the same 404. What outlived its connection is the admins' alone.
 */
export const visibleBelonging = async <Belonging extends { readonly connectionId: string }>(
  host: Host,
  caller: Caller,
  name: string,
  find: () => Promise<Belonging>,
): Promise<Belonging> => {
  try {
    const found = await find()
    if (caller.workspaceId !== null) await visibleConnection(host, caller, found.connectionId)
    return found
  } catch (error) {
    const isAbsent = error instanceof Refusal || (isCrmError(error) && error.kind === 'not_found')
    throw isAbsent ? new Refusal(404, 'not_found', `There is no ${name}.`) : error
  }
}

/** The workspace to work in: the one asked for, which a workspace's key may only name its own; undefined for all. */
export const workspaceFor = ({ workspaceId }: Caller, asked: string | undefined): string | undefined => {
  if (workspaceId === null) return asked
  if (asked === undefined || asked === workspaceId) return workspaceId
  throw new Refusal(403, 'forbidden', `This API key belongs to another workspace than "${asked}".`)
}

/** A hook for paths that only an admin key opens. */
export const adminOnly = async ({ caller }: FastifyRequest): Promise<void> => {
  if (caller.workspaceId !== null) throw new Refusal(403, 'forbidden', 'This needs an admin key.')
}
