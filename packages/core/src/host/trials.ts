import { credentialKind } from '../auth/credential_kinds.ts'
import type { CredentialDeps } from '../auth/credentials.ts'
import type { KeyRing } from '../auth/keyring.ts'
import type { OAuthDeps } from '../auth/oauth2.ts'
import { createSessions } from '../auth/session.ts'
import { createTokens } from '../auth/tokens.ts'
import { unsavedCredentials, unshared } from '../auth/unsaved.ts'
import { sealCredentials } from '../auth/vault.ts'
import type { Account, Ctx, Fields } from '../contract.ts'
import { crmError, isCrmError } from '../errors.ts'
import type { HttpClock } from '../http/ports.ts'
import type { AnyProvider } from '../registry/index.ts'
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
      // Nobody else can win a refresh of what only this trial knows: a refusal is told at once.
      tokens: createTokens({ store, leases: unshared, clock: parts.clock, timeoutMs: 0 }),
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
        return proved(provider, () => parts.contexts.openWith(deps, party, operation))
      },
      learned: () => store.learned(),
      current: async () => store.current().credentials,
      seal: () => sealCredentials(parts.keyRing, workspaceId, id, store.current().credentials),
      skewMs: () => parts.skewOf(id),
    }
  },
  proved,
  forget: (connectionId) => parts.contexts.forget(connectionId),
})

/**
 * What `probe` answers; its refusals say which credential or setting is to be corrected. An address that knows nothing of
 * what the plugin asks for is a wrong setting, and no missing record.
 */
const proved = async (provider: AnyProvider, open: () => Promise<Ctx<Fields>>): Promise<Account> => {
  try {
    const account = await provider.probe(await open())
    if (typeof account.id === 'string' && account.id !== '') return account
    throw crmError('bug', `The plugin ${provider.id} found no id of the account.`)
  } catch (error) {
    if (!isCrmError(error)) throw error
    const { setting } = error
    const kind = error.kind === 'not_found' || error.kind === 'conflict' ? 'invalid' : error.kind
    const isTold = kind !== 'auth' || error.message.startsWith(provider.title)
    const pointer = setting === undefined ? (kind === 'auth' ? '/credentials' : error.pointer) : `/settings/${setting}`
    const { status, vendorCode, retryAfterMs, scopes } = error
    throw crmError(kind, isTold ? error.message : `${provider.title} refuses these credentials (${error.message})`, {
      provider: provider.id,
      cause: error,
      ...(pointer === undefined ? {} : { pointer }),
      ...(setting === undefined ? {} : { setting }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(status === undefined ? {} : { status }),
      ...(vendorCode === undefined ? {} : { vendorCode }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
}
