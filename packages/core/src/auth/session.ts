import type { Fields } from '../contract.ts'
import type { HttpClock } from '../http/ports.ts'
import type { CredentialStore, StoredCredentials, StoredSession } from './ports.ts'

/** The sessions of all connections of one process: made once, kept encrypted, shared with other processes. */
export interface Sessions {
  /**
   * The session to work with: the stored one, or one made by `open` where there is none, where it has expired, or where
   * it is `refused`, one that the CRM has just turned down. Throws what `open` throws.
   */
  current(
    connectionId: string,
    stored: StoredCredentials,
    open: (credentials: Fields) => Promise<StoredSession>,
    refused?: Fields,
  ): Promise<StoredSession>
}

export const createSessions = (store: CredentialStore, clock: HttpClock): Sessions => {
  const flights = new Map<string, Promise<StoredSession>>()

  const isGood = (session: StoredSession | undefined, refused: Fields | undefined): session is StoredSession => {
    if (session === undefined) return false
    if (refused !== undefined && sameFields(session.session, refused)) return false
    return session.expiresAt === undefined || !(Date.parse(session.expiresAt) <= clock.wallMs())
  }

  return {
    current: async (connectionId, stored, open, refused) => {
      if (isGood(stored.session, refused)) return stored.session
      const make = async (): Promise<StoredSession> => {
        // Another process may have made one meanwhile.
        const latest = (await store.read(connectionId)) ?? stored
        if (latest.version === stored.version && isGood(latest.session, refused)) return latest.session
        const session = await open(stored.credentials)
        await store.replaceSession(connectionId, stored.version, session)
        return session
      }
      const flight = flights.get(connectionId) ?? make()
      flights.set(connectionId, flight)
      try {
        return await flight
      } finally {
        if (flights.get(connectionId) === flight) flights.delete(connectionId)
      }
    },
  }
}

/** True for sessions with the same values, in any order of their names. */
export const sameFields = (left: Fields, right: Fields): boolean => ordered(left) === ordered(right)

const ordered = (fields: Fields): string =>
  JSON.stringify(Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1)))
