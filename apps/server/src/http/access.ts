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
 * True where the caller may see what belongs to a connection. What outlived its connection is the admins' alone.
 */
export const maySeeConnection = async (host: Host, caller: Caller, connectionId: string): Promise<boolean> => {
  if (caller.workspaceId === null) return true
  try {
    await visibleConnection(host, caller, connectionId)
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
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
