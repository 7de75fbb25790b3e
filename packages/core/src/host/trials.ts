import { credentialKind } from '../auth/credential_kinds.ts'
import type { CredentialDeps } from '../auth/credentials.ts'
import type { KeyRing } from '../auth/keyring.ts'
import type { OAuthDeps } from '../auth/oauth2.ts'
import { createSessions } from '../auth/session.ts'
import { createTokens } from '../auth/tokens.ts'
import { unsavedCredentials, unshared } from '../auth/unsaved.ts'
import { sealCredentials } from '../auth/vault.ts'
import { crmError, isCrmError } from '../errors.ts'
import type { HttpClock } from '../http/ports.ts'
import { newId } from '../sync/identifiers.ts'
import type { Contexts } from './contexts.ts'
import type { Trials } from './deps.ts'

/** Probes credentials before anything is kept; a token that the probe renewed is what is kept then. */
export const createTrials = (parts: {
  readonly contexts: Contexts
  readonly oauth: OAuthDeps
  readonly clock: HttpClock
  readonly keyRing: KeyRing
  readonly signal: AbortSignal
  readonly skewOf: (connectionId: string) => number
}): Trials => ({
  open: async ({ id, workspaceId, provider, settings, credentials, trusted }, correlationId = newId('probe')) => {
    // Throws where the shape is none that the provider takes.
    credentialKind(provider, credentials)
    const store = unsavedCredentials(credentials)
    const deps: CredentialDeps = {
      store,
      tokens: createTokens({ store, leases: unshared, clock: parts.clock }),
      sessions: createSessions(store, parts.clock),
      oauth: parts.oauth,
    }
    return {
      probe: async () => {
        const party = { id, workspaceId, provider, settings, isTrusted: trusted, account: undefined, skewMs: 0 }
        const operation = {
          name: 'probe',
          priority: 'push' as const,
          signal: parts.signal,
          correlationId,
          lookup: async () => undefined,
        }
        try {
          const account = await provider.probe(await parts.contexts.openWith(deps, party, operation))
          if (typeof account.id === 'string' && account.id !== '') return account
          throw crmError('bug', `The plugin ${provider.id} found no id of the account.`)
        } catch (error) {
          if (!isCrmError(error) || error.kind !== 'auth') throw error
          const told = error.message.startsWith(provider.title)
          throw crmError(
            'auth',
            told ? error.message : `${provider.title} refuses these credentials: ${error.message}`,
            {
              provider: provider.id,
              pointer: '/credentials',
              cause: error,
            },
          )
        }
      },
      learned: () => store.learned(),
      current: async () => store.current().credentials,
      seal: () => sealCredentials(parts.keyRing, workspaceId, id, store.current().credentials),
      skewMs: () => parts.skewOf(id),
    }
  },
  forget: (connectionId) => parts.contexts.forget(connectionId),
})
