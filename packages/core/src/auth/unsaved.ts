import type { Fields } from '../contract.ts'
import type { CredentialStore, LeasePort, StoredCredentials } from './ports.ts'

/**
 * A store for credentials that belong to no stored connection yet: they are probed before the connection is made. What
 * a refresh brings stays in it; read it before the connection is stored, or a rotated token is lost.
 */
export const unsavedCredentials = (
  credentials: Fields,
): CredentialStore & { current(): StoredCredentials; learned(): Fields } => {
  let stored: StoredCredentials = { credentials, version: 1 }
  let learned: Fields = {}
  return {
    current: () => stored,
    learned: () => learned,
    read: async () => stored,
    replaceCredentials: async (_, expectedVersion, next) => {
      if (stored.version !== expectedVersion) return false
      stored = { credentials: next, version: expectedVersion + 1 }
      return true
    },
    replaceSession: async (_, version, session) => {
      if (stored.version !== version) return false
      const { credentials: kept } = stored
      stored = session === undefined ? { credentials: kept, version } : { credentials: kept, version, session }
      return true
    },
    learnSettings: async (_, settings) => {
      learned = { ...learned, ...settings }
    },
    markNeedsReconnect: async () => undefined,
  }
}

/** For what no other process can know of. */
export const unshared: LeasePort = {
  acquire: async () => ({ renew: async () => true, release: async () => undefined }),
}
