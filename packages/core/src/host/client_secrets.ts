import type { CredentialStore } from '../auth/ports.ts'
import { type AccountHolder, listHolders } from '../store/connections.ts'
import type { Database } from '../store/database.ts'
import type { Clock } from '../sync/engine.ts'

const REMEMBERED_MS = 5_000

/** The secrets of OAuth apps that sign webhooks: the host's own for a provider, and those that connections bring. */
export interface ClientSecrets {
  /** Every secret that the provider's requests may be signed with, the host's first. */
  candidates(provider: string): AsyncIterable<string>
  /** The secret of the app that a connection belongs to; undefined where there is none. */
  of(connection: AccountHolder): Promise<string | undefined>
}

/**
 * Keeps what is decrypted for as long as the credentials are of the same version, and the list of a provider's
 * connections for some seconds: forged requests must not make the host read all credentials over and over.
 */
export const createClientSecrets = (deps: {
  readonly database: Database
  readonly credentials: CredentialStore
  readonly clock: Clock
  readonly hostSecret: (provider: string) => string | undefined
}): ClientSecrets => {
  const own = new Map<string, { readonly version: number; readonly secret: Promise<string | undefined> }>()
  const lists = new Map<string, { readonly untilMs: number; readonly holders: Promise<readonly AccountHolder[]> }>()

  const readOwn = async (id: string): Promise<string | undefined> => {
    const secret = (await deps.credentials.read(id))?.credentials['clientSecret']
    return typeof secret === 'string' && secret !== '' ? secret : undefined
  }

  const ownOf = ({ id, version }: AccountHolder): Promise<string | undefined> => {
    const known = own.get(id)
    if (known?.version === version) return known.secret
    const secret = readOwn(id)
    own.set(id, { version, secret })
    secret.catch(() => own.delete(id))
    return secret
  }

  const holdersOf = (provider: string): Promise<readonly AccountHolder[]> => {
    const nowMs = deps.clock.monotonicMs()
    const known = lists.get(provider)
    if (known !== undefined && nowMs < known.untilMs) return known.holders
    const holders = listHolders(deps.database.db, provider)
    lists.set(provider, { untilMs: nowMs + REMEMBERED_MS, holders })
    holders.catch(() => lists.delete(provider))
    return holders
  }

  return {
    async *candidates(provider) {
      const hosts = deps.hostSecret(provider)
      if (hosts !== undefined) yield hosts
      const brought = await Promise.all((await holdersOf(provider)).map(ownOf))
      for (const secret of new Set(brought)) if (secret !== undefined && secret !== hosts) yield secret
    },
    of: async (connection) => (await ownOf(connection)) ?? deps.hostSecret(connection.provider),
  }
}
