import type { BaseSettings, Ctx, Fields, Provider } from '../contract.ts'
import { crmError } from '../errors.ts'
import type { CredentialSource, Signature } from '../http/ports.ts'
import { createRedactor, type Redactor } from '../http/redact.ts'
import { type CredentialKind, credentialKind } from './credential_kinds.ts'
import { type OAuthDeps, refreshGrant } from './oauth2.ts'
import type { CredentialStore, StoredCredentials, StoredSession } from './ports.ts'
import { type Sessions, sameFields } from './session.ts'
import { needsRefresh, type Tokens } from './tokens.ts'

/** What all connections of a process share. */
export interface CredentialDeps {
  readonly store: CredentialStore
  readonly tokens: Tokens
  readonly sessions: Sessions
  readonly oauth: OAuthDeps
}

export interface CredentialRequest<Settings extends object> {
  readonly provider: Provider<Settings>
  readonly connectionId: string
  readonly settings: Settings & BaseSettings
  /** Made with an admin key. */
  readonly isTrusted: boolean
  /** Makes the context for the plugin's `session`, which calls the CRM while there is no session yet. */
  ctxWith(credentials: CredentialSource): Ctx<Settings>
}

/**
 * Opens the credentials of a connection for a piece of work: reads them, makes a session where the provider works with
 * sessions, and from then on signs calls and follows every renewal. Throws kind 'invalid' for a shape that the provider
 * does not take, and 'auth' where a session is refused.
 */
export const openCredentials = async <Settings extends object>(
  deps: CredentialDeps,
  request: CredentialRequest<Settings>,
): Promise<CredentialSource> => {
  const { provider, connectionId, settings, isTrusted } = request
  const { auth } = provider
  let stored = await readOr404(deps.store, connectionId)
  const kind = credentialKind(provider, stored.credentials)
  if (kind === 'password' && auth.session === undefined)
    throw crmError('bug', `The plugin ${provider.id} takes passwords but makes no session of them.`)
  let session: StoredSession | undefined
  let generation = 0
  let redactor: Redactor = createRedactor(stored.credentials)

  const adopt = (next: StoredCredentials, made: StoredSession | undefined): void => {
    if (next.version < stored.version) return
    if (next.version !== stored.version || made !== session) generation += 1
    stored = next
    session = made
    redactor = createRedactor(stored.credentials, session?.session)
  }

  const refreshed = async (refused?: string): Promise<StoredCredentials> =>
    kind === 'oauth2' && needsRefresh(stored.credentials, deps.oauth.wallMs(), refused)
      ? deps.tokens.fresh(
          connectionId,
          stored,
          (credentials, beforeSend) =>
            refreshGrant(deps.oauth, { provider, settings, isTrusted }, credentials, beforeSend),
          refused,
        )
      : stored

  const withSession = async (credentials: StoredCredentials, refused?: Fields): Promise<StoredSession | undefined> => {
    const open = auth.session
    if (open === undefined) return undefined
    const bare: CredentialSource = {
      session: {},
      redactor: createRedactor(credentials.credentials),
      sign: async () => ({ headers: {}, generation: '' }),
      renew: async () => 'refused',
    }
    return deps.sessions.current(connectionId, credentials, (plain) => open(request.ctxWith(bare), plain), refused)
  }

  const first = await refreshed()
  adopt(first, await withSession(first))

  let renewing: Promise<Verdict> | undefined
  const renewed = async (): Promise<Verdict> => {
    const isSession = auth.session !== undefined
    const latest = await readOr404(deps.store, connectionId)
    if (latest.version !== stored.version) {
      adopt(latest, await withSession(latest))
      return isSession ? 'rebuild' : 'repeat'
    }
    const { accessToken } = stored.credentials
    const next = await refreshed(typeof accessToken === 'string' ? accessToken : undefined)
    if (!isSession) {
      if (next.version === stored.version) return 'refused'
      adopt(next, undefined)
      return 'repeat'
    }
    const before = session?.session ?? {}
    adopt(next, await withSession(next, before))
    // A session with the same values: the refusal may have been for what the CRM had forgotten meanwhile.
    return sameFields(before, session?.session ?? {}) ? 'repeat' : 'rebuild'
  }

  const signature = (): Signature => ({
    headers: auth.session === undefined ? headersOf(provider, kind, stored.credentials) : {},
    generation: String(generation),
  })

  return {
    get session() {
      return session?.session ?? {}
    },
    get redactor() {
      return redactor
    },
    sign: async () => {
      if (auth.session === undefined) {
        const next = await refreshed()
        if (next !== stored) adopt(next, undefined)
      }
      return signature()
    },
    renew: async (used) => {
      if (used.generation !== String(generation)) return auth.session === undefined ? 'repeat' : 'rebuild'
      renewing ??= renewed().finally(() => {
        renewing = undefined
      })
      return renewing
    },
  }
}

type Verdict = Awaited<ReturnType<CredentialSource['renew']>>

const readOr404 = async (store: CredentialStore, connectionId: string): Promise<StoredCredentials> => {
  const stored = await store.read(connectionId)
  if (stored === undefined) throw crmError('not_found', 'The connection is gone.', { connectionId })
  return stored
}

const headersOf = <Settings extends object>(
  { auth }: Provider<Settings>,
  kind: CredentialKind,
  credentials: Fields,
): Readonly<Record<string, string>> => {
  if (kind === 'oauth2')
    return { authorization: `${auth.oauth2?.prefix ?? 'Bearer'} ${String(credentials['accessToken'] ?? '')}` }
  const { header = 'authorization', prefix = 'Bearer' } = auth.apiKey ?? {}
  return { [header.toLowerCase()]: `${prefix} ${String(credentials['apiKey'])}`.trim() }
}
