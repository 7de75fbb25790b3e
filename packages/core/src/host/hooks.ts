import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { KeyRing } from '../auth/keyring.ts'
import { bindingOf } from '../auth/vault.ts'
import { findChannel, keepChannelSecret } from '../store/channels.ts'
import type { StoredConnection } from '../store/connections.ts'
import type { Database } from '../store/database.ts'
import type { Hooks } from '../sync/engine.ts'

const SECRET_BYTES = 32

/** A connection's own webhook secret: derived, so that it need not be stored; 43 characters. */
export const webhookSecretOf = (master: string, connectionId: string): string =>
  createHmac('sha256', master).update(`webhook:${connectionId}`).digest('base64url')

/** Also what requests may be signed with. */
export interface HostHooks extends Hooks {
  /**
   * Secrets that a connection's CRM may use: one for each configured secret, the one in use first, and the
   * connection's own, where one was made for it (`sealed`).
   */
  acceptedFor(connection: ConnectionKey, sealed: string | null): Promise<readonly string[]>
}

export interface ConnectionKey {
  readonly id: string
  readonly workspaceId: string
}

export interface HookOptions {
  readonly publicUrl: string | undefined
  /** Path under the public address at which the host takes webhooks. */
  readonly path: string
  /** The first derives connections' secrets, all verify. */
  readonly secrets: readonly string[]
}

/** Knows where CRMs reach the host and the secrets that they are given. */
export const createHooks = (database: Database, keys: KeyRing, options: HookOptions): HostHooks => {
  const base = options.publicUrl === undefined ? undefined : `${options.publicUrl.replace(/\/+$/, '')}${options.path}`
  const [master] = options.secrets
  const bound = ({ id, workspaceId }: ConnectionKey): string => bindingOf(workspaceId, id, 'webhook')

  const ownSecret = async (connection: StoredConnection): Promise<string> => {
    const key = { id: connection.id, workspaceId: connection.workspace_id }
    const kept = (await findChannel(database.db, connection.id))?.secret
    const made = kept ?? (await keys.encrypt(randomBytes(SECRET_BYTES).toString('base64url'), bound(key)))
    // Of two processes that make one at once, both use the first.
    return keys.decrypt(kept ?? (await keepChannelSecret(database.db, connection, made)), bound(key))
  }

  return {
    isReachable: base !== undefined,
    addressOf: (provider, connectionId) =>
      base === undefined
        ? undefined
        : [base, provider, ...(connectionId === undefined ? [] : [connectionId])].join('/'),
    basis: createHash('sha256')
      .update(JSON.stringify(['webhook basis', base ?? '', master ?? '']))
      .digest('base64url')
      .slice(0, 22),
    secretOf: async (connection) =>
      master === undefined ? ownSecret(connection) : webhookSecretOf(master, connection.id),
    acceptedFor: async (connection, sealed) => [
      ...options.secrets.map((secret) => webhookSecretOf(secret, connection.id)),
      ...(sealed === null ? [] : [await keys.decrypt(sealed, bound(connection))]),
    ],
  }
}
