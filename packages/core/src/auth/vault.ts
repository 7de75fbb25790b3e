import type { Fields } from '../contract.ts'
import { crmError } from '../errors.ts'
import type { KeyRing } from './keyring.ts'
import type { CredentialStore, SealedCredentialStore, StoredSession } from './ports.ts'

/** What a connection's secrets are bound to, so that a row moved to another connection does not open. */
export const bindingOf = (
  workspaceId: string,
  connectionId: string,
  what: 'credentials' | 'session' | 'webhook',
): string => JSON.stringify([workspaceId, connectionId, what])

/** Encrypts the credentials of a connection that is about to be stored. */
export const sealCredentials = (keys: KeyRing, workspaceId: string, connectionId: string, credentials: Fields) =>
  keys.encrypt(JSON.stringify(credentials), bindingOf(workspaceId, connectionId, 'credentials'))

/** The store of plain credentials over one of encrypted ones: encrypts and decrypts on the way. */
export const createVault = (sealed: SealedCredentialStore, keys: KeyRing): CredentialStore => {
  const workspaceOf = async (connectionId: string): Promise<string> => {
    const row = await sealed.read(connectionId)
    if (row === undefined) throw crmError('not_found', 'The connection is gone.', { connectionId })
    return row.workspaceId
  }
  const seal = async (connectionId: string, what: 'credentials' | 'session', value: unknown) =>
    keys.encrypt(JSON.stringify(value), bindingOf(await workspaceOf(connectionId), connectionId, what))

  return {
    read: async (connectionId) => {
      const row = await sealed.read(connectionId)
      if (row === undefined) return undefined
      const open = async (token: string, what: 'credentials' | 'session'): Promise<unknown> =>
        JSON.parse(await keys.decrypt(token, bindingOf(row.workspaceId, connectionId, what)))
      const credentials = (await open(row.credentials, 'credentials')) as Fields
      const { version } = row
      if (row.session === undefined) return { credentials, version }
      return { credentials, version, session: (await open(row.session, 'session')) as StoredSession }
    },
    replaceCredentials: async (connectionId, expectedVersion, credentials) =>
      sealed.replaceCredentials(connectionId, expectedVersion, await seal(connectionId, 'credentials', credentials)),
    replaceSession: async (connectionId, version, session) =>
      sealed.replaceSession(connectionId, version, session && (await seal(connectionId, 'session', session))),
    learnSettings: (connectionId, settings) => sealed.learnSettings(connectionId, settings),
    markNeedsReconnect: (connectionId, version, reason) => sealed.markNeedsReconnect(connectionId, version, reason),
  }
}
