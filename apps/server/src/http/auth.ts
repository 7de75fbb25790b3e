import { createHash, timingSafeEqual } from 'node:crypto'
import type { Asker, Host } from '@raccordo/core'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { Refusal } from './refusal.ts'

/** Whose key came with a request. */
export interface Caller {
  readonly id: string
  /** null: an admin, who sees every workspace. */
  readonly workspaceId: string | null
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every path that needs a key. */
    caller: Caller
  }
}

const BEARER = /^Bearer +([\x21-\x7e]{1,512}) *$/i

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const unauthorized = (detail: string): Refusal =>
  new Refusal(401, 'auth', detail, { headers: { 'www-authenticate': 'Bearer realm="raccordo"' } })

/** A hook that takes `Authorization: Bearer <api key>` and nothing else. `adminKey` is the environment's own. */
export const authenticate = (host: Host, adminKey: string | undefined): onRequestAsyncHookHandler => {
  const adminDigest = adminKey === undefined ? undefined : digest(adminKey)
  return async (request) => {
    const header = request.headers.authorization
    if (header === undefined) {
      throw unauthorized('Send an API key: "Authorization: Bearer <key>". An admin makes one with POST /crm/api-keys.')
    }
    const secret = BEARER.exec(header)?.[1]
    if (secret === undefined) throw unauthorized('The Authorization header must read "Bearer <key>".')
    if (adminDigest !== undefined && timingSafeEqual(adminDigest, digest(secret))) {
      request.caller = { id: 'environment', workspaceId: null }
      return
    }
    const key = await host.keys.check(secret)
    if (key === undefined) throw unauthorized('This API key is unknown or revoked.')
    request.caller = key
  }
}

/** Who asks, for the audit and the log. */
export const askerOf = ({
  caller,
  id,
}: FastifyRequest): Asker & { readonly actor: string; readonly correlationId: string } => ({
  actor: `key:${caller.id}`,
  correlationId: id,
})
